import CLanes

/// Sixteen running sums in double, one per lane of the longest vector.
struct LaneSums {
    var low = F64x8(0)
    var high = F64x8(0)

    @inline(__always) init() {}

    @inline(__always) mutating func add<V: Lanes>(_ v: V) {
        let (low, high) = v.doubles
        self.low = self.low + low
        self.high = self.high + high
    }

    @inline(__always) mutating func addSquare<V: Lanes>(_ v: V) {
        let (low, high) = v.doubles
        self.low = self.low.addingProduct(low, low)
        self.high = self.high.addingProduct(high, high)
    }

    /// The sum of all sixteen, by one fixed tree.
    @inline(__always) var total: Double {
        lanes_f64_sum((low + high).v)
    }
}
