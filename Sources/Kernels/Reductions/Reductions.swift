import KernelInterface

/// The sum over the elements of -(y log a + (1 - y) log(1 - a)). A NaN term counts 0, and is
/// counted.
@inline(__always)
func crossEntropy<V: Lanes>(
    _: V.Type, _ a: UnsafePointer<V.Element>, _ y: UnsafePointer<V.Element>, _ count: Int
) -> (sum: Double, ignored: Int) {
    var sums = LaneSums()
    var numbers = LaneSums()
    let one = V(1)
    forEachVector(count, width: V.width, isLong: true) { i, n in
        // The lanes beyond the end are no numbers, and so are neither summed nor counted.
        let a = V.load(a + i, first: n, filler: .nan)
        let y = V.load(y + i, first: n)
        let term = (V(0) - a.log) * y - (one - a).log * (one - y)
        let isNumber = term == term
        sums.add(V.select(isNumber, term, V(0)))
        numbers.add(V.select(isNumber, one, V(0)))
    }
    return (sums.total, count - Int(numbers.total))
}

@inline(__always)
func sumOfSquares<V: Lanes>(_: V.Type, _ w: UnsafePointer<V.Element>, _ count: Int) -> Double {
    var sums = LaneSums()
    forEachVector(count, width: V.width) { i, n in
        sums.addSquare(V.load(w + i, first: n))
    }
    return sums.total
}

/// The sums of rows: several at a time, since a sum is a chain of additions that each wait for the
/// last.
@inline(__always)
func sumRows<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ rows: SummedRows,
    _ out: UnsafeMutablePointer<Double>
) {
    let o = LaneSums()
    var u = 0
    // Of floats, four rows would take all registers.
    while !isBaseline && V.width == 8 && rows.stride == 1 && rows.rows - u >= 4 {
        sumRows(V.self, [o, o, o, o], x + u * rows.row, rows, out + u)
        u += 4
    }
    while !isBaseline && rows.stride == 1 && rows.rows - u >= 2 {
        sumRows(V.self, [o, o], x + u * rows.row, rows, out + u)
        u += 2
    }
    while u < rows.rows {
        sumRows(V.self, [o], x + u * rows.row, rows, out + u)
        u += 1
    }
}

@inline(__always)
private func sumRows<V: Lanes, let n: Int>(
    _: V.Type, _ zeros: InlineArray<n, LaneSums>, _ x: UnsafePointer<V.Element>,
    _ rows: SummedRows, _ out: UnsafeMutablePointer<Double>
) {
    var sums = zeros
    var i = 0
    // Without a question between the loads, so that the sums stay in registers.
    while rows.stride == 1 && rows.count - i >= V.width {
        for u in 0..<n { sums[u].add(V.load(x + u * rows.row + i)) }
        i += V.width
    }
    while i < rows.count {
        let left = min(V.width, rows.count - i)
        for u in 0..<n {
            let from = x + u * rows.row + i * rows.stride
            sums[u].add(V.load(from, first: left, stride: rows.stride))
        }
        i += V.width
    }
    for u in 0..<n { out[u] = sums[u].total }
}

/// out[j] = scale * sum over i of x[i * row + j] for the columns of a vector: those are the lanes,
/// and what is a lane in `sumRows` is one of the sums that rows go to in turn. The order is the same.
@inline(__always)
func sumColumns<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ row: Int, _ count: Int, _ scale: Double,
    _ out: UnsafeMutablePointer<V.Element>
) {
    let o = F64x8(0)
    // Those of the columns from 8 on begin at 16.
    var sums: InlineArray<32, F64x8> = [
        o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
        o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o,
    ]
    for i in 0..<count {
        let (low, high) = V.load(x + i * row).doubles
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
