import KernelInterface

/// One update of `count` parameters w from their gradients g; m and v are the optimizer's first and
/// second moments, as many as its kind has.
@inline(__always)
func optimize<V: Lanes>(
    _: V.Type, _ w: UnsafeMutablePointer<V.Element>, _ g: UnsafePointer<V.Element>,
    _ m: UnsafeMutablePointer<V.Element>, _ v: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ step: OptimizerStep
) {
    let scale = V(V.Element(step.gradientScale))
    let shrinkage = V(V.Element(step.shrinkage))
    let down = V(V.Element(-step.rate))
    let momentum = V(V.Element(step.momentum))
    let (beta1, fresh1) = (V(V.Element(step.beta1)), V(V.Element(1 - step.beta1)))
    let (beta2, fresh2) = (V(V.Element(step.beta2)), V(V.Element(1 - step.beta2)))
    let epsilon = V(V.Element(step.epsilon))
    let correction = V(V.Element(step.correction))
    switch step.kind {
    case .sgd:
        forEachVector(count, width: V.width) { i, n in
            let g = V.load(g + i, first: n) * scale
            V.load(w + i, first: n).addProduct(down, g).store(w + i, first: n)
        }
    case .momentum, .nesterov:
        let isNesterov = step.kind == .nesterov
        forEachVector(count, width: V.width) { i, n in
            let g = V.load(g + i, first: n) * scale
            let velocity = g.addProduct(momentum, V.load(m + i, first: n))
            velocity.store(m + i, first: n)
            let direction = isNesterov ? g.addProduct(momentum, velocity) : velocity
            V.load(w + i, first: n).addProduct(down, direction).store(w + i, first: n)
        }
    case .adam, .adamw:
        forEachVector(count, width: V.width, isLong: true) { i, n in
            let g = V.load(g + i, first: n) * scale
            let mean = (fresh1 * g).addProduct(beta1, V.load(m + i, first: n))
            let square = (fresh2 * (g * g)).addProduct(beta2, V.load(v + i, first: n))
            mean.store(m + i, first: n)
            square.store(v + i, first: n)
            let direction = mean / ((square * correction).squareRoot + epsilon)
            (V.load(w + i, first: n) * shrinkage).addProduct(down, direction)
                .store(w + i, first: n)
        }
    }
}

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
        ((V.load(g + i, first: n) * scale).addProduct(l2, w) + sign).store(g + i, first: n)
    }
}

/// The sum of the absolute values.
@inline(__always)
func sumOfMagnitudes<V: Lanes>(_: V.Type, _ w: UnsafePointer<V.Element>, _ count: Int) -> Double {
    var sums = LaneSums()
    forEachVector(count, width: V.width) { i, n in sums.add(V.load(w + i, first: n).magnitude) }
    return sums.total
}
