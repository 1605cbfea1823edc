import KernelInterface

/// Computes the outputs `rows` x `columns` of a product with any strides, in tiles of four by four. An
/// element is a sum, in order, of chains of `blockK` multiply-adds.
func multiply(
    _ call: UnsafePointer<MatrixProduct<Float>>, _ rows: Range<Int>, _ columns: Range<Int>
) {
    for i in stride(from: rows.lowerBound, to: rows.upperBound, by: 4) {
        for j in stride(from: columns.lowerBound, to: columns.upperBound, by: 4) {
            let tile = (i..<min(i + 4, rows.upperBound), j..<min(j + 4, columns.upperBound))
            var p = 0
            repeat {
                let k = min(F32.blockK, call.pointee.k - p)
                addBlock(call, tile.0, tile.1, p..<p + k)
                p += k
            } while p < call.pointee.k
        }
    }
    let activation = call.pointee.epilogue.activation
    if !call.pointee.appliesEpilogue || activation == .identity || activation == .relu { return }
    for i in rows {
        let c = call.pointee.c + i * call.pointee.cRowStride + columns.lowerBound
        activate(F32.self, c, c, columns.count, activation)
    }
}

/// Adds the products over `block` to a tile, and applies the epilogue after the last block. Rows and columns
/// beyond the tile repeat its last.
@inline(never)
private func addBlock(
    _ call: UnsafePointer<MatrixProduct<Float>>, _ rows: Range<Int>, _ columns: Range<Int>,
    _ block: Range<Int>
) {
    let (a, b) = (call.pointee.a, call.pointee.b)
    func row(_ i: Int) -> UnsafePointer<Float> {
        a.data + min(rows.lowerBound + i, rows.upperBound - 1) * a.rowStride
            + block.lowerBound * a.columnStride
    }
    func column(_ j: Int) -> UnsafePointer<Float> {
        b.data + min(columns.lowerBound + j, columns.upperBound - 1) * b.columnStride
            + block.lowerBound * b.rowStride
    }
    var (a0, a1, a2, a3) = (row(0), row(1), row(2), row(3))
    var (b0, b1, b2, b3) = (column(0), column(1), column(2), column(3))
    let (aStride, bStride) = (a.columnStride, b.rowStride)
    let o = FourFloats(0, 0, 0, 0)
    var (x0, x1, x2, x3) = (o, o, o, o)
    var left = block.count
    while left > 0 {
        let values = FourFloats(b0.pointee, b1.pointee, b2.pointee, b3.pointee)
        b0 += bStride
        b1 += bStride
        b2 += bStride
        b3 += bStride
        x0 = x0.addingProduct(a0.pointee, values)
        a0 += aStride
        x1 = x1.addingProduct(a1.pointee, values)
        a1 += aStride
        x2 = x2.addingProduct(a2.pointee, values)
        a2 += aStride
        x3 = x3.addingProduct(a3.pointee, values)
        a3 += aStride
        left -= 1
    }
    var sums: InlineArray<4, FourFloats> = [x0, x1, x2, x3]
    withUnsafeBytes(of: &sums) {
        let sums = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Float.self)
        let isFirst = block.lowerBound == 0 && !call.pointee.accumulates
        let isLast = block.upperBound == call.pointee.k && call.pointee.appliesEpilogue
        for i in rows {
            for j in columns {
                let x = sums[4 * (i - rows.lowerBound) + (j - columns.lowerBound)]
                store(call, i, j, x, isFirst: isFirst, isLast: isLast)
            }
        }
    }
}

/// Adds a sum to an element of C, and applies the epilogue if it is the last.
@inline(__always)
private func store(
    _ call: UnsafePointer<MatrixProduct<Float>>, _ i: Int, _ j: Int, _ sum: Float, isFirst: Bool,
    isLast: Bool
) {
    let at = i * call.pointee.cRowStride + j
    var x = isFirst ? sum : call.pointee.c[at] + sum
    if isLast {
        if let scale = call.pointee.epilogue.scale { x *= scale }
        if let (weight, factor) = call.pointee.epilogue.l2Term {
            x = x.addingProduct(factor, weight[at])
        }
        if let bias = call.pointee.epilogue.bias {
            x += bias[call.pointee.epilogue.biasIsPerRow ? i : j]
        }
        if let z = call.pointee.epilogue.preActivation { z[at] = x }
        if call.pointee.epilogue.activation == .relu { x = x < 0 ? 0 : x }
        if let (weight, factor) = call.pointee.epilogue.fusedUpdate {
            weight[at] = weight[at].addingProduct(factor, x)
        }
    }
    call.pointee.c[at] = x
}
