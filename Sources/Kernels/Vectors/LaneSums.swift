import CLanes

/// Sixteen running sums in double, one per lane of the longest vector. `index` is that of a vector's first
/// number, a multiple of the width; it chooses the sum where a vector is a single number (KernelsScalar).
struct LaneSums {
    var low = F64x8(0)
    var high = F64x8(0)

    @inline(__always) init() {}

    @inline(__always) mutating func add<V: Lanes>(_ v: V, at index: Int) {
        let (low, high) = v.doubles
        self.low = self.low + low
        self.high = self.high + high
    }

    @inline(__always) mutating func addSquare<V: Lanes>(_ v: V, at index: Int) {
        let (low, high) = v.doubles
        self.low = self.low.addingProduct(low, low)
        self.high = self.high.addingProduct(high, high)
    }

    /// The sum of all sixteen, by one fixed tree.
    @inline(__always) var total: Double {
        lanes_f64_sum((low + high).v)
    }
}

/// Place for the vectors that the binary cross-entropy interleaves: 64 floats. Their number is part of
/// the result, since a lane sums over the units of one group of them before the next.
@inline(__always) func interleavedVectors<V: Lanes>(_: V.Type) -> InlineArray<4, V> {
    [V(0), V(0), V(0), V(0)]
}
