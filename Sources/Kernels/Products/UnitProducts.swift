import KernelInterface

// Products of layers with few units, examples side by side: see `UnitRows`. Nothing is packed; the
// weights stay in the cache as they lie.

/// Rows of one vector each that stay in registers, enough to hide the latency of a multiply-add.
#if REG_KERNELSAVX512
    @inline(__always) private var wideRows: Int { narrowRows }
    @inline(__always)
    private func zeroWideRows<V: Lanes>(_: V.Type) -> InlineArray<8, V> { zeroNarrowTile(V.self) }
#elseif REG_FMA || arch(arm64)
    @inline(__always) private var wideRows: Int { 4 }
    @inline(__always)
    private func zeroWideRows<V: Lanes>(_: V.Type) -> InlineArray<4, V> {
        [V(0), V(0), V(0), V(0)]
    }
#else
    @inline(__always) private var wideRows: Int { 2 }
    @inline(__always)
    private func zeroWideRows<V: Lanes>(_: V.Type) -> InlineArray<2, V> { [V(0), V(0)] }
#endif

/// Columns `columns` of a product; see `UnitProduct`. An element's chain of multiply-adds is that of
/// `multiply`, so the bits are the same, as long as it is no longer than one chain there.
@inline(__always)
func multiplyUnits<V: Lanes>(
    _: V.Type, _ call: UnitProduct<V.Element>, _ columns: Range<Int>
) {
    if let gate = call.gate {
        let gate = V(gate)
        multiplyUnits(call, columns) { x, p in V.select(V(0) < V.load(p), x * gate, V(0)) }
    } else if call.activation == .relu {
        multiplyUnits(call, columns) { (x: V, _) in x.relu }
    } else {
        multiplyUnits(call, columns) { (x: V, _) in x }
        if call.activation == .identity { return }
        for u in 0..<call.c.units {
            let p = call.c.data + u * call.c.row + columns.lowerBound
            activate(V.self, p, p, columns.count, call.activation)
        }
    }
}

/// c = f(W a + bias, c's own place).
@inline(__always)
private func multiplyUnits<V: Lanes>(
    _ call: UnitProduct<V.Element>, _ columns: Range<Int>,
    _ f: (V, UnsafePointer<V.Element>) -> V
) {
    let o = V(0)
    let units = call.c.units
    var u = 0
    while units - u >= wideRows {
        multiplyRows(zeroWideRows(V.self), call, u, columns, f)
        u += wideRows
    }
    if wideRows > 4 && units - u >= 4 {
        multiplyRows([o, o, o, o], call, u, columns, f)
        u += 4
    }
    if wideRows > 2 && units - u == 3 {
        multiplyRows([o, o, o], call, u, columns, f)
        u += 3
    }
    while units - u >= 2 {
        multiplyRows([o, o], call, u, columns, f)
        u += 2
    }
    if u < units { multiplyRows([o], call, u, columns, f) }
}

/// The rows of c from u on, as many as there are zeros.
@inline(__always)
private func multiplyRows<V: Lanes, let rows: Int>(
    _ zeros: InlineArray<rows, V>, _ call: UnitProduct<V.Element>, _ u: Int,
    _ columns: Range<Int>, _ f: (V, UnsafePointer<V.Element>) -> V
) {
    let weights = call.weights + u * call.row
    let (row, step, aRow, cRow) = (call.row, call.step, call.a.row, call.c.row)
    var biases = zeros
    // Adding -0 changes nothing.
    for i in 0..<rows { biases[i] = V(call.bias?[u + i] ?? -0.0) }
    var a = call.a.data + columns.lowerBound
    var c = call.c.data + u * cRow + columns.lowerBound
    let end = c + columns.count
    while c < end {
        var sums = zeros
        var (from, w) = (a, weights)
        for _ in 0..<call.a.units {
            let x = V.load(from)
            for i in 0..<rows { sums[i] = sums[i].addProduct(V(w[i * row]), x) }
            w += step
            from += aRow
        }
        for i in 0..<rows { f(sums[i] + biases[i], c + i * cRow).store(c + i * cRow) }
        a += V.width
        c += V.width
    }
}

/// dw = dz a^T, or dw += that: one sum for each pair of rows, lane by lane, and over the lanes by one
/// fixed tree. For narrow layers, where tiles of a product would be mostly empty.
@inline(__always)
func pairRows<V: Lanes>(
    _: V.Type, _ dz: UnitRows<V.Element>, _ a: UnitRows<V.Element>,
    _ dw: UnsafeMutablePointer<V.Element>, _ accumulates: Bool
) {
    // The side with fewer rows goes by three where registers allow, the other one by two.
    let isTall = dz.units > a.units
    let (few, many) = isTall ? (a, dz) : (dz, a)
    let (fewStep, manyStep) = isTall ? (1, a.units) : (a.units, 1)
    let o = V(0)
    var i = 0
    while i < few.units {
        let left = few.units - i
        let rows = wideRows > 2 && (left == 3 || left > 4) ? 3 : min(2, left)
        for k in stride(from: 0, to: many.units, by: 2) {
            let pairs = RowPairs(
                few: few, many: many, first: i, second: k, dw: dw + i * fewStep + k * manyStep,
                fewStep: fewStep, manyStep: manyStep, accumulates: accumulates)
            switch rows {
            case 1: sumPairs([o], pairs)
            case 2: sumPairs([o, o], pairs)
            default: if wideRows > 2 { sumPairs([o, o, o], pairs) }
            }
        }
        i += rows
    }
}

/// Some rows of one matrix with two of another.
private struct RowPairs<Element> {
    let few: UnitRows<Element>
    let many: UnitRows<Element>
    let first: Int
    let second: Int
    /// Where their sums go, and how far from one another.
    let dw: UnsafeMutablePointer<Element>
    let fewStep: Int
    let manyStep: Int
    let accumulates: Bool
}

@inline(__always)
private func sumPairs<V: Lanes, let rows: Int>(
    _ zeros: InlineArray<rows, V>, _ pairs: RowPairs<V.Element>
) {
    var (s, t) = (zeros, zeros)
    let (few, many) = (pairs.few, pairs.many)
    // Beyond the last row the last one again: its sums are stored by nobody.
    let hasSecond = pairs.second + 1 < many.units
    var y0 = many.data + pairs.second * many.row
    var y1 = y0 + (hasSecond ? many.row : 0)
    var x = few.data + pairs.first * few.row
    for _ in stride(from: 0, to: few.columns, by: V.width) {
        let (first, second) = (V.load(y0), V.load(y1))
        for i in 0..<rows {
            let x = V.load(x + i * few.row)
            s[i] = s[i].addProduct(x, first)
            t[i] = t[i].addProduct(x, second)
        }
        y0 += V.width
        y1 += V.width
        x += V.width
    }
    for i in 0..<rows {
        @inline(__always)
        func put(_ sum: V, _ p: UnsafeMutablePointer<V.Element>) {
            p.pointee = pairs.accumulates ? p.pointee + sum.laneSum : sum.laneSum
        }
        put(s[i], pairs.dw + i * pairs.fewStep)
        if hasSecond { put(t[i], pairs.dw + i * pairs.fewStep + pairs.manyStep) }
    }
}
