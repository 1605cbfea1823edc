import KernelInterface

extension Lanes {
    @inline(__always) var leakyRelu: Self {
        .select(Self(0) < self, self, self * Self(Element(leakySlope)))
    }
}

@inline(never)
func activate<V: Lanes>(
    _: V.Type, _ z: UnsafePointer<V.Element>, _ a: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ activation: Activation
) {
    switch activation {
    case .identity: map(z, a, count) { (z: V) in z }
    case .relu: map(z, a, count) { (z: V) in z.relu }
    case .sigmoid: map(z, a, count, isExpensive: true) { (z: V) in z.sigmoid }
    case .leakyRelu: map(z, a, count) { (z: V) in z.leakyRelu }
    case .tanh: map(z, a, count, isExpensive: true) { (z: V) in z.tanh }
    }
}

@inline(__always)
func elementary<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ function: ElementaryFunction
) {
    switch function {
    case .exp: map(x, out, count, isExpensive: true) { (x: V) in x.exp }
    case .log: map(x, out, count, isExpensive: true) { (x: V) in x.log }
    case .log1p: map(x, out, count, isExpensive: true) { (x: V) in x.log1p }
    case .sigmoid: activate(V.self, x, out, count, .sigmoid)
    case .softplus: map(x, out, count, isExpensive: true) { (x: V) in x.softplus }
    case .tanh: activate(V.self, x, out, count, .tanh)
    case .erf: map(x, out, count, isExpensive: true) { (x: V) in x.erf }
    }
}

/// dz = da * activation'(z). `x` is the pre-activation z if the derivative needs it, otherwise the layer's
/// output a after dropout with this keep_prob. A ReLU output of 0 may have been dropped, so for ReLU the
/// dropout's scale is applied here; for the others the caller has already applied the dropout to da.
@inline(__always)
func activationGradient<V: Lanes>(
    _: V.Type, _ da: UnsafePointer<V.Element>, _ x: UnsafePointer<V.Element>,
    _ dz: UnsafeMutablePointer<V.Element>, _ count: Int, _ activation: Activation,
    _ keepProb: Double
) {
    let keep = V(V.Element(keepProb))
    let scale = V(V.Element(1 / keepProb))
    let slope = V(V.Element(leakySlope))
    let one = V(1)
    switch activation {
    case .identity: map(da, dz, count) { (da: V) in da }
    case .relu:
        map(da, x, dz, count) { (da: V, a: V) in V.select(V(0) < a, da * scale, V(0)) }
    case .leakyRelu:
        map(da, x, dz, count) { (da: V, a: V) in V.select(V(0) < a, da, da * slope) }
    case .sigmoid:
        map(da, x, dz, count) { (da: V, a: V) in da * ((a * keep) * (one - a * keep)) }
    case .tanh:
        map(da, x, dz, count) { (da: V, a: V) in da * (one - (a * keep) * (a * keep)) }
    }
}
