import KernelInterface

/// Updates `count` parameters w from their gradients g. m and v are the first and second moments; a kind
/// uses as many of them as it has.
@inline(__always)
func optimize<V: Lanes>(
    _: V.Type, _ w: UnsafeMutablePointer<V.Element>, _ g: UnsafePointer<V.Element>,
    _ m: UnsafeMutablePointer<V.Element>, _ v: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ step: OptimizerStep
) {
    let scale = V(V.Element(step.gradientScale))
    let parameterScale = V(V.Element(step.parameterScale))
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
            V.load(w + i, first: n).addingProduct(down, g).store(w + i, first: n)
        }
    case .momentum, .nesterov:
        let isNesterov = step.kind == .nesterov
        forEachVector(count, width: V.width) { i, n in
            let g = V.load(g + i, first: n) * scale
            let velocity = g.addingProduct(momentum, V.load(m + i, first: n))
            velocity.store(m + i, first: n)
            let direction = isNesterov ? g.addingProduct(momentum, velocity) : velocity
            V.load(w + i, first: n).addingProduct(down, direction).store(w + i, first: n)
        }
    case .adam, .adamw:
        forEachVector(count, width: V.width, isExpensive: true) { i, n in
            let g = V.load(g + i, first: n) * scale
            let mean = (fresh1 * g).addingProduct(beta1, V.load(m + i, first: n))
            let square = (fresh2 * (g * g)).addingProduct(beta2, V.load(v + i, first: n))
            mean.store(m + i, first: n)
            square.store(v + i, first: n)
            let direction = mean / ((square * correction).squareRoot + epsilon)
            (V.load(w + i, first: n) * parameterScale).addingProduct(down, direction)
                .store(w + i, first: n)
        }
    }
}
