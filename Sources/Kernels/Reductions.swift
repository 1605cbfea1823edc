import KernelInterface

/// The sum over the elements of -(y log a + (1 - y) log(1 - a)). A NaN term counts 0, and is
/// counted.
@inline(__always)
func crossEntropy<V: Lanes>(
    _: V.Type, _ a: UnsafePointer<V.Element>, _ y: UnsafePointer<V.Element>, _ count: Int
) -> (sum: Double, ignored: Int) {
    var sums = LaneSums()
    var numbers = LaneSums()
    let one = V(1)
    forEachVector(count, width: V.width) { i, n in
        // The lanes beyond the end are no numbers, and so are neither summed nor counted.
        let a = V.load(a + i, first: n, filler: .nan)
        let y = V.load(y + i, first: n)
        let term = (V(0) - a.log) * y - (one - a).log * (one - y)
        let isNumber = term == term
        sums.add(V.select(isNumber, term, V(0)))
        numbers.add(V.select(isNumber, one, V(0)))
    }
    return (sums.total, count - Int(numbers.total))
}

@inline(__always)
func sumOfSquares<V: Lanes>(_: V.Type, _ w: UnsafePointer<V.Element>, _ count: Int) -> Double {
    var sums = LaneSums()
    forEachVector(count, width: V.width) { i, n in
        sums.addSquare(V.load(w + i, first: n))
    }
    return sums.total
}

/// db[u] = scale * sum over examples of dz[u], for the units of a range.
@inline(__always)
func sumExamples<V: Lanes>(
    _: V.Type, _ dz: UnsafePointer<V.Element>, _ strides: Strides, _ units: Range<Int>,
    _ examples: Int, _ scale: Double, _ db: UnsafeMutablePointer<V.Element>
) {
    for unit in units {
        let row = dz + unit * strides.unit
        var sums = LaneSums()
        forEachVector(examples, width: V.width) { i, n in
            sums.add(V.load(row + i * strides.example, first: n, stride: strides.example))
        }
        db[unit] = V.Element(sums.total * scale)
    }
}
