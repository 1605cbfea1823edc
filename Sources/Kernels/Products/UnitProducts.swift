import CLanes
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
#elseif REG_FMA
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

/// Whether a product has tiles of six or four rows of four vectors. They load less for a multiply-add than that of eight
/// rows of two, and ten rows are two of them; but few steps of k do not pay for a second pass over the columns that are
/// left.
@inline(__always)
private func hasWideTiles<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, columns: Int
) -> Bool {
    unitTileVectors == 2 && call.pointee.c.units >= 4 && call.pointee.a.units >= 32
        && columns >= 4 * V.width
}

/// Computes columns `columns`, at least one vector, of a product. The last vector may overlap the one
/// before it; with a ReLU mask, which reads C, the columns must be whole vectors. The multiply-adds of an
/// element are in the order of `multiply`, so for k <= blockK the bits are the same.
@inline(__always)
func multiplyUnits<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ columns: Range<Int>
) {
    let units = call.pointee.c.units
    if hasWideTiles(V.self, call, columns: columns.count) {
        multiplyWideColumns(V.self, call, columns)
    } else {
        multiplyColumns(V.self, call, columns)
    }
    if call.pointee.reluMaskScale != nil || call.pointee.activation == .identity
        || call.pointee.activation == .relu
    {
        return
    }
    for u in 0..<units {
        let p = call.pointee.c.data + u * call.pointee.c.rowStride + columns.lowerBound
        activate(V.self, p, p, columns.count, call.pointee.activation)
    }
}

/// Columns in tiles of `unitTileM` and fewer rows.
@inline(__always)
private func multiplyColumns<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ columns: Range<Int>
) {
    let units = call.pointee.c.units
    var u = 0
    if units >= unitTileM {
        u = units - units % unitTileM
        multiplyWholeRows(V.self, call, u, columns)
    }
    if unitTileM > 4 && units - u >= 4 {
        multiplyFourRows(V.self, call, u, columns)
        u += 4
    }
    multiplyFewRows(V.self, call, u, columns)
}

/// Columns in tiles of four vectors: six rows or, so that at most three rows are left, four. Out of line: small products
/// have none.
@inline(never)
private func multiplyWideColumns<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ columns: Range<Int>
) {
    // A rest of more than three vectors is a tile that overlaps the one before it.
    let tiles = (columns.count + V.width - 1) / (4 * V.width)
    let end = min(columns.lowerBound + 4 * tiles * V.width, columns.upperBound)
    let wide = columns.lowerBound..<end
    let units = call.pointee.c.units
    var u = units / 6 * 6
    // 4 + 3 and 4 + 4 instead of 6 + 1 and 6 + 2.
    if u > 0 && (units - u == 1 || units - u == 2) { u -= 6 }
    if u > 0 { multiplySixWideRows(V.self, call, u, wide) }
    let fours = (units - u) / 4 * 4
    if fours > 0 { multiplyFourWideRows(V.self, call, u..<u + fours, wide) }
    multiplyFewRows(V.self, call, u + fours, wide)
    if end < columns.upperBound { multiplyColumns(V.self, call, end..<columns.upperBound) }
}

/// The last three rows at most, from row `u`.
@inline(__always)
private func multiplyFewRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ u: Int, _ columns: Range<Int>
) {
    var u = u
    let units = call.pointee.c.units
    if unitTileM > 2 && units - u == 3 {
        multiplyThreeRows(V.self, call, u, columns)
        u += 3
    }
    if unitTileM > 2 && units - u == 2 {
        multiplyTwoRows(V.self, call, u, columns)
        u += 2
    }
    if u < units { multiplyOneRow(V.self, call, u, columns) }
}

// A function for each number of rows, out of line: the compiler inlines no more into one.

/// Rows 0..<`units`, a multiple of six.
@inline(never)
private func multiplySixWideRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ units: Int, _ columns: Range<Int>
) {
    let o = V(0)
    multiplyRows(
        [o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o], perRow: 4, call,
        0..<units, columns)
}

/// Rows `units`, a multiple of four.
@inline(never)
private func multiplyFourWideRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ units: Range<Int>,
    _ columns: Range<Int>
) {
    let o = V(0)
    multiplyRows(
        [o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o], perRow: 4, call, units, columns)
}

/// Rows 0..<`units`, a multiple of `unitTileM`.
@inline(never)
private func multiplyWholeRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ units: Int, _ columns: Range<Int>
) {
    let hasEpilogue =
        call.pointee.bias != nil || call.pointee.reluMaskScale != nil
        || call.pointee.activation == .relu
    if unitTileVectors == 2 {
        let rest = multiplyRows(
            zeroUnitTile(V.self), perRow: 2, call, 0..<units, columns, hasEpilogue: hasEpilogue)
        multiplyRows(
            zeroNarrowTile(V.self), perRow: 1, call, 0..<units, rest, hasEpilogue: hasEpilogue)
    } else {
        multiplyRows(
            zeroUnitTile(V.self), perRow: 1, call, 0..<units, columns, hasEpilogue: hasEpilogue)
    }
}

@inline(never)
private func multiplyFourRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ u: Int, _ columns: Range<Int>
) {
    let o = V(0)
    var rest = columns
    if unitTileVectors == 2 {
        rest = multiplyRows([o, o, o, o, o, o, o, o], perRow: 2, call, u..<u + 4, columns)
    }
    multiplyRows([o, o, o, o], perRow: 1, call, u..<u + 4, rest)
}

@inline(never)
private func multiplyThreeRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ u: Int, _ columns: Range<Int>
) {
    let o = V(0)
    var rest = columns
    if unitTileVectors == 2 {
        rest = multiplyRows(
            [o, o, o, o, o, o, o, o, o, o, o, o], perRow: 4, call, u..<u + 3, columns)
    }
    multiplyRows([o, o, o], perRow: 1, call, u..<u + 3, rest)
}

@inline(never)
private func multiplyTwoRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ u: Int, _ columns: Range<Int>
) {
    let o = V(0)
    let rest =
        unitTileVectors == 2
        ? multiplyRows([o, o, o, o, o, o, o, o], perRow: 4, call, u..<u + 2, columns)
        : multiplyRows([o, o, o, o], perRow: 2, call, u..<u + 2, columns)
    multiplyRows([o, o], perRow: 1, call, u..<u + 2, rest)
}

@inline(never)
private func multiplyOneRow<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<UnitProduct<V.Element>>, _ u: Int, _ columns: Range<Int>
) {
    let o = V(0)
    let rest =
        isBaseline ? columns : multiplyRows([o, o, o, o], perRow: 4, call, u..<u + 1, columns)
    multiplyRows([o], perRow: 1, call, u..<u + 1, rest)
}

/// Computes rows `units` of c, a multiple of n / perRow, in tiles of `perRow` vectors. The last tile of a row may overlap
/// the one before it by less than a vector. `hasEpilogue` may be false where C is the plain sums. Returns the columns
/// that are left.
@inline(__always) @discardableResult
private func multiplyRows<V: Lanes, let n: Int>(
    _ zeros: InlineArray<n, V>, perRow: Int,
    _ call: UnsafePointer<UnitProduct<V.Element>>, _ units: Range<Int>, _ columns: Range<Int>,
    hasEpilogue: Bool = true
) -> Range<Int> {
    let last = columns.upperBound - perRow * V.width
    // Before the setup: mostly no columns are left for narrower tiles.
    if columns.isEmpty || perRow > 1 && last < columns.lowerBound { return columns }
    let call = call.pointee
    let rows = n / perRow
    let starts = rowStarts(call.rowStride * MemoryLayout<V.Element>.stride)
    let cStarts = rowStarts(call.c.rowStride * MemoryLayout<V.Element>.stride)
    var next = columns.lowerBound
    var u = units.lowerBound
    repeat {
        next = columns.lowerBound
        while next < last + V.width {
            let column = min(next, last)
            var x = multiplyTile(
                zeros, perRow: perRow, k: call.a.units, a: call.weights + u * call.rowStride,
                aColumnStride: call.columnStride, b: call.a.data + column,
                bRowStride: call.a.rowStride, starts: starts)
            let c = UnsafeMutableRawPointer(call.c.data + u * call.c.rowStride + column)
            /// Replaces each vector by f(vector, its address in c, its row).
            @inline(__always)
            func forEach(_ f: (V, UnsafeMutablePointer<V.Element>, _ i: Int) -> V) {
                @inline(__always) func forRow(_ i: Int) {
                    let row = (c + cStarts[i]).assumingMemoryBound(to: V.Element.self)
                    for k in 0..<perRow {
                        x[i * perRow + k] = f(x[i * perRow + k], row + k * V.width, i)
                    }
                }
                // As in `storeWholeTile`.
                let first = perRow == 4 ? 3 : 6
                for i in 0..<min(first, rows) { forRow(i) }
                for i in first..<max(first, rows) { forRow(i) }
            }
            if hasEpilogue {
                if let bias = call.bias { forEach { x, _, i in x + V(bias[u + i]) } }
                if let scale = call.reluMaskScale {
                    let scale = V(scale)
                    forEach { x, c, _ in V.select(V(0) < V.load(c), x * scale, V(0)) }
                } else if call.activation == .relu {
                    forEach { x, _, _ in x.relu }
                }
            }
            forEach { x, c, _ in
                x.store(c)
                return x
            }
            next += perRow * V.width
        }
        u += rows
    } while u < units.upperBound
    return min(next, columns.upperBound)..<columns.upperBound
}

// MARK: Weight gradients of narrow layers

/// The rows of both matrices whose pairs are summed at once, as many as registers allow: `few` at most of the
/// matrix with fewer rows, `many` (a divisor of four) of the other.
#if REG_KERNELSAVX512
    @inline(__always) private var pairRows: (few: Int, many: Int) { (4, 4) }
#elseif REG_FMA
    @inline(__always) private var pairRows: (few: Int, many: Int) { (3, 2) }
#else
    @inline(__always) private var pairRows: (few: Int, many: Int) { (2, 2) }
#endif

/// dw = dz a^T, or dw += dz a^T if `accumulates`, for narrow layers, where the tiles of a packed product
/// would be mostly empty. Each element is a sum over a pair of rows: lane by lane, then over the lanes
/// by one fixed tree. A last vector with fewer columns is filled with 0.
@inline(__always)
func narrowWeightGradient<V: Lanes>(
    _: V.Type, _ dz: UnsafePointer<UnitRows<V.Element>>,
    _ a: UnsafePointer<UnitRows<V.Element>>,
    _ dw: UnsafeMutablePointer<V.Element>, _ accumulates: Bool
) {
    let (dzUnits, aUnits) = (dz.pointee.units, a.pointee.units)
    let isTall = dzUnits > aUnits
    let (few, many) = isTall ? (a, dz) : (dz, a)
    let (fewStride, manyStride) = isTall ? (1, aUnits) : (aUnits, 1)
    var first = 0
    while first < min(dzUnits, aUnits) {
        let rows = min(pairRows.few, min(dzUnits, aUnits) - first)
        let pairs = RowPairs(
            few: few, many: many, first: first, dw: dw + first * fewStride,
            fewStride: fewStride, manyStride: manyStride, accumulates: accumulates)
        switch rows {
        case 1: sumOneRow(V.self, pairs)
        case 2: sumTwoRows(V.self, pairs)
        case 3: if pairRows.few >= 3 { sumThreeRows(V.self, pairs) }
        default: if pairRows.few >= 4 { sumFourRows(V.self, pairs) }
        }
        first += rows
    }
}

/// Up to four rows of one matrix, from `first`, to be summed against all of another.
private struct RowPairs<Element> {
    let few: UnsafePointer<UnitRows<Element>>
    let many: UnsafePointer<UnitRows<Element>>
    let first: Int
    /// The sum of the first pair; the others are `fewStride` and `manyStride` apart.
    let dw: UnsafeMutablePointer<Element>
    let fewStride: Int
    let manyStride: Int
    let accumulates: Bool
}

@inline(never)
private func sumOneRow<V: Lanes>(_: V.Type, _ pairs: RowPairs<V.Element>) {
    let o = V(0)
    if pairRows.many == 4 { sumPairs([o, o, o, o], pairs) } else { sumPairs([o, o], pairs) }
}

@inline(never)
private func sumTwoRows<V: Lanes>(_: V.Type, _ pairs: RowPairs<V.Element>) {
    let o = V(0)
    if pairRows.many == 4 {
        sumPairs([o, o, o, o, o, o, o, o], pairs)
    } else {
        sumPairs([o, o, o, o], pairs)
    }
}

@inline(never)
private func sumThreeRows<V: Lanes>(_: V.Type, _ pairs: RowPairs<V.Element>) {
    let o = V(0)
    if pairRows.many == 4 {
        sumPairs([o, o, o, o, o, o, o, o, o, o, o, o], pairs)
    } else {
        sumPairs([o, o, o, o, o, o], pairs)
    }
}

@inline(never)
private func sumFourRows<V: Lanes>(_: V.Type, _ pairs: RowPairs<V.Element>) {
    let o = V(0)
    sumPairs([o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o], pairs)
}

/// The sums of n / `pairRows.many` rows with all rows of the other matrix, `pairRows.many` of these at a
/// time. With AVX-512 the sums over lanes of sixteen are one transposition.
@inline(__always)
private func sumPairs<V: Lanes, let n: Int>(
    _ zeros: InlineArray<n, V>, _ pairs: RowPairs<V.Element>
) {
    let perRow = pairRows.many
    let rows = n / perRow
    let units = pairs.many.pointee.units
    var k = 0
    while k < units {
        let sums = laneProducts(zeros, perRow: perRow, pairs, k)
        let dw = pairs.dw + k * pairs.manyStride
        @inline(__always) func put(_ i: Int, _ j: Int, _ total: V.Element, adding: Bool) {
            let p = dw + i * pairs.fewStride + j * pairs.manyStride
            p.pointee = adding ? p.pointee + total : total
        }
        let left = units - k
        if perRow == 4 {
            putFolded(sums, rows: rows, left: left, adding: pairs.accumulates, put)
        } else {
            for i in 0..<rows {
                put(i, 0, sums[i * perRow].laneSum, adding: pairs.accumulates)
                if left > 1 { put(i, 1, sums[i * perRow + 1].laneSum, adding: pairs.accumulates) }
            }
        }
        k += perRow
    }
}

/// Calls `put` with row, column and value of the lane sums of some rows of four.
@inline(__always)
private func putFolded<V: Lanes, let n: Int>(
    _ sums: InlineArray<n, V>, rows: Int, left: Int, adding: Bool,
    _ put: (_ i: Int, _ j: Int, V.Element, _ adding: Bool) -> Void
) {
    let o = V(0)
    var all: InlineArray<16, V> = [o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o]
    for i in 0..<min(8, n) { all[i] = sums[i] }
    for i in min(8, n)..<n { all[i] = sums[i] }
    var totals: InlineArray<2, V> = [V.laneSums(all, first: 0), o]
    if V.width < 16 && rows > 2 { totals[1] = V.laneSums(all, first: 8) }
    withUnsafeBytes(of: &totals) {
        let totals = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: V.Element.self)
        @inline(__always) func total(_ i: Int, _ j: Int) -> V.Element {
            // The order of `laneSums`.
            let perVector = V.width / 4
            return totals[i / perVector * V.width + perVector * j + i % perVector]
        }
        if left >= 4 && !adding {
            for i in 0..<rows { for j in 0..<4 { put(i, j, total(i, j), false) } }
        } else {
            for j in 0..<min(4, left) {
                for i in 0..<rows { put(i, j, total(i, j), adding) }
                lanes_barrier()
            }
        }
    }
}

/// The products of elements of rows `pairs.first`... with `perRow` rows from k, summed over vectors.
@inline(__always)
private func laneProducts<V: Lanes, let n: Int>(
    _ zeros: InlineArray<n, V>, perRow: Int, _ pairs: RowPairs<V.Element>, _ k: Int
) -> InlineArray<n, V> {
    var sums = zeros
    let (few, many) = (pairs.few.pointee, pairs.many.pointee)
    var x = UnsafePointer(few.data + pairs.first * few.rowStride)
    var xStride = few.rowStride
    // Beyond the last row, the last one again; those sums are not stored.
    @inline(__always) func row(_ j: Int) -> UnsafePointer<V.Element> {
        UnsafePointer(many.data + min(k + j, many.units - 1) * many.rowStride)
    }
    var (y0, y1, y2, y3) = (row(0), row(1), row(perRow - 2), row(perRow - 1))
    @inline(__always) func addProducts(_ e: Int, _ load: (UnsafePointer<V.Element>) -> V) {
        let (b0, b1) = (load(y0 + e), load(y1 + e))
        let (b2, b3) = perRow == 4 ? (load(y2 + e), load(y3 + e)) : (b0, b1)
        for i in 0..<n / perRow {
            let a = load(x + i * xStride + e)
            @inline(__always) func add(_ j: Int, _ b: V) {
                sums[i * perRow + j] = sums[i * perRow + j].addingProduct(a, b)
            }
            add(0, b0)
            add(1, b1)
            if perRow == 4 {
                add(2, b2)
                add(3, b3)
            }
        }
    }
    let rest = many.columns % V.width
    if V.loadsPartially {
        var e = 0
        while e < many.columns - rest {
            addProducts(e) { V.load($0) }
            e += V.width
        }
        if rest > 0 { addProducts(e) { V.loadPartial($0, rest, filler: 0) } }
        return sums
    }
    withUnsafeTemporaryAllocation(of: V.self, capacity: 16) {
        let copies = UnsafeMutableRawPointer($0.baseAddress.unsafelyUnwrapped)
            .assumingMemoryBound(to: V.Element.self)
        // Before the loop, whose instructions hide the latency.
        if rest > 0 {
            @inline(__always) func copy(_ row: UnsafePointer<V.Element>, _ i: Int) {
                copyLastColumns(V.self, row, many.columns, copies + 2 * i * V.width)
            }
            for i in 0..<n / perRow { copy(x + i * xStride, i) }
            copy(y0, 4)
            copy(y1, 5)
            if perRow == 4 {
                copy(y2, 6)
                copy(y3, 7)
            }
        }
        var left = many.columns - rest
        for piece in 0..<(rest > 0 ? 2 : 1) {
            if piece == 1 {
                xStride = 2 * V.width
                let last = UnsafePointer(copies + V.width - rest)
                x = last
                (y0, y1) = (last + 4 * xStride, last + 5 * xStride)
                (y2, y3) = perRow == 4 ? (last + 6 * xStride, last + 7 * xStride) : (y0, y1)
                left = V.width
            }
            var e = 0
            while e < left {
                addProducts(e) { V.load($0) }
                e += V.width
            }
        }
    }
    return sums
}

/// Copies the last columns % width columns of a row, and 0 for the rest of a vector, to address
/// `copy` + width - columns % width.
@inline(never)
private func copyLastColumns<V: Lanes>(
    _: V.Type, _ row: UnsafePointer<V.Element>, _ columns: Int,
    _ copy: UnsafeMutablePointer<V.Element>
) {
    V(0).store(copy + V.width)
    if columns > V.width {
        V.load(row + columns - V.width).store(copy)
    } else {
        V.loadPartial(row, columns, filler: 0).store(copy + V.width - columns)
    }
}
