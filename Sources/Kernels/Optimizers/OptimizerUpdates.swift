import KernelInterface

/// Updates `count` parameters w from their gradients g. m and v are the kind's state, as much as it has. The
/// remainder after whole vectors passes through vectors on the stack.
@inline(__always)
func optimize<V: Lanes>(
    _: V.Type, _ w: UnsafeMutablePointer<V.Element>, _ g: UnsafePointer<V.Element>,
    _ m: UnsafeMutablePointer<V.Element>, _ v: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ step: OptimizerStep
) {
    let whole = count / V.width * V.width
    if whole > 0 { optimizeVectors(V.self, w, g, m, v, whole, step) }
    let rest = count - whole
    if rest == 0 { return }
    let moments = step.kind.moments
    var parts: InlineArray<4, V> = [
        V.load(w + whole, first: rest), V.load(g + whole, first: rest),
        moments > 0 ? V.load(m + whole, first: rest) : V(0),
        moments > 1 ? V.load(v + whole, first: rest) : V(0),
    ]
    withUnsafeMutableBytes(of: &parts) {
        let p = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: V.Element.self)
        optimizeVectors(
            V.self, p, p + V.width, p + 2 * V.width, p + 3 * V.width, V.width, step)
    }
    parts[0].store(w + whole, first: rest)
    if moments > 0 { parts[2].store(m + whole, first: rest) }
    if moments > 1 { parts[3].store(v + whole, first: rest) }
}

@inline(never)
private func optimizeVectors<V: Lanes>(
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
    switch step.kind.ofBuild {
    case .sgd:
        for i in stride(from: 0, to: count, by: V.width) {
            V.load(w + i).addingProduct(down, V.load(g + i) * scale).store(w + i)
        }
    case .momentum, .nesterov:
        let isNesterov = step.kind == .nesterov
        for i in stride(from: 0, to: count, by: V.width) {
            let g = V.load(g + i) * scale
            let velocity = g.addingProduct(momentum, V.load(m + i))
            velocity.store(m + i)
            let direction = isNesterov ? g.addingProduct(momentum, velocity) : velocity
            V.load(w + i).addingProduct(down, direction).store(w + i)
        }
    case .rmsprop:
        for i in stride(from: 0, to: count, by: V.width) {
            let g = V.load(g + i) * scale
            let square = (fresh2 * (g * g)).addingProduct(beta2, V.load(m + i))
            square.store(m + i)
            let direction = g / (square.squareRoot + epsilon)
            V.load(w + i).addingProduct(down, direction).store(w + i)
        }
    case .lion:
        let (one, zero) = (V(1), V(0))
        for i in stride(from: 0, to: count, by: V.width) {
            let g = V.load(g + i) * scale
            let mean = V.load(m + i)
            let x = (fresh1 * g).addingProduct(beta1, mean)
            (fresh2 * g).addingProduct(beta2, mean).store(m + i)
            // NaN stays NaN.
            let sign = V.select(zero < x, one, V.select(x < zero, zero - one, x))
            (V.load(w + i) * parameterScale).addingProduct(down, sign).store(w + i)
        }
    case .adam, .adamw:
        for i in stride(from: 0, to: count, by: V.width) {
            let g = V.load(g + i) * scale
            let mean = (fresh1 * g).addingProduct(beta1, V.load(m + i))
            let square = (fresh2 * (g * g)).addingProduct(beta2, V.load(v + i))
            mean.store(m + i)
            square.store(v + i)
            let direction = mean / ((square * correction).squareRoot + epsilon)
            (V.load(w + i) * parameterScale).addingProduct(down, direction).store(w + i)
        }
    }
}
