import CLanes
import KernelInterface

/// The sum of -(y log a + (1 - y) log(1 - a)), and the number of NaN terms, which are left out.
@inline(__always)
func crossEntropy<V: Lanes>(
    _: V.Type, _ a: UnsafePointer<V.Element>, _ y: UnsafePointer<V.Element>, _ count: Int
) -> (sum: Double, ignored: Int) {
    var sums = LaneSums()
    var numberCount = LaneSums()
    let one = V(1)
    forEachVector(count, width: V.width, isExpensive: true) { i, n in
        // Lanes beyond the end are NaN, so they are neither summed nor counted.
        let a = V.load(a + i, first: n, filler: .nan)
        let y = V.load(y + i, first: n)
        let term = (V(0) - a.log) * y - (one - a).log * (one - y)
        let isNumber = term == term
        sums.add(V.select(isNumber, term, V(0)), at: i)
        numberCount.add(V.select(isNumber, one, V(0)), at: i)
    }
    return (sums.total, count - Int(numberCount.total))
}

@inline(__always)
func sumOfSquares<V: Lanes>(_: V.Type, _ w: UnsafePointer<V.Element>, _ count: Int) -> Double {
    var sums = LaneSums()
    forEachVector(count, width: V.width) { i, n in
        sums.addSquare(V.load(w + i, first: n), at: i)
    }
    return sums.total
}

/// The sum of the absolute values.
@inline(__always)
func sumOfMagnitudes<V: Lanes>(_: V.Type, _ w: UnsafePointer<V.Element>, _ count: Int) -> Double {
    var sums = LaneSums()
    forEachVector(count, width: V.width) { i, n in
        sums.add(V.load(w + i, first: n).magnitude, at: i)
    }
    return sums.total
}

/// The rows that are summed at once: as many as registers allow.
@inline(__always)
private func summedRows<V: Lanes>(_: V.Type) -> Int {
    #if REG_KERNELSAVX512
        V.width == 8 ? 8 : 4
    #elseif REG_FMA
        V.width == 8 ? 4 : 2
    #else
        1
    #endif
}

/// The sums of rows, several at a time: each sum is a chain of dependent additions.
@inline(__always)
func sumRows<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ rows: SummedRows,
    _ out: UnsafeMutablePointer<Double>
) {
    let o = LaneSums()
    var u = 0
    @inline(__always) func sum<let n: Int>(_ zeros: InlineArray<n, LaneSums>, step: Int) {
        sumRows(V.self, zeros, x + u * rows.rowStride, rows, step: step, out + u)
        u += n
    }
    if rows.elementStride == 1 {
        let most = summedRows(V.self)
        while most >= 8 && rows.rows - u >= 8 { sum([o, o, o, o, o, o, o, o], step: 1) }
        while most >= 4 && rows.rows - u >= 4 { sum([o, o, o, o], step: 1) }
        while most >= 2 && rows.rows - u >= 2 { sum([o, o], step: 1) }
    }
    while u < rows.rows { sum([o], step: rows.elementStride) }
}

@inline(__always)
private func sumRows<V: Lanes, let n: Int>(
    _: V.Type, _ zeros: InlineArray<n, LaneSums>, _ x: UnsafePointer<V.Element>,
    _ rows: SummedRows, step: Int, _ out: UnsafeMutablePointer<Double>
) {
    var sums = zeros
    var i = 0
    // No branch between the loads, so that the sums stay in registers.
    while step == 1 && rows.count - i >= V.width {
        for u in 0..<n { sums[u].add(V.load(x + u * rows.rowStride + i), at: i) }
        i += V.width
        // Keeps the compiler from unrolling, which is longer and no faster.
        lanes_barrier()
    }
    if step == 1 && i < rows.count {
        for u in 0..<n {
            let from = x + u * rows.rowStride + i
            sums[u].add(V.loadPartial(from, rows.count - i, filler: 0), at: i)
        }
    }
    while step != 1 && i < rows.count {
        let left = min(V.width, rows.count - i)
        for u in 0..<n {
            let from = x + u * rows.rowStride + i * step
            sums[u].add(V.load(from, first: left, stride: step), at: i)
        }
        i += V.width
    }
    for u in 0..<n { out[u] = sums[u].total }
}

/// out[j] = scale * sum over i of x[i * rowStride + j] for one vector of columns. Columns are lanes; row i
/// is added to partial sum i % width, the lane it has in `sumRows`, so the order and the bits are the same.
@inline(__always)
func sumColumns<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ rowStride: Int, _ count: Int, _ scale: Double,
    _ out: UnsafeMutablePointer<V.Element>
) {
    let o = F64x8(0)
    // The sums of columns 8 and up start at index 16.
    var sums: InlineArray<32, F64x8> = [
        o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
        o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
    ]
    for i in 0..<count {
        let (low, high) = V.load(x + i * rowStride).doubles
        let lane = i % V.width
        sums[lane] = sums[lane] + low
        if V.width > 8 { sums[16 + lane] = sums[16 + lane] + high }
    }
    for half in stride(from: 0, to: 2 * V.width, by: 16) {
        var span = V.width / 2
        while span > 0 {
            for i in half..<half + span { sums[i] = sums[i] + sums[i + span] }
            span /= 2
        }
    }
    withUnsafeBytes(of: &sums) {
        let totals = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Double.self)
        for j in 0..<V.width { out[j] = V.Element(totals[j / 8 * 128 + j % 8] * scale) }
    }
}
