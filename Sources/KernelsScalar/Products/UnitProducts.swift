import KernelInterface

// Products in the layout of `UnitRows`, in tiles of up to four units by four examples: sixteen sums, four
// examples and a weight are 21 of the 32 registers of an FPU.

/// Computes columns `columns`, at least four, of a product. The last tile may overlap the one before
/// it; with a ReLU mask, which reads C, the columns must be a multiple of four.
func multiplyUnits(_ call: UnsafePointer<UnitProduct<Float>>, _ columns: Range<Int>) {
    let units = call.pointee.c.units
    var u = 0
    while u < units {
        multiplyRows(call, u, columns)
        u += 4
    }
    let activation = call.pointee.activation
    if call.pointee.reluMaskScale != nil || activation == .identity || activation == .relu {
        return
    }
    for u in 0..<units {
        let p = call.pointee.c.data + u * call.pointee.c.rowStride + columns.lowerBound
        activate(F32.self, p, p, columns.count, activation)
    }
}

/// Computes up to four rows of c from row u. Rows beyond the last are computed as the last, and not stored.
@inline(never)
private func multiplyRows(
    _ call: UnsafePointer<UnitProduct<Float>>, _ u: Int, _ columns: Range<Int>
) {
    let rows = call.pointee.c.units - u
    let (rowStride, columnStride) = (call.pointee.rowStride, call.pointee.columnStride)
    let (k, valueStride) = (call.pointee.a.units, call.pointee.a.rowStride)
    let weights = call.pointee.weights + u * rowStride
    let last = columns.upperBound - 4
    var next = columns.lowerBound
    while next < columns.upperBound {
        let column = min(next, last)
        next += 4
        let o = FourFloats(0, 0, 0, 0)
        var (x0, x1, x2, x3) = (o, o, o, o)
        var w0 = weights
        var w1 = rows > 1 ? w0 + rowStride : w0
        var w2 = rows > 2 ? w1 + rowStride : w1
        var w3 = rows > 3 ? w2 + rowStride : w2
        var values = UnsafePointer(call.pointee.a.data + column)
        var left = k
        repeat {
            let b = FourFloats(values)
            values += valueStride
            x0 = x0.addingProduct(w0.pointee, b)
            w0 += columnStride
            x1 = x1.addingProduct(w1.pointee, b)
            w1 += columnStride
            x2 = x2.addingProduct(w2.pointee, b)
            w2 += columnStride
            x3 = x3.addingProduct(w3.pointee, b)
            w3 += columnStride
            left -= 1
        } while left > 0
        let stride = call.pointee.c.rowStride
        var c = call.pointee.c.data + u * stride + column
        store(x0, call, u, c)
        if rows > 1 {
            c += stride
            store(x1, call, u + 1, c)
        }
        if rows > 2 {
            c += stride
            store(x2, call, u + 2, c)
        }
        if rows > 3 {
            c += stride
            store(x3, call, u + 3, c)
        }
    }
}

/// Stores four sums of row u at `c`, after bias, activation and ReLU mask.
@inline(never)
private func store(
    _ sums: FourFloats, _ call: UnsafePointer<UnitProduct<Float>>, _ u: Int,
    _ c: UnsafeMutablePointer<Float>
) {
    var x = sums
    if let bias = call.pointee.bias {
        let bias = bias[u]
        x = x.map { $0 + bias }
    }
    if let scale = call.pointee.reluMaskScale {
        x = x.map(FourFloats(c)) { x, c in 0 < c ? x * scale : 0 }
    } else if call.pointee.activation == .relu {
        x = x.map { $0 < 0 ? 0 : $0 }
    }
    x.store(c)
}

/// dw = dz a^T, or dw += dz a^T if `accumulates`: each element a sum over sixteen lanes, then over the
/// lanes by halves.
func narrowWeightGradient(
    _ dz: UnsafePointer<UnitRows<Float>>, _ a: UnsafePointer<UnitRows<Float>>,
    _ dw: UnsafeMutablePointer<Float>, _ accumulates: Bool
) {
    var to = dw
    for u in 0..<dz.pointee.units {
        for v in 0..<a.pointee.units {
            let sum = laneProducts(dz, u, a, v)
            to.pointee = accumulates ? to.pointee + sum : sum
            to += 1
        }
    }
}

/// The sum of the products of row u of dz and row v of a.
@inline(__always)
private func laneProducts(
    _ dz: UnsafePointer<UnitRows<Float>>, _ u: Int, _ a: UnsafePointer<UnitRows<Float>>, _ v: Int
) -> Float {
    let o = FourFloats(0, 0, 0, 0)
    var lanes: InlineArray<4, FourFloats> = [o, o, o, o]
    var dzRow = UnsafePointer(dz.pointee.data + u * dz.pointee.rowStride)
    var aRow = UnsafePointer(a.pointee.data + v * a.pointee.rowStride)
    var left = dz.pointee.columns
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 32) { copies in
        while left > 0 {
            if left < 16, let copy = copies.baseAddress {
                // The last columns, then 0.
                for i in 0..<16 {
                    copy[i] = i < left ? dzRow[i] : 0
                    copy[16 + i] = i < left ? aRow[i] : 0
                }
                (dzRow, aRow) = (UnsafePointer(copy), UnsafePointer(copy + 16))
            }
            for k in 0..<4 {
                let (a, b) = (dzRow + 4 * k, aRow + 4 * k)
                lanes[k] = FourFloats(
                    lanes[k].x.addingProduct(a[0], b[0]), lanes[k].y.addingProduct(a[1], b[1]),
                    lanes[k].z.addingProduct(a[2], b[2]), lanes[k].w.addingProduct(a[3], b[3]))
            }
            dzRow += 16
            aRow += 16
            left -= 16
        }
    }
    @inline(__always) func add(_ a: FourFloats, _ b: FourFloats) -> FourFloats {
        a.map(b) { $0 + $1 }
    }
    let four = add(add(lanes[0], lanes[2]), add(lanes[1], lanes[3]))
    return (four.x + four.z) + (four.y + four.w)
}
