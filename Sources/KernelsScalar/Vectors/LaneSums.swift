import CLanes

/// The sixteen running sums in double of the other kernel sets, one per lane of their vectors. `index` is a
/// number's place in its row.
struct LaneSums {
    private var sums = InlineArray<16, Double>(repeating: 0)

    @inline(__always) init() {}

    @inline(__always) mutating func add<V: Lanes>(_ v: V, at index: Int) {
        add(Double(v.laneSum), at: index)
    }

    @inline(__always) mutating func addSquare(_ x: Float, at index: Int) {
        // Exact: one rounding, that of the sum.
        add(square(x), at: index)
    }

    @inline(__always) private mutating func add(_ x: Double, at index: Int) {
        sums[index & 15] = sum(sums[index & 15], x)
    }

    /// The sum of all sixteen, by halves.
    @inline(never) private mutating func fold() -> Double {
        var span = 8
        while span > 0 {
            for i in 0..<span { sums[i] = sum(sums[i], sums[i + span]) }
            span /= 2
        }
        return sums[0]
    }

    @inline(__always) var total: Double {
        var copy = self
        return copy.fold()
    }
}

/// See the other kernel sets: 64 floats.
@inline(__always) func interleavedVectors<V: Lanes>(_: V.Type) -> InlineArray<64, V> {
    InlineArray<64, V>(repeating: V(0))
}

/// Whether an operation on doubles is a function of libgcc.
@inline(__always) var hasSoftDoubles: Bool { lanes_has_soft_f64() != 0 }

/// a + b, where a is not -0. Of the sums of few numbers most are 0.
@inline(__always) private func sum(_ a: Double, _ b: Double) -> Double {
    if hasSoftDoubles {
        // Not by comparing doubles, which is a call.
        if b.bitPattern == 0 { return a }
        if a.bitPattern == 0 && b.bitPattern != 1 << 63 { return b }
    }
    return a + b
}

/// x^2, which is exact; in integers, a third of the instructions of a product of soft doubles.
@inline(__always) private func square(_ x: Float) -> Double {
    let exponent = x.bitPattern >> 23 & 0xff
    if !hasSoftDoubles || exponent == 0 || exponent == 255 { return Double(x) * Double(x) }
    let m = x.bitPattern & 0x7f_ffff | 0x80_0000
    let (high, low) = m.multipliedFullWidth(by: m)
    // In [2^46, 2^48): one or no bit above the fraction's.
    let isLarge = high >> 15
    let shift = 6 - isLarge
    let field = 2 * exponent + (1023 - 2 * 127) + isLarge
    let top = high &<< shift | low &>> (32 - shift)
    let bits = UInt64(field) << 52 | UInt64(top & 0xf_ffff) << 32 | UInt64(low &<< shift)
    return Double(bitPattern: bits)
}
