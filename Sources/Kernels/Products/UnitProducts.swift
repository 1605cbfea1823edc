import KernelInterface

// Products of layers with few units, in the layout of `UnitRows`. Nothing is packed: the weights fit the
// cache as they are.

/// The largest tile: `unitTileM` rows of `unitTileVectors` vectors, enough to hide the latency of a
/// multiply-add, and few enough that the rest of a layer's units is rarely most of it.
#if REG_KERNELSAVX512
    @inline(__always) private var unitTileM: Int { 8 }
    @inline(__always) private var unitTileVectors: Int { 2 }
    @inline(__always) private func zeroUnitTile<V: Lanes>(_: V.Type) -> InlineArray<16, V> {
        let o = V(0)
        return [o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o]
    }
#elseif REG_FMA || arch(arm64)
    @inline(__always) private var unitTileM: Int { 6 }
    @inline(__always) private var unitTileVectors: Int { 1 }
    @inline(__always) private func zeroUnitTile<V: Lanes>(_: V.Type) -> InlineArray<6, V> {
        let o = V(0)
        return [o, o, o, o, o, o]
    }
#else
    @inline(__always) private var unitTileM: Int { 2 }
    @inline(__always) private var unitTileVectors: Int { 1 }
    @inline(__always) private func zeroUnitTile<V: Lanes>(_: V.Type) -> InlineArray<2, V> {
        [V(0), V(0)]
    }
#endif

/// Computes columns `columns`, at least one vector, of a product. The last vector may overlap the one
/// before it; with a ReLU mask, which reads C, the columns must be whole vectors. The multiply-adds of an
/// element are in the order of `multiply`, so for k <= blockK the bits are the same.
@inline(__always)
func multiplyUnits<V: Lanes>(
    _: V.Type, _ call: UnitProduct<V.Element>, _ columns: Range<Int>
) {
    let units = call.c.units
    var u = 0
    while units - u >= unitTileM {
        multiplyWholeRows(V.self, call, u, columns)
        u += unitTileM
    }
    if unitTileM > 4 && units - u >= 4 {
        multiplyFourRows(V.self, call, u, columns)
        u += 4
    }
    if unitTileM > 2 && units - u == 3 {
        multiplyThreeRows(V.self, call, u, columns)
        u += 3
    }
    if unitTileM > 2 && units - u == 2 {
        multiplyTwoRows(V.self, call, u, columns)
        u += 2
    }
    if u < units { multiplyOneRow(V.self, call, u, columns) }
    if call.reluMaskScale != nil || call.activation == .identity || call.activation == .relu {
        return
    }
    for u in 0..<units {
        let p = call.c.data + u * call.c.rowStride + columns.lowerBound
        activate(V.self, p, p, columns.count, call.activation)
    }
}

// A function for each number of rows, out of line: the compiler inlines no more into one.

@inline(never)
private func multiplyWholeRows<V: Lanes>(
    _: V.Type, _ call: UnitProduct<V.Element>, _ u: Int, _ columns: Range<Int>
) {
    if unitTileVectors == 1 {
        multiplyRows(zeroUnitTile(V.self), perRow: 1, call, u, columns)
    } else {
        var rest = columns
        if call.a.units > 4 { rest = multiplyRows(zeroUnitTile(V.self), perRow: 2, call, u, columns) }
        multiplyRows(zeroNarrowTile(V.self), perRow: 1, call, u, rest)
    }
}

@inline(never)
private func multiplyFourRows<V: Lanes>(
    _: V.Type, _ call: UnitProduct<V.Element>, _ u: Int, _ columns: Range<Int>
) {
    let o = V(0)
    var rest = columns
    if unitTileVectors == 2 {
        rest = multiplyRows([o, o, o, o, o, o, o, o], perRow: 2, call, u, columns)
    }
    multiplyRows([o, o, o, o], perRow: 1, call, u, rest)
}

@inline(never)
private func multiplyThreeRows<V: Lanes>(
    _: V.Type, _ call: UnitProduct<V.Element>, _ u: Int, _ columns: Range<Int>
) {
    let o = V(0)
    var rest = columns
    if unitTileVectors == 2 {
        rest = multiplyRows(
            [o, o, o, o, o, o, o, o, o, o, o, o], perRow: 4, call, u, columns)
    }
    multiplyRows([o, o, o], perRow: 1, call, u, rest)
}

@inline(never)
private func multiplyTwoRows<V: Lanes>(
    _: V.Type, _ call: UnitProduct<V.Element>, _ u: Int, _ columns: Range<Int>
) {
    let o = V(0)
    let rest =
        unitTileVectors == 2
        ? multiplyRows([o, o, o, o, o, o, o, o], perRow: 4, call, u, columns)
        : multiplyRows([o, o, o, o], perRow: 2, call, u, columns)
    multiplyRows([o, o], perRow: 1, call, u, rest)
}

@inline(never)
private func multiplyOneRow<V: Lanes>(
    _: V.Type, _ call: UnitProduct<V.Element>, _ u: Int, _ columns: Range<Int>
) {
    let o = V(0)
    let rest =
        isBaseline ? columns : multiplyRows([o, o, o, o], perRow: 4, call, u, columns)
    multiplyRows([o], perRow: 1, call, u, rest)
}

/// Computes rows of c from row u in tiles of `perRow` vectors. The last tile may overlap the one before it by
/// less than a vector. Returns the columns that are left.
@inline(__always) @discardableResult
private func multiplyRows<V: Lanes, let n: Int>(
    _ zeros: InlineArray<n, V>, perRow: Int, _ call: UnitProduct<V.Element>, _ u: Int,
    _ columns: Range<Int>
) -> Range<Int> {
    let rows = n / perRow
    let starts = rowStarts(call.rowStride * MemoryLayout<V.Element>.stride)
    var biases: InlineArray<n, V> = zeros
    // Without a bias: adding -0 changes nothing.
    for i in 0..<rows { biases[i * perRow] = V(call.bias?[u + i] ?? -0.0) }
    let last = columns.upperBound - perRow * V.width
    var next = columns.lowerBound
    while next < last + V.width {
        if perRow > 1 && last < columns.lowerBound { break }
        let column = min(next, last)
        var x = multiplyTile(
            zeros, perRow: perRow, k: call.a.units, a: call.weights + u * call.rowStride,
            aColumnStride: call.columnStride, b: call.a.data + column,
            bRowStride: call.a.rowStride, starts: starts)
        let c = call.c.data + u * call.c.rowStride + column
        /// Replaces each vector by f(vector, its address in c, its row).
        @inline(__always)
        func forEach(_ f: (V, UnsafeMutablePointer<V.Element>, _ i: Int) -> V) {
            for i in 0..<rows {
                for k in 0..<perRow {
                    x[i * perRow + k] = f(
                        x[i * perRow + k], c + i * call.c.rowStride + k * V.width, i)
                }
            }
        }
        forEach { x, _, i in x + biases[i * perRow] }
        if let scale = call.reluMaskScale {
            let scale = V(scale)
            forEach { x, c, _ in V.select(V(0) < V.load(c), x * scale, V(0)) }
        } else if call.activation == .relu {
            forEach { x, _, _ in x.relu }
        }
        forEach { x, c, _ in
            x.store(c)
            return x
        }
        next += perRow * V.width
    }
    return min(next, columns.upperBound)..<columns.upperBound
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
        let rows = !isBaseline && (left == 3 || left > 4) ? 3 : min(2, left)
        for k in stride(from: 0, to: many.units, by: 2) {
            let pairs = RowPairs(
                few: few, many: many, first: i, second: k, dw: dw + i * fewStride + k * manyStride,
                fewStride: fewStride, manyStride: manyStride, accumulates: accumulates)
            switch rows {
            case 1: sumPairs([o], pairs)
            case 2: sumPairs([o, o], pairs)
            default: if !isBaseline { sumPairs([o, o, o], pairs) }
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
