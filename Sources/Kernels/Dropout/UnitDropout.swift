import CLanes
import KernelInterface

// What a network does with the values of units, examples side by side: see `UnitRows`.

/// Dropout of units `units` in place: column e is row `draw.offset` + e of the batch. Lanes are rows,
/// and a block of Philox is four units of each, so that narrow layers waste no word.
@inline(__always)
func dropoutUnits<V: Lanes>(
    _: V.Type, _ a: UnitRows<V.Element>, _ units: Range<Int>, _ draw: DropoutDraw
) {
    if draw.threshold == 0 { return clearUnits(V.self, a, units) }
    let philox = Philox(seed: draw.seed, stream: draw.stream)
    let limit = draw.flippedLimit
    let scale = V.Element(draw.scale)
    // Packing takes lanes 0, 1, 4, 5, 2, 3, 6, 7: so those hold the rows in order.
    let order = lanes_u64(0, 1, 4, 5, 2, 3, 6, 7)
    // An element number has 64 bits, 34 of them below the row's.
    let rowMask = lanes_u64_all(1 << 30 - 1)
    for u in stride(from: units.lowerBound, to: units.upperBound, by: 4) {
        let left = units.upperBound - u
        for e in stride(from: 0, to: a.columns, by: 16) {
            @inline(__always)
            func words(_ row: UInt64) -> Philox.Words {
                let rows = lanes_u64_and(lanes_u64_add(lanes_u64_all(row), order), rowMask)
                return philox.words(c0: UInt32(u / 4), c1: rows, flip: flip)
            }
            let row = draw.offset &+ UInt64(e)
            let (first, second) = (words(row), words(row &+ 8))
            @inline(__always)
            func apply(_ k: Int, _ a0: lanes_u64, _ a1: lanes_u64) {
                if k >= left { return }
                let p = a.data + (u + k) * a.row + e
                V.multiply(p, by: scale, keeping: lanes_u64_pack(a0, a1), upTo: limit, into: p)
            }
            apply(0, first.x0, second.x0)
            apply(1, first.x1, second.x1)
            apply(2, first.x2, second.x2)
            apply(3, first.x3, second.x3)
        }
    }
}

/// A keep_prob so small that no word is below its threshold.
@inline(__always)
private func clearUnits<V: Lanes>(_: V.Type, _ a: UnitRows<V.Element>, _ units: Range<Int>) {
    for u in units {
        for e in stride(from: 0, to: a.columns, by: V.width) {
            let p = a.data + u * a.row + e
            (V.load(p) * V(0)).store(p)
        }
    }
}

/// Dropout by a mask that is there: unit u of example r of the data at u * maskRow + r.
@inline(__always)
func maskUnits<V: Lanes>(
    _: V.Type, _ a: UnitRows<V.Element>, _ mask: UnsafePointer<UInt8>, _ maskRow: Int,
    _ range: ExampleRange, _ scale: Double
) {
    for u in 0..<a.units {
        let row = a.data + u * a.row
        let mask = mask + u * maskRow
        if range.order == nil {
            applyMask(V.self, row, mask + range.first, row, range.count, scale)
        } else {
            let scale = V.Element(scale)
            for e in 0..<range.count { row[e] = row[e] * (mask[range.index(e)] != 0 ? scale : 0) }
        }
    }
}
