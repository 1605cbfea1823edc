import KernelInterface

// The outputs that stay in registers while a product runs over its depth: tileRows times
// tileVectors vectors, beside the vectors of B and a broadcast of A. Vectors are 64 bytes: one zmm,
// two ymm, or four 128-bit registers.
#if REG_KERNELSAVX512
    typealias TileLanes<V> = InlineArray<24, V>
    @inline(__always) var tileRows: Int { 12 }
    @inline(__always) var tileVectors: Int { 2 }
#elseif REG_KERNELSAVX2 || arch(arm64)
    typealias TileLanes<V> = InlineArray<6, V>
    @inline(__always) var tileRows: Int { 6 }
    @inline(__always) var tileVectors: Int { 1 }
#else
    typealias TileLanes<V> = InlineArray<2, V>
    @inline(__always) var tileRows: Int { 2 }
    @inline(__always) var tileVectors: Int { 1 }
#endif

/// The depth of one chain of multiply-adds. Chains of one element are added in order. It is the
/// same for every instruction set: a change of it changes results.
@inline(__always) var chainDepth: Int { 256 }

/// tile = A B for `rows` rows of A and tileVectors whole vectors of B, over `depth` <= chainDepth.
/// Rows past `rows` repeat the first, so that nothing beyond A is read.
@inline(__always)
func multiplyTile<V: Lanes>(
    _: V.Type, rows: Int, depth: Int, a: UnsafePointer<V.Element>, aRow: Int, aStep: Int,
    b: UnsafePointer<V.Element>, bStep: Int
) -> TileLanes<V> {
    var sums = TileLanes<V>(repeating: V(0))
    var starts = InlineArray<12, Int>(repeating: 0)
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
        a += aStep
        b += bStep
    }
    return sums
}

/// The part of a product that a tile covers, and whether its sums are the first or the last.
struct TilePlace {
    var row: Int
    var column: Int
    var rows: Int
    var columns: Int
    var isFirst: Bool
    var isLast: Bool
}

/// Adds a tile to C, and finishes its elements after the last chain.
@inline(__always)
func storeTile<V: Lanes>(
    _: V.Type, _ sums: UnsafePointer<V>, _ call: UnsafePointer<MatrixProduct<V.Element>>,
    _ place: TilePlace
) {
    let step = call.pointee.cColumn
    let activation = call.pointee.finish.activation
    for i in 0..<place.rows {
        let row = place.row + i
        let start = row * call.pointee.cRow + place.column * step
        let c = call.pointee.c + start
        forEachVector(place.columns, width: V.width) { column, n in
            var x = sums[i * tileVectors + column / V.width]
            let target = c + column * step
            if !place.isFirst { x = V.load(target, first: n, stride: step) + x }
            if place.isLast {
                x = finish(
                    x, call, row: row, column: place.column + column, n: n,
                    at: start + column * step)
            }
            x.store(target, first: n, stride: step)
        }
        if place.isLast && activation != .identity && activation != .relu {
            // The long ones stand once in the code, and find the row in the first-level cache.
            for j in stride(from: 0, to: place.columns, by: step == 1 ? place.columns : 1) {
                activate(
                    V.self, c + j * step, c + j * step, step == 1 ? place.columns : 1, activation)
            }
        }
    }
}

/// See `Finish`, all but the activations that `storeTile` applies: n elements of a row, the first
/// of them `at` elements into C.
@inline(__always)
private func finish<V: Lanes>(
    _ sum: V, _ call: UnsafePointer<MatrixProduct<V.Element>>, row: Int, column: Int, n: Int,
    at: Int
) -> V {
    let step = call.pointee.cColumn
    var x = sum
    if let scale = call.pointee.finish.scale { x = x * V(scale) }
    if let (weight, factor) = call.pointee.finish.decay {
        x = x.addProduct(V(factor), V.load(weight + at, first: n, stride: step))
    }
    if let bias = call.pointee.finish.bias {
        x = x + (call.pointee.finish.biasIsPerRow ? V(bias[row]) : V.load(bias + column, first: n))
    }
    if let z = call.pointee.finish.preActivation { x.store(z + at, first: n, stride: step) }
    return call.pointee.finish.activation == .relu ? x.relu : x
}
