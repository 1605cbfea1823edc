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

/// tile = A B for `rows` rows of A and tileVectors whole vectors of B, over `depth` <= chainDepth.
/// Rows past `rows` repeat the first, so that nothing beyond A is read.
@inline(__always)
func multiplyTile<V: Lanes>(
    _: V.Type, rows: Int, depth: Int, a: UnsafePointer<V.Element>, aRow: Int, aStep: Int,
    b: UnsafePointer<V.Element>, bStep: Int
) -> TileLanes<V> {
    var sums = zeroTile(V.self)
    var starts: InlineArray<12, Int> = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    for i in 0..<tileRows { starts[i] = i < rows ? i * aRow : 0 }
    var a = a
    var b = b
    for _ in 0..<depth {
        let b0 = V.load(b)
        let b1 = tileVectors == 2 ? V.load(b + V.width) : b0
        for i in 0..<tileRows {
            let x = V(a[starts[i]])
            sums[i * tileVectors] = sums[i * tileVectors].addProduct(x, b0)
            if tileVectors == 2 { sums[i * 2 + 1] = sums[i * 2 + 1].addProduct(x, b1) }
        }
        // A packed A comes from the second-level cache, faster if it is asked for.
        lanes_prefetch(a + 16 * aStep)
        a += aStep
        b += bStep
    }
    return sums
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

/// Adds a whole tile to C, and finishes its elements after the last chain: see `Finish`. The sums
/// stay in registers, and every question is asked once for all of them.
@inline(__always)
func storeWholeTile<V: Lanes>(
    _: V.Type, _ tile: TileLanes<V>, _ call: UnsafePointer<MatrixProduct<V.Element>>,
    row: Int, column: Int, isFirst: Bool, isLast: Bool
) {
    let cRow = call.pointee.cRow
    let at = row * cRow + column
    let c = call.pointee.c + at
    var x = tile
    /// Replaces each vector by f(vector, its distance from the first, its row, its column).
    @inline(__always)
    func forEach(_ f: (V, _ offset: Int, _ i: Int, _ k: Int) -> V) {
        for i in 0..<tileRows {
            for k in 0..<tileVectors {
                x[i * tileVectors + k] = f(x[i * tileVectors + k], i * cRow + k * V.width, i, k)
            }
        }
    }
    if !isFirst { forEach { x, offset, _, _ in V.load(c + offset) + x } }
    if isLast {
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
                forEach { x, _, i, _ in x + V(bias[row + i]) }
            } else {
                forEach { x, _, _, k in x + V.load(bias + column + k * V.width) }
            }
        }
        if let z = finish.preActivation {
            forEach { x, offset, _, _ in
                x.store(z + at + offset)
                return x
            }
        }
        if finish.activation == .relu { forEach { x, _, _, _ in x.relu } }
    }
    forEach { x, offset, _, _ in
        x.store(c + offset)
        return x
    }
    if isLast {
        activateRows(
            V.self, call, row: row, column: column, rows: tileRows, columns: tileVectors * V.width)
    }
}

/// The activations that are long: they stand once in the code, and find the rows of a tile in the
/// first-level cache.
@inline(__always)
private func activateRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, row: Int, column: Int, rows: Int,
    columns: Int
) {
    let activation = call.pointee.finish.activation
    if activation == .identity || activation == .relu { return }
    for i in 0..<rows {
        let c = call.pointee.c + (row + i) * call.pointee.cRow + column
        activate(V.self, c, c, columns, activation)
    }
}

/// The same for a tile of which only some rows or columns are wanted.
@inline(__always)
func storePartOfTile<V: Lanes>(
    _: V.Type, _ sums: UnsafePointer<V>, _ call: UnsafePointer<MatrixProduct<V.Element>>,
    _ place: TilePlace
) {
    let finish = call.pointee.finish
    let cRow = call.pointee.cRow
    let start = place.row * cRow + place.column
    for i in 0..<place.rows {
        let at = start + i * cRow
        let c = call.pointee.c + at
        for k in 0..<tileVectors {
            let j = k * V.width
            if j >= place.columns { break }
            let n = min(V.width, place.columns - j)
            var x = sums[i * tileVectors + k]
            if !place.isFirst { x = V.load(c + j, first: n) + x }
            if place.isLast {
                if let scale = finish.scale { x = x * V(scale) }
                if let (weight, factor) = finish.decay {
                    x = x.addProduct(V(factor), V.load(weight + at + j, first: n))
                }
                if let bias = finish.bias {
                    x =
                        x
                        + (finish.biasIsPerRow
                            ? V(bias[place.row + i]) : V.load(bias + place.column + j, first: n))
                }
                if let z = finish.preActivation { x.store(z + at + j, first: n) }
                if finish.activation == .relu { x = x.relu }
            }
            x.store(c + j, first: n)
        }
    }
    if place.isLast {
        activateRows(
            V.self, call, row: place.row, column: place.column, rows: place.rows,
            columns: place.columns)
    }
}
