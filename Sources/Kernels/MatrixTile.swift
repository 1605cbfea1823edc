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

/// Adds a tile to C, and finishes its elements after the last chain: see `Finish`.
@inline(__always)
func storeTile<V: Lanes>(
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
        if place.isLast && finish.activation != .identity && finish.activation != .relu {
            // The long ones stand once in the code, and find the row in the first-level cache.
            activate(V.self, c, c, place.columns, finish.activation)
        }
    }
}
