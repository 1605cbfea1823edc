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
    exactSum(x, count, step: step) ?? laneSum(x, count, step: step)
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
@inline(__always)
private func exactSum(_ x: UnsafePointer<Float>, _ count: Int, step: Int) -> Double? {
    if count > 512 { return nil }
    var largest: UInt32 = 0
    var (p, left) = (x, count)
    // Rows in a network are multiples of 16.
    while left >= 4 {
        let a = max(p[0].bitPattern << 1, p[step].bitPattern << 1)
        let b = max(p[2 * step].bitPattern << 1, p[3 * step].bitPattern << 1)
        largest = max(largest, max(a, b))
        p += 4 * step
        left -= 4
    }
    while left > 0 {
        largest = max(largest, p.pointee.bitPattern << 1)
        p += step
        left -= 1
    }
    if largest == 0 { return 0 }
    let exponent = Int32(bitPattern: largest >> 24)
    // Infinite or NaN; or so small that subnormal numbers may be among them.
    if exponent == 255 || exponent < 30 { return nil }
    let lowestShift = Int32(32 - UInt32(count).leadingZeroBitCount)
    let base = 29 - exponent
    var total: Int64 = 0
    (p, left) = (x, count)
    while left > 0 {
        let bits = Int32(bitPattern: p.pointee.bitPattern)
        p += step
        left -= 1
        if bits &<< 1 == 0 { continue }
        let shift = base &+ ((bits &>> 23) & 0xff)
        if shift < lowestShift { return nil }
        let sign = bits &>> 31
        let magnitude = (bits & 0x7f_ffff) | 0x80_0000
        total = lanes_i32_multiply_add(total, (magnitude ^ sign) &- sign, 1 &<< shift)
    }
    // In units of 2^(exponent - 127 - 23 - 29).
    let unit = Double(
        bitPattern: UInt64(UInt32(bitPattern: exponent - 127 - 23 - 29 + 1023)) << 52)
    return Double(total) * unit
}
