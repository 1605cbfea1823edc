import KernelInterface

// Products of layers with few units, in the layout of `UnitRows`. Nothing is packed: the weights fit the
// cache as they are.

/// Rows of a tile: enough one-vector rows to hide the latency of a multiply-add.
#if REG_KERNELSAVX512
    @inline(__always) private var unitTileM: Int { narrowTileM }
    @inline(__always)
    private func zeroUnitTile<V: Lanes>(_: V.Type) -> InlineArray<8, V> { zeroNarrowTile(V.self) }
#elseif REG_FMA || arch(arm64)
    @inline(__always) private var unitTileM: Int { 4 }
    @inline(__always)
    private func zeroUnitTile<V: Lanes>(_: V.Type) -> InlineArray<4, V> {
        [V(0), V(0), V(0), V(0)]
    }
#else
    @inline(__always) private var unitTileM: Int { 2 }
    @inline(__always)
    private func zeroUnitTile<V: Lanes>(_: V.Type) -> InlineArray<2, V> { [V(0), V(0)] }
#endif

/// Computes columns `columns` of a product. The multiply-adds of an element are in the order of
/// `multiply`, so for k <= blockK the bits are the same.
@inline(__always)
func multiplyUnits<V: Lanes>(
    _: V.Type, _ call: UnitProduct<V.Element>, _ columns: Range<Int>
) {
    if let scale = call.reluMaskScale {
        let scale = V(scale)
        multiplyUnits(call, columns) { x, p in V.select(V(0) < V.load(p), x * scale, V(0)) }
    } else if call.activation == .relu {
        multiplyUnits(call, columns) { (x: V, _) in x.relu }
    } else {
        multiplyUnits(call, columns) { (x: V, _) in x }
        if call.activation == .identity { return }
        for u in 0..<call.c.units {
            let p = call.c.data + u * call.c.rowStride + columns.lowerBound
            activate(V.self, p, p, columns.count, call.activation)
        }
    }
}

/// c = f(W a + bias, address of c).
@inline(__always)
private func multiplyUnits<V: Lanes>(
    _ call: UnitProduct<V.Element>, _ columns: Range<Int>,
    _ f: (V, UnsafePointer<V.Element>) -> V
) {
    let o = V(0)
    let units = call.c.units
    var u = 0
    while units - u >= unitTileM {
        multiplyRows(zeroUnitTile(V.self), call, u, columns, f)
        u += unitTileM
    }
    if unitTileM > 4 && units - u >= 4 {
        multiplyRows([o, o, o, o], call, u, columns, f)
        u += 4
    }
    if unitTileM > 2 && units - u == 3 {
        multiplyRows([o, o, o], call, u, columns, f)
        u += 3
    }
    while units - u >= 2 {
        multiplyRows([o, o], call, u, columns, f)
        u += 2
    }
    if u < units { multiplyRows([o], call, u, columns, f) }
}

/// Computes `rows` rows of c from row u.
@inline(__always)
private func multiplyRows<V: Lanes, let rows: Int>(
    _ zeros: InlineArray<rows, V>, _ call: UnitProduct<V.Element>, _ u: Int,
    _ columns: Range<Int>, _ f: (V, UnsafePointer<V.Element>) -> V
) {
    let weights = call.weights + u * call.rowStride
    let (rowStride, columnStride, aRowStride, cRowStride) = (
        call.rowStride, call.columnStride,
        call.a.rowStride, call.c.rowStride
    )
    var biases = zeros
    // Without a bias: adding -0 changes nothing.
    for i in 0..<rows { biases[i] = V(call.bias?[u + i] ?? -0.0) }
    var a = call.a.data + columns.lowerBound
    var c = call.c.data + u * cRowStride + columns.lowerBound
    let end = c + columns.count
    while c < end {
        var sums = zeros
        var (from, w) = (a, weights)
        for _ in 0..<call.a.units {
            let x = V.load(from)
            for i in 0..<rows { sums[i] = sums[i].addingProduct(V(w[i * rowStride]), x) }
            w += columnStride
            from += aRowStride
        }
        for i in 0..<rows { f(sums[i] + biases[i], c + i * cRowStride).store(c + i * cRowStride) }
        a += V.width
        c += V.width
    }
}

/// dw = dz a^T, or dw += dz a^T if `accumulates`, for narrow layers, where the tiles of a packed product
/// would be mostly empty. Each element is a sum over a pair of rows: lane by lane, then over the lanes
/// by one fixed tree.
@inline(__always)
func narrowWeightGradient<V: Lanes>(
    _: V.Type, _ dz: UnitRows<V.Element>, _ a: UnitRows<V.Element>,
    _ dw: UnsafeMutablePointer<V.Element>, _ accumulates: Bool
) {
    // Three rows at a time of the matrix with fewer rows where registers allow, two of the other.
    let isTall = dz.units > a.units
    let (few, many) = isTall ? (a, dz) : (dz, a)
    let (fewStride, manyStride) = isTall ? (1, a.units) : (a.units, 1)
    let o = V(0)
    var i = 0
    while i < few.units {
        let left = few.units - i
        let rows = unitTileM > 2 && (left == 3 || left > 4) ? 3 : min(2, left)
        for k in stride(from: 0, to: many.units, by: 2) {
            let pairs = RowPairs(
                few: few, many: many, first: i, second: k, dw: dw + i * fewStride + k * manyStride,
                fewStride: fewStride, manyStride: manyStride, accumulates: accumulates)
            switch rows {
            case 1: sumPairs([o], pairs)
            case 2: sumPairs([o, o], pairs)
            default: if unitTileM > 2 { sumPairs([o, o, o], pairs) }
            }
        }
        i += rows
    }
}

/// Up to three rows of one matrix, to be summed against two of another.
private struct RowPairs<Element> {
    let few: UnitRows<Element>
    let many: UnitRows<Element>
    let first: Int
    let second: Int
    /// The sum of the first pair; the others are `fewStride` and `manyStride` apart.
    let dw: UnsafeMutablePointer<Element>
    let fewStride: Int
    let manyStride: Int
    let accumulates: Bool
}

@inline(__always)
private func sumPairs<V: Lanes, let rows: Int>(
    _ zeros: InlineArray<rows, V>, _ pairs: RowPairs<V.Element>
) {
    var (s, t) = (zeros, zeros)
    let (few, many) = (pairs.few, pairs.many)
    // Beyond the last row, the last one again; those sums are not stored.
    let hasSecond = pairs.second + 1 < many.units
    var y0 = many.data + pairs.second * many.rowStride
    var y1 = y0 + (hasSecond ? many.rowStride : 0)
    var x = few.data + pairs.first * few.rowStride
    for _ in stride(from: 0, to: few.columns, by: V.width) {
        let (first, second) = (V.load(y0), V.load(y1))
        for i in 0..<rows {
            let x = V.load(x + i * few.rowStride)
            s[i] = s[i].addingProduct(x, first)
            t[i] = t[i].addingProduct(x, second)
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
        put(s[i], pairs.dw + i * pairs.fewStride)
        if hasSecond { put(t[i], pairs.dw + i * pairs.fewStride + pairs.manyStride) }
    }
}
