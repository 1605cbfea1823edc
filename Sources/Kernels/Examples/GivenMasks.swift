import KernelInterface

/// Dropout by a given mask: unit u of example r of the data is `mask[u * maskRowStride + r]`.
@inline(__always)
func maskUnits<V: Lanes>(
    _: V.Type, _ a: UnitRows<V.Element>, _ mask: UnsafePointer<UInt8>, _ maskRowStride: Int,
    _ range: ExampleRange, _ scale: Double
) {
    for u in 0..<a.units {
        let row = a.data + u * a.rowStride
        let mask = mask + u * maskRowStride
        if range.order == nil {
            applyMask(V.self, row, mask + range.first, row, range.count, scale)
        } else {
            let scale = V.Element(scale)
            for e in 0..<range.count {
                row[e] = row[e] * (mask[range.position(e)] != 0 ? scale : 0)
            }
        }
    }
}

/// out = a * scale where the mask is nonzero, a * 0 elsewhere.
@inline(__always)
func applyMask<V: Lanes>(
    _: V.Type, _ a: UnsafePointer<V.Element>, _ mask: UnsafePointer<UInt8>,
    _ out: UnsafeMutablePointer<V.Element>, _ count: Int, _ scale: Double
) {
    let scale = V.Element(scale)
    @inline(__always) func masked(_ x: V.Element, _ i: Int) -> V.Element {
        x * (mask[i] != 0 ? scale : 0)
    }
    // In place, the second loop would run by single elements: the compiler's vectors need disjoint arrays.
    if UnsafePointer(out) == a {
        for i in 0..<count { out[i] = masked(out[i], i) }
    } else {
        for i in 0..<count { out[i] = masked(a[i], i) }
    }
}
