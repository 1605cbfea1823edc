import CLanes
import KernelInterface

// The tile of C that is kept in registers while a product runs over k: tileM rows of tileVectors
// vectors, beside the vectors of B and a broadcast element of A. Vectors are 64 bytes: one zmm, two
// ymm, or four 128-bit registers.
#if REG_KERNELSAVX512
    typealias TileLanes<V> = InlineArray<24, V>
    @inline(__always) func zeroTile<V: Lanes>(_: V.Type) -> TileLanes<V> {
        let o = V(0)
        return [o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o]
    }
    @inline(__always) var tileM: Int { 12 }
    @inline(__always) var tileVectors: Int { 2 }
#elseif REG_KERNELSAVX2 || arch(arm64)
    typealias TileLanes<V> = InlineArray<6, V>
    @inline(__always) func zeroTile<V: Lanes>(_: V.Type) -> TileLanes<V> {
        let o = V(0)
        return [o, o, o, o, o, o]
    }
    @inline(__always) var tileM: Int { 6 }
    @inline(__always) var tileVectors: Int { 1 }
#else
    typealias TileLanes<V> = InlineArray<2, V>
    @inline(__always) func zeroTile<V: Lanes>(_: V.Type) -> TileLanes<V> { [V(0), V(0)] }
    @inline(__always) var tileM: Int { 2 }
    @inline(__always) var tileVectors: Int { 1 }
#endif

/// Whether the loop over k is unrolled by four. On AVX2, where another thread shares the core, every
/// instruction beside the multiply-adds counts.
@inline(__always) var unrollsByFour: Bool {
    #if REG_KERNELSAVX2
        true
    #else
        false
    #endif
}

/// Whether there are tiles for few columns; the baseline kernels have none.
@inline(__always) var hasNarrowTiles: Bool { !isBaseline }

/// Rows of a tile for few columns: enough one-vector rows to hide the latency of a multiply-add.
@inline(__always) var narrowTileM: Int { 8 }
@inline(__always) func zeroNarrowTile<W: TileVector>(_: W.Type) -> InlineArray<8, W> {
    let o = W(0)
    return [o, o, o, o, o, o, o, o]
}

/// tile = A B for `perRow` (one, two or four) whole vectors of B over k <= blockK. Row i of A starts
/// `starts[i]` bytes after `a`. `streamsB`: B comes from the L2 cache; otherwise a packed A does.
@inline(__always)
func multiplyTile<W: TileVector, let n: Int>(
    _ zero: InlineArray<n, W>, perRow: Int, k: Int, a: UnsafePointer<W.Element>, aColumnStride: Int,
    isAPacked: Bool = false, streamsB: Bool = false, b: UnsafePointer<W.Element>, bRowStride: Int,
    starts: RowStarts
) -> InlineArray<n, W> {
    var sums = zero
    var a = UnsafeRawPointer(a)
    var b = b
    let aColumnStride = aColumnStride * MemoryLayout<W.Element>.stride
    @inline(__always) func addStep(_ b: UnsafePointer<W.Element>) {
        let b0 = W.load(b)
        let b1 = perRow >= 2 ? W.load(b + W.width) : b0
        let b2 = perRow == 4 ? W.load(b + 2 * W.width) : b0
        let b3 = perRow == 4 ? W.load(b + 3 * W.width) : b0
        @inline(__always) func addRow(_ i: Int) {
            let x = W(a.load(fromByteOffset: starts[i], as: W.Element.self))
            @inline(__always) func add(_ k: Int, _ b: W) {
                sums[i * perRow + k] = sums[i * perRow + k].addingProduct(x, b)
            }
            add(0, b0)
            if perRow >= 2 { add(1, b1) }
            if perRow == 4 { add(2, b2) }
            if perRow == 4 { add(3, b3) }
        }
        // A longer loop would not be unrolled, and its sums would be kept in memory.
        let first = perRow == 4 ? 3 : 6
        for i in 0..<min(first, n / perRow) { addRow(i) }
        for i in first..<max(first, n / perRow) { addRow(i) }
        // Constants where A is packed; otherwise one addition, not one per row.
        a = isAPacked ? a + aColumnStride : lanes_opaque_address(a + aColumnStride)
        // Otherwise the compiler loads ahead more than there are registers.
        lanes_barrier()
    }
    var left = k
    if unrollsByFour {
        let three = lanes_opaque(3 * bRowStride)
        for _ in 0..<k / 4 {
            addStep(b)
            addStep(b + bRowStride)
            addStep(b + 2 * bRowStride)
            addStep(b + three)
            b += 4 * bRowStride
        }
        left = k % 4
    }
    for _ in 0..<left {
        // Prefetch from the L2 cache. The CPUs that unroll by four do it in hardware.
        if streamsB {
            for k in 0..<perRow { lanes_prefetch_read(b + 8 * bRowStride + k * W.width) }
        } else if isAPacked && !unrollsByFour {
            lanes_prefetch(a + 16 * aColumnStride)
        }
        addStep(b)
        b += bRowStride
    }
    return sums
}

typealias RowStarts = InlineArray<12, Int>

/// The byte offsets of the rows of a whole tile, `rowBytes` apart. Odd multiples are computed before the
/// loop; an addressing mode can scale them by two, four or eight, so that each step of the loop
/// advances one address instead of one per row.
@inline(__always)
func rowStarts(_ rowBytes: Int) -> RowStarts {
    let one = lanes_opaque(rowBytes)
    let three = lanes_opaque(3 * rowBytes)
    let five = lanes_opaque(5 * rowBytes)
    return [
        0, one, 2 * one, three, 4 * one, five, 2 * three, lanes_opaque(7 * rowBytes), 8 * one,
        lanes_opaque(9 * rowBytes), 2 * five, lanes_opaque(11 * rowBytes),
    ]
}

/// The row offsets of a packed A: constants.
@inline(__always)
func packedRowStarts(_ rowBytes: Int) -> RowStarts {
    [
        0, rowBytes, 2 * rowBytes, 3 * rowBytes, 4 * rowBytes, 5 * rowBytes, 6 * rowBytes,
        7 * rowBytes, 8 * rowBytes, 9 * rowBytes, 10 * rowBytes,
        11 * rowBytes,
    ]
}

/// The row offsets of a tile with only `rows` of `all` rows: the others repeat the last, so that
/// nothing beyond A is read.
@inline(__always)
func rowStarts(_ rowBytes: Int, rows: Int, of all: Int) -> RowStarts {
    var starts: RowStarts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    for i in 1..<all { starts[i] = lanes_opaque(starts[i - 1] + (i < rows ? rowBytes : 0)) }
    return starts
}

/// The part of C that a tile covers.
struct TilePlace {
    var rowIndex: Int
    var columnIndex: Int
    var rows: Int
    var columns: Int
    /// Whether these sums are the first for their elements, so that they are not added to C.
    var isFirst: Bool
    /// Whether these sums are the last, so that the epilogue follows.
    var isLast: Bool
}

/// Adds a tile of whole vectors to C, and applies the epilogue after the last block of k. The sums stay in
/// registers; options are tested once per tile, not per element.
@inline(__always)
func storeWholeTile<V: Lanes>(
    _: V.Type, _ tile: TileLanes<V>, _ call: UnsafePointer<MatrixProduct<V.Element>>,
    _ place: TilePlace
) {
    let cRowStride = call.pointee.cRowStride
    let at = place.rowIndex * cRowStride + place.columnIndex
    let c = call.pointee.c + at
    var x = tile
    /// Replaces each vector by f(vector, its distance from the first, its row, its column).
    @inline(__always)
    func forEach(_ f: (V, _ offset: Int, _ i: Int, _ k: Int) -> V) {
        @inline(__always) func forRow(_ i: Int) {
            for k in 0..<tileVectors {
                x[i * tileVectors + k] = f(
                    x[i * tileVectors + k], i * cRowStride + k * V.width, i, k)
            }
        }
        // A longer loop might not be unrolled, and then all sums would be in memory.
        for i in 0..<tileM / 2 { forRow(i) }
        for i in tileM / 2..<tileM { forRow(i) }
    }
    if !place.isFirst { forEach { x, offset, _, _ in V.load(c + offset) + x } }
    if place.isLast {
        let epilogue = call.pointee.epilogue
        if let scale = epilogue.scale {
            let scale = V(scale)
            forEach { x, _, _, _ in x * scale }
        }
        if let (weight, factor) = epilogue.l2Term {
            let factor = V(factor)
            forEach { x, offset, _, _ in x.addingProduct(factor, V.load(weight + at + offset)) }
        }
        if let bias = epilogue.bias {
            if epilogue.biasIsPerRow {
                forEach { x, _, i, _ in x + V(bias[place.rowIndex + i]) }
            } else {
                forEach { x, _, _, k in x + V.load(bias + place.columnIndex + k * V.width) }
            }
        }
        if let z = epilogue.preActivation {
            forEach { x, offset, _, _ in
                x.store(z + at + offset)
                return x
            }
        }
        if epilogue.activation == .relu { forEach { x, _, _, _ in x.relu } }
        if let (weight, factor) = epilogue.fusedUpdate {
            let factor = V(factor)
            forEach { x, offset, _, _ in
                V.load(weight + at + offset).addingProduct(factor, x).store(weight + at + offset)
                return x
            }
        }
    }
    // Not a return: a function with two of them would not be inlined.
    if !place.isLast || call.pointee.epilogue.needsC {
        forEach { x, offset, _, _ in
            x.store(c + offset)
            return x
        }
    }
}

/// Applies the expensive activations. They run out of line, per strip, while its rows are cached.
@inline(__always)
func activateRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ place: TilePlace
) {
    let activation = call.pointee.epilogue.activation
    if activation == .identity || activation == .relu { return }
    for i in 0..<place.rows {
        let c = call.pointee.c + (place.rowIndex + i) * call.pointee.cRowStride + place.columnIndex
        activate(V.self, c, c, place.columns, activation)
    }
}

/// `storeWholeTile` for a tile with fewer rows or columns, of `perRow` vectors a row. Rows are a loop, so the sums
/// are in memory.
@inline(__always)
func storePartialTile<W: TileVector, let n: Int>(
    _ sums: InlineArray<n, W>, perRow: Int, _ call: UnsafePointer<MatrixProduct<W.Element>>,
    _ place: TilePlace
) {
    var sums = sums
    withUnsafeBytes(of: &sums) {
        let sums = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: W.self)
        for k in 0..<perRow {
            let columns = place.columns - k * W.width
            if columns <= 0 { break }
            storeColumns(
                sums + k, step: perRow, rows: place.rows, columns: min(W.width, columns), call,
                place, place.columnIndex + k * W.width)
        }
    }
}

/// Stores `rows` rows of at most one vector of a tile, at `column` of C. The vectors of the sums are `step` apart.
@inline(never)
private func storeColumns<W: TileVector>(
    _ sums: UnsafePointer<W>, step: Int, rows: Int, columns n: Int,
    _ call: UnsafePointer<MatrixProduct<W.Element>>, _ place: TilePlace, _ column: Int
) {
    @inline(__always) func load(_ p: UnsafePointer<W.Element>) -> W {
        W.loadsPartially || n < W.width ? W.loadPartial(p, n, filler: 0) : W.load(p)
    }
    @inline(__always) func store(_ x: W, _ p: UnsafeMutablePointer<W.Element>) {
        if W.loadsPartially || n < W.width { x.storePartial(p, first: n) } else { x.store(p) }
    }
    let epilogue = call.pointee.epilogue
    let cRowStride = call.pointee.cRowStride
    var at = place.rowIndex * cRowStride + column
    let c = call.pointee.c
    var sums = sums
    // Plain values: the compiler splits an optional vector into its lanes. A factor 1 and a bias -0 change nothing.
    let scale = W(place.isLast ? epilogue.scale ?? 1 : 1)
    let factor = W(epilogue.l2Term?.factor ?? 0)
    var bias = W(-0.0)
    var rowBiases: UnsafePointer<W.Element>?
    if place.isLast, let biases = epilogue.bias {
        if epilogue.biasIsPerRow {
            rowBiases = biases + place.rowIndex
        } else {
            bias = load(biases + column)
        }
    }
    // A loop with fewer tests; the baseline kernels do without it.
    if !isBaseline && place.isFirst
        && (!place.isLast
            || epilogue.l2Term == nil && epilogue.preActivation == nil
                && epilogue.activation != .relu && epilogue.fusedUpdate == nil)
    {
        for i in 0..<rows {
            if let rowBiases { bias = W(rowBiases[i]) }
            store(sums.pointee * scale + bias, c + at)
            at += cRowStride
            sums += step
        }
        return
    }
    for i in 0..<rows {
        let c = c + at
        var x = sums.pointee
        if !place.isFirst { x = load(c) + x }
        if place.isLast {
            x = x * scale
            if let (weight, _) = epilogue.l2Term {
                x = x.addingProduct(factor, load(weight + at))
            }
            if let rowBiases { bias = W(rowBiases[i]) }
            x = x + bias
            if let z = epilogue.preActivation { store(x, z + at) }
            if epilogue.activation == .relu { x = x.relu }
            if let (weight, factor) = epilogue.fusedUpdate {
                store(load(weight + at).addingProduct(W(factor), x), weight + at)
            }
        }
        if !place.isLast || epilogue.needsC { store(x, c) }
        at += cRowStride
        sums += step
    }
}
