import CLanes
import KernelInterface

// Sums have the order of the other kernel sets: sixteen lanes (see `LaneSums`), then these by halves.

/// The sum of -(y log a + (1 - y) log(1 - a)), and the number of NaN terms, which are left out.
func crossEntropy(
    _ a: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int
) -> (sum: Double, ignored: Int) {
    var sums = LaneSums()
    var ignored = 0
    let one = F32(1)
    for i in 0..<count {
        let (a, y) = (F32(a[i]), F32(y[i]))
        let term = (F32(0) - a.log) * y - (one - a).log * (one - y)
        if term == term { sums.add(term, at: i) } else { ignored += 1 }
    }
    return (sums.total, ignored)
}

func sumOfSquares(_ w: UnsafePointer<Float>, _ count: Int) -> Double {
    var sums = LaneSums()
    for i in 0..<count { sums.addSquare(w[i], at: i) }
    return sums.total
}

func sumOfMagnitudes(_ w: UnsafePointer<Float>, _ count: Int) -> Double {
    var sums = LaneSums()
    for i in 0..<count { sums.add(F32(w[i]).magnitude, at: i) }
    return sums.total
}

/// The sum of each row.
func sumRows(
    _ x: UnsafePointer<Float>, _ rows: SummedRows, _ out: UnsafeMutablePointer<Double>
) {
    for u in 0..<rows.rows {
        let row = x + u * rows.rowStride
        out[u] = sum(row, rows.count, step: rows.elementStride)
    }
}

/// out[j] = scale * sum over i of x[i * rowStride + j] for sixteen columns.
func sumColumns(
    _ x: UnsafePointer<Float>, _ rowStride: Int, _ count: Int, _ scale: Double,
    _ out: UnsafeMutablePointer<Float>
) {
    for j in 0..<16 { out[j] = Float(sum(x + j, count, step: rowStride) * scale) }
}

/// The sum of `count` numbers `step` apart.
private func sum(_ x: UnsafePointer<Float>, _ count: Int, step: Int) -> Double {
    if hasSoftDoubles, let sum = exactSum(x, count, step: step) { return sum }
    return laneSum(x, count, step: step)
}

@inline(never)
private func laneSum(_ x: UnsafePointer<Float>, _ count: Int, step: Int) -> Double {
    var sums = LaneSums()
    for i in 0..<count { sums.add(F32(x[i * step]), at: i) }
    return sums.total
}

/// The sum in integers, an instruction each instead of a call, if no sum of doubles rounds, in whatever
/// order; otherwise nil. With magnitudes below 2^(e + 1), multiples of 2^(e - 23 - s), and fewer than 2^c of
/// them, that is so for s + c <= 29: every sum is such a multiple, below 2^(e + 1 + c).
@inline(never)
private func exactSum(_ x: UnsafePointer<Float>, _ count: Int, step: Int) -> Double? {
    if count > 512 { return nil }
    var (p, left) = (x, count)
    while left > 0 && p.pointee == 0 {
        p += step
        left -= 1
    }
    if left <= 0 { return 0 }
    // Exponents 15 below to 15 above that of the first number that is not 0; never that of subnormal, infinite
    // or NaN ones.
    let exponent = p.pointee.bitPattern >> 23 & 0xff
    if exponent < 16 || exponent > 239 { return nil }
    let base = (15 &- exponent) << 23
    var total: Int64 = 0
    // Bit s: there is a multiple of 2^(s + exponent - 15 - 127 - 23).
    var seen: Int32 = 0
    while left > 0 {
        let bits = Int32(bitPattern: p.pointee.bitPattern)
        p += step
        left -= 1
        if bits &<< 1 == 0 { continue }
        let shift = (UInt32(bitPattern: bits) &+ base) >> 23 & 0xff
        if shift > 30 { return nil }
        let unit = lanes_i32_power_of_two(shift)
        seen |= unit
        let sign = bits &>> 31
        let magnitude = (bits & 0x7f_ffff) | 0x80_0000
        total = lanes_i32_multiply_add(total, (magnitude ^ sign) &- sign, unit)
    }
    let spread = 31 - seen.leadingZeroBitCount - seen.trailingZeroBitCount
    let countBits = 32 - UInt32(count).leadingZeroBitCount
    if spread + countBits > 29 { return nil }
    if total == 0 { return 0 }
    // Exact, and so is the product with the unit: a sum of exponents.
    let unit = UInt64(exponent) &- (15 + 127 + 23)
    return Double(bitPattern: Double(total).bitPattern &+ unit &<< 52)
}
