import CLanes
import KernelInterface

// The outputs that stay in registers while a product runs over its depth: tileRows times
// tileVectors vectors, beside the vectors of B and a broadcast of A. Vectors are 64 bytes: one zmm,
// two ymm, or four 128-bit registers.
#if REG_KERNELSAVX512
    typealias TileLanes<V> = InlineArray<24, V>
    @inline(__always) func zeroTile<V: Lanes>(_: V.Type) -> TileLanes<V> {
        let o = V(0)
        return [o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o]
    }
    @inline(__always) var tileRows: Int { 12 }
    @inline(__always) var tileVectors: Int { 2 }
#elseif REG_KERNELSAVX2 || arch(arm64)
    typealias TileLanes<V> = InlineArray<6, V>
    @inline(__always) func zeroTile<V: Lanes>(_: V.Type) -> TileLanes<V> {
        let o = V(0)
        return [o, o, o, o, o, o]
    }
    @inline(__always) var tileRows: Int { 6 }
    @inline(__always) var tileVectors: Int { 1 }
#else
    typealias TileLanes<V> = InlineArray<2, V>
    @inline(__always) func zeroTile<V: Lanes>(_: V.Type) -> TileLanes<V> { [V(0), V(0)] }
    @inline(__always) var tileRows: Int { 2 }
    @inline(__always) var tileVectors: Int { 1 }
#endif

/// Whether the loop over a tile's depth takes four steps to a turn: where another thread shares the
/// core, every instruction beside the multiply-adds counts.
@inline(__always) var takesFourSteps: Bool {
    #if REG_KERNELSAVX2
        true
    #else
        false
    #endif
}

/// Whether there are tiles for few columns; the oldest CPUs go without.
@inline(__always) var hasNarrowTiles: Bool { !isBaseline }

/// A tile for few columns: as many rows of one vector as hide the latency of a multiply-add.
@inline(__always) var narrowRows: Int { 8 }
@inline(__always) func zeroNarrowTile<W: TileVector>(_: W.Type) -> InlineArray<8, W> {
    let o = W(0)
    return [o, o, o, o, o, o, o, o]
}

/// tile = A B for one or two whole vectors of B, `perRow`, over `depth` <= chainDepth. Row i of A
/// begins `starts[i]` bytes after `a`.
@inline(__always)
func multiplyTile<W: TileVector, let n: Int>(
    _ zero: InlineArray<n, W>, perRow: Int, depth: Int, a: UnsafePointer<W.Element>, aStep: Int,
    isAPacked: Bool = false, b: UnsafePointer<W.Element>, bStep: Int, starts: RowStarts
) -> InlineArray<n, W> {
    var sums = zero
    var a = UnsafeRawPointer(a)
    var b = b
    let aStep = aStep * MemoryLayout<W.Element>.stride
    @inline(__always) func addStep(_ b: UnsafePointer<W.Element>) {
        let b0 = W.load(b)
        let b1 = perRow == 2 ? W.load(b + W.width) : b0
        @inline(__always) func addRow(_ i: Int) {
            let x = W(a.load(fromByteOffset: starts[i], as: W.Element.self))
            sums[i * perRow] = sums[i * perRow].addProduct(x, b0)
            if perRow == 2 { sums[i * 2 + 1] = sums[i * 2 + 1].addProduct(x, b1) }
        }
        // A longer loop would not be unrolled, and its sums would lie in memory.
        for i in 0..<min(6, n / perRow) { addRow(i) }
        for i in 6..<max(6, n / perRow) { addRow(i) }
        // Constants where A is packed; else one addition, not one for each row.
        a = isAPacked ? a + aStep : lanes_opaque_address(a + aStep)
        // The compiler would load ahead more than there are registers.
        lanes_barrier()
    }
    var left = depth
    if takesFourSteps {
        let three = lanes_opaque(3 * bStep)
        for _ in 0..<depth / 4 {
            addStep(b)
            addStep(b + bStep)
            addStep(b + 2 * bStep)
            addStep(b + three)
            b += 4 * bStep
        }
        left = depth % 4
    }
    for _ in 0..<left {
        // From the second-level cache. CPUs that take four steps foresee it.
        if isAPacked && !takesFourSteps { lanes_prefetch(a + 16 * aStep) }
        addStep(b)
        b += bStep
    }
    return sums
}

typealias RowStarts = InlineArray<12, Int>

/// Where the rows of a whole tile begin, `row` bytes apart. The odd multiples are computed before the
/// loop; the others are two, four or eight times one of those, which an address can say. So a step
/// of the loop adds to one address, and not for each row.
@inline(__always)
func rowStarts(_ row: Int) -> RowStarts {
    let one = lanes_opaque(row)
    let three = lanes_opaque(3 * row)
    let five = lanes_opaque(5 * row)
    return [
        0, one, 2 * one, three, 4 * one, five, 2 * three, lanes_opaque(7 * row), 8 * one,
        lanes_opaque(9 * row), 2 * five, lanes_opaque(11 * row),
    ]
}

/// The same for a packed A: constants.
@inline(__always)
func packedRowStarts(_ row: Int) -> RowStarts {
    [
        0, row, 2 * row, 3 * row, 4 * row, 5 * row, 6 * row, 7 * row, 8 * row, 9 * row, 10 * row,
        11 * row,
    ]
}

/// The same for the first `rows` of `all` rows: the others repeat the last, so that nothing beyond A
/// is read.
@inline(__always)
func rowStarts(_ row: Int, rows: Int, of all: Int) -> RowStarts {
    var starts: RowStarts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    for i in 1..<all { starts[i] = lanes_opaque(starts[i - 1] + (i < rows ? row : 0)) }
    return starts
}

/// The part of a product that a tile covers, whether its sums are the first and need no adding to
/// C, and whether they are the last and are finished.
struct TilePlace {
    var row: Int
    var column: Int
    var rows: Int
    var columns: Int
    var isFirst: Bool
    var isLast: Bool
}

/// Adds a tile of whole vectors to C, its first `rows` rows, and finishes their elements after the
/// last chain: see `Finish`. The sums stay in registers, and every question is asked once for all.
@inline(__always)
func storeWholeTile<V: Lanes>(
    _: V.Type, _ tile: TileLanes<V>, rows: Int, _ call: UnsafePointer<MatrixProduct<V.Element>>,
    _ place: TilePlace
) {
    let cRow = call.pointee.cRow
    let at = place.row * cRow + place.column
    let c = call.pointee.c + at
    var x = tile
    /// Replaces each vector by f(vector, its distance from the first, its row, its column).
    @inline(__always)
    func forEach(_ f: (V, _ offset: Int, _ i: Int, _ k: Int) -> V) {
        for i in 0..<tileRows where i < rows {
            for k in 0..<tileVectors {
                x[i * tileVectors + k] = f(x[i * tileVectors + k], i * cRow + k * V.width, i, k)
            }
        }
    }
    if !place.isFirst { forEach { x, offset, _, _ in V.load(c + offset) + x } }
    if place.isLast {
        let finish = call.pointee.finish
        if let scale = finish.scale {
            let scale = V(scale)
            forEach { x, _, _, _ in x * scale }
        }
        if let (weight, factor) = finish.decay {
            let factor = V(factor)
            forEach { x, offset, _, _ in x.addProduct(factor, V.load(weight + at + offset)) }
        }
        if let bias = finish.bias {
            if finish.biasIsPerRow {
                forEach { x, _, i, _ in x + V(bias[place.row + i]) }
            } else {
                forEach { x, _, _, k in x + V.load(bias + place.column + k * V.width) }
            }
        }
        if let z = finish.preActivation {
            forEach { x, offset, _, _ in
                x.store(z + at + offset)
                return x
            }
        }
        if finish.activation == .relu { forEach { x, _, _, _ in x.relu } }
        if let (weight, factor) = finish.descent {
            let factor = V(factor)
            forEach { x, offset, _, _ in
                V.load(weight + at + offset).addProduct(factor, x).store(weight + at + offset)
                return x
            }
        }
    }
    forEach { x, offset, _, _ in
        x.store(c + offset)
        return x
    }
}

/// The activations that are long: they stand once in the code, and find the rows of a strip in
/// the caches.
@inline(__always)
func activateRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ place: TilePlace
) {
    let activation = call.pointee.finish.activation
    if activation == .identity || activation == .relu { return }
    for i in 0..<place.rows {
        let c = call.pointee.c + (place.row + i) * call.pointee.cRow + place.column
        activate(V.self, c, c, place.columns, activation)
    }
}

/// The biases of a strip's first columns, where each column has its own; else 0.
@inline(__always)
func columnBias<W: TileVector>(
    _: W.Type, _ call: UnsafePointer<MatrixProduct<W.Element>>, _ strip: TilePlace
) -> W {
    let finish = call.pointee.finish
    guard strip.isLast, !finish.biasIsPerRow, let bias = finish.bias else { return W(0) }
    return strip.columns < W.width
        ? W.loadEnd(bias + strip.column, strip.columns, filler: 0) : W.load(bias + strip.column)
}

/// The same for a tile of which only some rows or columns are wanted, `perRow` vectors a row.
/// `columnBias` is that of the tile's strip.
@inline(__always)
func storePartOfTile<W: TileVector>(
    _ sums: UnsafePointer<W>, perRow: Int, columnBias: W,
    _ call: UnsafePointer<MatrixProduct<W.Element>>, _ place: TilePlace
) {
    let finish = call.pointee.finish
    let cRow = call.pointee.cRow
    // Plain values: the compiler takes an optional vector apart.
    let scale = W(finish.scale ?? 1)
    let factor = W(finish.decay?.factor ?? 0)
    for k in 0..<perRow {
        let j = place.column + k * W.width
        let n = min(W.width, place.column + place.columns - j)
        if n <= 0 { return }
        let isWhole = n == W.width
        @inline(__always) func load(_ p: UnsafePointer<W.Element>) -> W {
            isWhole ? W.load(p) : W.loadEnd(p, n, filler: 0)
        }
        @inline(__always) func store(_ x: W, _ p: UnsafeMutablePointer<W.Element>) {
            if isWhole { x.store(p) } else { x.storePart(p, first: n) }
        }
        var bias = columnBias
        if k > 0, place.isLast, !finish.biasIsPerRow, let all = finish.bias {
            bias = load(all + j)
        }
        var at = place.row * cRow + j
        for i in 0..<place.rows {
            let c = call.pointee.c + at
            var x = sums[i * perRow + k]
            if !place.isFirst { x = load(c) + x }
            if place.isLast {
                if finish.scale != nil { x = x * scale }
                if let (weight, _) = finish.decay { x = x.addProduct(factor, load(weight + at)) }
                if let all = finish.bias {
                    if finish.biasIsPerRow { bias = W(all[place.row + i]) }
                    x = x + bias
                }
                if let z = finish.preActivation { store(x, z + at) }
                if finish.activation == .relu { x = x.relu }
                if let (weight, factor) = finish.descent {
                    store(load(weight + at).addProduct(W(factor), x), weight + at)
                }
            }
            store(x, c)
            at += cRow
        }
    }
}
