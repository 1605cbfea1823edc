import KernelInterface

/// Calls `body(i, n)` for whole vectors (n = width) and the remainder. Short bodies are emitted twice so
/// that whole vectors skip the tail test; expensive ones, and all of the baseline kernels, once.
@inline(__always)
func forEachVector(
    _ count: Int, width: Int, isExpensive: Bool = false, _ body: (_ i: Int, _ n: Int) -> Void
) {
    var i = 0
    while !isExpensive && !isBaseline && count - i >= width {
        body(i, width)
        i += width
    }
    while i < count {
        body(i, min(width, count - i))
        i += width
    }
}

/// out[i] = f(a[i]); `isExpensive` as in `forEachVector`.
@inline(__always)
func map<V: Lanes>(
    _ a: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int,
    isExpensive: Bool = false, _ f: (V) -> V
) {
    forEachVector(count, width: V.width, isExpensive: isExpensive) { i, n in
        f(V.load(a + i, first: n)).store(out + i, first: n)
    }
}

/// out[i] = f(a[i], b[i]).
@inline(__always)
func map<V: Lanes>(
    _ a: UnsafePointer<V.Element>, _ b: UnsafePointer<V.Element>,
    _ out: UnsafeMutablePointer<V.Element>, _ count: Int, _ f: (V, V) -> V
) {
    forEachVector(count, width: V.width) { i, n in
        f(V.load(a + i, first: n), V.load(b + i, first: n)).store(out + i, first: n)
    }
}

@inline(__always)
func subtract<V: Lanes>(
    _: V.Type, _ a: UnsafePointer<V.Element>, _ y: UnsafePointer<V.Element>,
    _ dz: UnsafeMutablePointer<V.Element>, _ count: Int
) {
    map(a, y, dz, count) { (a: V, y: V) in a - y }
}

@inline(__always)
func update<V: Lanes>(
    _: V.Type, _ w: UnsafePointer<V.Element>, _ dw: UnsafePointer<V.Element>,
    _ out: UnsafeMutablePointer<V.Element>, _ count: Int, _ rate: Double
) {
    let step = V(-V.Element(rate))
    map(w, dw, out, count) { (w: V, dw: V) in w.addingProduct(step, dw) }
}
