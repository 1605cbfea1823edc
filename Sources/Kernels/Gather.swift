import KernelInterface

/// target = the examples of a range, at least one, by any strides and in any order. Columns beyond them
/// repeat the last one: what is computed of them is then no less finite than of the examples.
@inline(__always)
func gather<V: Lanes>(
    _: V.Type, _ source: UnsafePointer<V.Element>, _ strides: Strides, _ range: ExampleRange,
    _ target: UnitRows<V.Element>
) {
    if range.order == nil && strides.example == 1 {
        for u in 0..<target.units {
            let (from, to) = (source + u * strides.unit + range.first, target.data + u * target.row)
            let last = from[range.count - 1]
            for e in stride(from: 0, to: target.columns, by: V.width) {
                let here = max(0, min(V.width, range.count - e))
                V.load(from + e, first: here, filler: last).store(to + e)
            }
        }
        return
    }
    // Square blocks, so that both sides stay in the cache whichever of them is turned.
    let side = 16
    for e in stride(from: 0, to: target.columns, by: side) {
        let here = max(0, min(side, range.count - e))
        var first = 0
        if here == side && strides.unit == 1 {
            first = target.units / 4 * 4
            gatherRows(V.self, source, strides.example, range, e, target, units: first)
        }
        for u in stride(from: first, to: target.units, by: side) {
            for i in e..<e + here {
                let from = source + range.index(i) * strides.example
                for j in u..<min(u + side, target.units) {
                    target.data[j * target.row + i] = from[j * strides.unit]
                }
            }
            for j in u..<min(u + side, target.units) {
                let row = target.data + j * target.row
                for i in e + here..<e + side { row[i] = row[range.count - 1] }
            }
        }
    }
}

/// The first `units` units, a multiple of 4, of sixteen examples from number `e` of the range on,
/// whose units lie side by side.
@inline(__always)
private func gatherRows<V: Lanes>(
    _: V.Type, _ source: UnsafePointer<V.Element>, _ step: Int, _ range: ExampleRange, _ e: Int,
    _ target: UnitRows<V.Element>, units: Int
) {
    // Four examples at a time, which the CPU can foresee; of so many units that what the next four
    // are written beside is still in the cache.
    let most = 256
    for first in stride(from: 0, to: units, by: most) {
        for i in stride(from: e, to: e + 16, by: 4) {
            @inline(__always) func row(_ k: Int) -> UnsafePointer<V.Element> {
                source + range.index(i + k) * step
            }
            let (row0, row1, row2, row3) = (row(0), row(1), row(2), row(3))
            for u in stride(from: first, to: min(first + most, units), by: 4) {
                V.transpose(
                    row0 + u, row1 + u, row2 + u, row3 + u, to: target.data + u * target.row + i,
                    width: target.row)
            }
        }
    }
}
