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

/// The sum of `count` elements, `stride` apart.
@inline(__always)
func sum<V: Lanes>(_: V.Type, _ x: UnsafePointer<V.Element>, _ stride: Int, _ count: Int) -> Double
{
    var sums = LaneSums()
    forEachVector(count, width: V.width) { i, n in
        sums.add(V.load(x + i * stride, first: n, stride: stride))
    }
    return sums.total
}
