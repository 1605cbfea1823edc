import CLanes
import KernelInterface

/// target = the examples of a range, at least one, by any strides and in any order. Columns beyond them
/// repeat the last one: what is computed of them is then no less finite than of the examples. Those
/// columns are whole vectors where examples lie side by side in order; else any number.
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
    let count = range.count
    // Blocks, so that both sides stay in the cache whichever of them is turned.
    if strides.unit == 1 {
        let side = 32
        let (fours, units) = (count / 4 * 4, target.units / 4 * 4)
        for e in stride(from: 0, to: fours, by: side) {
            gatherRows(
                V.self, source, strides.example, range, e..<min(e + side, fours), target,
                units: units)
        }
        gatherElements(source, strides, range, 0..<fours, target, units: units..<target.units)
        gatherElements(source, strides, range, fours..<count, target, units: 0..<target.units)
    } else {
        let side = 16
        for e in stride(from: 0, to: count, by: side) {
            for u in stride(from: 0, to: target.units, by: side) {
                gatherElements(
                    source, strides, range, e..<min(e + side, count), target,
                    units: u..<min(u + side, target.units))
            }
        }
    }
    if count == target.columns { return }
    for u in 0..<target.units {
        let row = target.data + u * target.row
        for e in count..<target.columns { row[e] = row[count - 1] }
    }
}

/// The first `units` units, a multiple of 4, of some examples of the range, a multiple of 4, whose
/// units lie side by side.
@inline(__always)
private func gatherRows<V: Lanes>(
    _: V.Type, _ source: UnsafePointer<V.Element>, _ step: Int, _ range: ExampleRange,
    _ examples: Range<Int>, _ target: UnitRows<V.Element>, units: Int
) {
    // Four examples at a time, which the CPU can foresee; of so many units that what the next four
    // are written beside is still in the cache.
    let most = 128
    for first in stride(from: 0, to: units, by: most) {
        let end = min(first + most, units)
        for i in stride(from: examples.lowerBound, to: examples.upperBound, by: 4) {
            @inline(__always) func row(_ k: Int) -> UnsafePointer<V.Element> {
                source + range.index(i + k) * step
            }
            let (row0, row1, row2, row3) = (row(0), row(1), row(2), row(3))
            var u = first
            var to = target.data + u * target.row + i
            while u < end {
                V.transpose(row0 + u, row1 + u, row2 + u, row3 + u, to: to, width: target.row)
                u += 4
                to += 4 * target.row
            }
        }
    }
}

/// Some units of some examples, one by one, along the longer side where the order allows.
@inline(never)
private func gatherElements<Element>(
    _ source: UnsafePointer<Element>, _ strides: Strides, _ range: ExampleRange,
    _ examples: Range<Int>, _ target: UnitRows<Element>, units: Range<Int>
) {
    @inline(__always)
    func copy(from u: Int, _ e: Int, step: Int, targetStep: Int, count: Int) {
        var from = source + u * strides.unit + range.index(e) * strides.example
        var to = target.data + u * target.row + e
        for _ in 0..<count {
            to.pointee = from.pointee
            from += step
            to += targetStep
            // As vectors the compiler would make it long, and no faster.
            lanes_barrier()
        }
    }
    if range.order == nil && units.count < examples.count {
        for u in units {
            copy(
                from: u, examples.lowerBound, step: strides.example, targetStep: 1,
                count: examples.count)
        }
    } else {
        for e in examples {
            copy(
                from: units.lowerBound, e, step: strides.unit, targetStep: target.row,
                count: units.count)
        }
    }
}
