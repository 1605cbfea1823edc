import CLanes
import KernelInterface

/// Copies the examples of a range, at least one, with any strides and in any order. Padding columns repeat
/// the last example, so that their results are as finite as its own. If examples are contiguous and in
/// order, the columns of `target` must be whole vectors or those of the range; otherwise any number.
@inline(__always)
func gather<V: Lanes>(
    _: V.Type, _ source: UnsafePointer<V.Element>, _ strides: Strides, _ range: ExampleRange,
    _ target: UnitRows<V.Element>
) {
    if range.isContiguous && strides.example == 1 {
        for u in 0..<target.units {
            let (from, to) = (
                source + u * strides.unit + range.first, target.data + u * target.rowStride
            )
            let last = from[range.count - 1]
            if range.count >= V.width {
                // The padding first, then whole vectors; the last one overlaps both.
                var e = target.columns - V.width
                while e > range.count - V.width {
                    V(last).store(to + e)
                    e -= V.width
                }
                while e > 0 {
                    V.load(from + e).store(to + e)
                    e -= V.width
                    // Here and below: keeps the compiler from unrolling, which is longer and no faster.
                    lanes_barrier()
                }
                V.load(from).store(to)
                let end = range.count - V.width
                V.load(from + end).store(to + end)
                continue
            }
            var e = 0
            while e < target.columns && target.columns > range.count {
                V(last).store(to + e)
                e += V.width
                lanes_barrier()
            }
            copyPartial(from, to: to, range.count * MemoryLayout<V.Element>.stride)
        }
        return
    }
    let count = range.count
    // Blocks, so that both sides stay in the cache whichever of them is transposed.
    // Not for one vector and a few examples, which the second would overlap.
    let hasVectors = count == V.width || count >= 2 * V.width
    if gathersVectors(V.self) && strides.unit == 1 && hasVectors && target.units >= 4 {
        return gatherVectors(V.self, source, strides.example, range, target)
    }
    if strides.unit == 1 {
        let blockSize = 32
        let (fours, units) = (count / 4 * 4, target.units / 4 * 4)
        for e in stride(from: 0, to: fours, by: blockSize) {
            gatherRows(
                V.self, source, strides.example, range, e..<min(e + blockSize, fours), target,
                units: units)
        }
        gatherElements(source, strides, range, 0..<fours, target, units: units..<target.units)
        gatherElements(source, strides, range, fours..<count, target, units: 0..<target.units)
    } else {
        let blockSize = 16
        var e = 0
        while e < count {
            var u = 0
            while u < target.units {
                gatherElements(
                    source, strides, range, e..<min(e + blockSize, count), target,
                    units: u..<min(u + blockSize, target.units))
                u += blockSize
            }
            e += blockSize
        }
    }
    if count == target.columns { return }
    for u in 0..<target.units {
        let row = target.data + u * target.rowStride
        for e in count..<target.columns { row[e] = row[count - 1] }
    }
}

/// Whether `gatherVectors` pays: a vector of doubles has half as many rows.
@inline(__always) func gathersVectors<V: Lanes>(_: V.Type) -> Bool { V.width == 16 && !isBaseline }

/// Copies at least a vector of examples of at least four contiguous units. The last vector, and the last four units,
/// may overlap those before them.
@inline(never)
func gatherVectors<V: Lanes>(
    _: V.Type, _ source: UnsafePointer<V.Element>, _ step: Int, _ range: ExampleRange,
    _ target: UnitRows<V.Element>
) {
    // The padding first: the last vector overlaps it.
    let (count, units) = (range.count, target.units)
    let last = source + range.row(count - 1) * step
    var e = target.columns - V.width
    while e > count - V.width {
        for u in 0..<units {
            V(last[u]).store(target.data + u * target.rowStride + e)
            lanes_barrier()
        }
        e -= V.width
    }
    // So few units that the pages of their rows stay in the TLB for some examples.
    let (maxUnits, maxExamples) = (128, 64)
    var rows: InlineArray<16, UnsafePointer<V.Element>?> = [
        nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil,
    ]
    for firstExample in stride(from: 0, to: count, by: maxExamples) {
        let endExample = min(firstExample + maxExamples, count)
        for firstUnit in stride(from: 0, to: units, by: maxUnits) {
            let endUnit = min(firstUnit + maxUnits, units)
            var next = firstExample
            while next < endExample {
                let e = min(next, count - V.width)
                for k in 0..<V.width {
                    rows[k] = source + range.row(e + k) * step
                    lanes_barrier()
                }
                withUnsafeBytes(of: &rows) {
                    let rows = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(
                        to: UnsafePointer<V.Element>?.self)
                    var u = firstUnit
                    while u < endUnit {
                        let at = min(u, units - 4)
                        V.transpose(
                            rows, at: at, to: target.data + at * target.rowStride + e,
                            width: target.rowStride)
                        u += 4
                    }
                }
                next += V.width
            }
        }
    }
}

/// Copies the first `units` units of some examples, both multiples of 4, whose units are contiguous.
@inline(__always)
private func gatherRows<V: Lanes>(
    _: V.Type, _ source: UnsafePointer<V.Element>, _ step: Int, _ range: ExampleRange,
    _ examples: Range<Int>, _ target: UnitRows<V.Element>, units: Int
) {
    // Four examples at a time, which hardware prefetches, and so few units that the cache lines written
    // are still cached for the next four.
    let maxUnits = 128
    for first in stride(from: 0, to: units, by: maxUnits) {
        let end = min(first + maxUnits, units)
        for i in stride(from: examples.lowerBound, to: examples.upperBound, by: 4) {
            @inline(__always) func example(_ k: Int) -> UnsafePointer<V.Element> {
                source + range.row(i + k) * step
            }
            let (row0, row1, row2, row3) = (example(0), example(1), example(2), example(3))
            var u = first
            var to = target.data + u * target.rowStride + i
            while u < end {
                V.transpose(row0 + u, row1 + u, row2 + u, row3 + u, to: to, width: target.rowStride)
                u += 4
                to += 4 * target.rowStride
            }
        }
    }
}

/// Copies units of examples one by one, along the longer side where the order allows.
@inline(never)
private func gatherElements<Element>(
    _ source: UnsafePointer<Element>, _ strides: Strides, _ range: ExampleRange,
    _ examples: Range<Int>, _ target: UnitRows<Element>, units: Range<Int>
) {
    @inline(__always)
    func copy(from u: Int, _ e: Int, step: Int, targetStep: Int, count: Int) {
        var from = source + u * strides.unit + range.row(e) * strides.example
        var to = target.data + u * target.rowStride + e
        @inline(__always) func copyNext(_ count: Int) {
            for i in 0..<count {
                to[i * targetStep] = from[i * step]
                // Keeps the compiler from vectorizing, which is longer and no faster.
                lanes_barrier()
            }
            from += count * step
            to += count * targetStep
        }
        for _ in 0..<count / 4 { copyNext(4) }
        for _ in 0..<count % 4 { copyNext(1) }
    }
    if range.isContiguous && units.count < examples.count {
        for u in units {
            copy(
                from: u, examples.lowerBound, step: strides.example, targetStep: 1,
                count: examples.count)
        }
    } else {
        for e in examples {
            copy(
                from: units.lowerBound, e, step: strides.unit, targetStep: target.rowStride,
                count: units.count)
        }
    }
}
