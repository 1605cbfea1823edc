import KernelInterface

/// g = scale * g + l2 * w + l1 * sign(w).
@inline(__always)
func penalize<V: Lanes>(
    _: V.Type, _ g: UnsafeMutablePointer<V.Element>, _ w: UnsafePointer<V.Element>, _ count: Int,
    _ scale: Double, _ l2: Double, _ l1: Double
) {
    let (scale, l2) = (V(V.Element(scale)), V(V.Element(l2)))
    let (up, down) = (V(V.Element(l1)), V(V.Element(-l1)))
    forEachVector(count, width: V.width) { i, n in
        let w = V.load(w + i, first: n)
        let sign = V.select(V(0) < w, up, V.select(w < V(0), down, V(0)))
        ((V.load(g + i, first: n) * scale).addingProduct(l2, w) + sign).store(g + i, first: n)
    }
}
