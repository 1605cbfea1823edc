import KernelInterface

// Each function here is a loop over whole vectors, out of line, and a wrapper that passes the remainder
// through a vector on the stack: so no loop is in the code twice, and none has a tail.

/// Calls `f` for the whole vectors, and for the remainder with a vector instead of the buffers.
@inline(__always)
private func inWholeVectors<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ f: (UnsafePointer<V.Element>, UnsafeMutablePointer<V.Element>, _ count: Int) -> Void
) {
    let whole = count / V.width * V.width
    if whole > 0 { f(x, out, whole) }
    if whole == count { return }
    var rest = V.load(x + whole, first: count - whole)
    withUnsafeMutableBytes(of: &rest) {
        let p = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: V.Element.self)
        f(p, p, V.width)
    }
    rest.store(out + whole, first: count - whole)
}

/// out[i] = f(x[i]) for whole vectors.
@inline(__always)
private func mapVectors<V: Lanes>(
    _ x: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ f: (V) -> V
) {
    for i in stride(from: 0, to: count, by: V.width) { f(V.load(x + i)).store(out + i) }
}

/// out[i] = f(x[i], y[i]) for whole vectors.
@inline(__always)
private func mapVectors<V: Lanes>(
    _ x: UnsafePointer<V.Element>, _ y: UnsafePointer<V.Element>,
    _ out: UnsafeMutablePointer<V.Element>, _ count: Int, _ f: (V, V) -> V
) {
    for i in stride(from: 0, to: count, by: V.width) {
        f(V.load(x + i), V.load(y + i)).store(out + i)
    }
}

// MARK: Activations

@inline(never)
func activate<V: Lanes>(
    _: V.Type, _ z: UnsafePointer<V.Element>, _ a: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ activation: Activation
) {
    inWholeVectors(V.self, z, a, count) { activateVectors(V.self, $0, $1, $2, activation) }
}

@inline(never)
private func activateVectors<V: Lanes>(
    _: V.Type, _ z: UnsafePointer<V.Element>, _ a: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ activation: Activation
) {
    let slope = V(V.Element(leakySlope))
    switch activation.ofBuild {
    case .identity: mapVectors(z, a, count) { (z: V) in z }
    case .relu: mapVectors(z, a, count) { (z: V) in z.relu }
    case .sigmoid: mapVectors(z, a, count) { (z: V) in z.sigmoid }
    case .leakyRelu: mapVectors(z, a, count) { (z: V) in V.select(V(0) < z, z, z * slope) }
    case .tanh: tanhOfVectors(V.self, z, a, count)
    case .selu:
        // For negative z seluLimit (e^z - 1) = 2 t / (1 - t) with t = tanh(z / 2), which does not cancel.
        let (scale, limit) = (V(V.Element(seluScale)), V(V.Element(seluLimit)))
        forEachPart(V.self, count) { i, n, t in
            mapVectors(z + i, t, n) { (z: V) in z * V(0.5) }
            tanhOfVectors(V.self, t, t, n)
            mapVectors(z + i, t, a + i, n) { (z: V, t: V) in
                V.select(V(0) < z, z * scale, limit * ((t + t) / (V(1) - t)))
            }
        }
    case .gelu, .silu:
        forEachPart(V.self, count) { i, n, s in
            if activation.ofBuild == .gelu {
                errorFunction(V.self, z + i, s, n, .normalCumulative)
            } else {
                activateVectors(V.self, z + i, s, n, .sigmoid)
            }
            // z is clamped, since -infinity times 0 is NaN.
            mapVectors(z + i, s, a + i, n) { (z: V, s: V) in z.atLeast(V(V.limits.expLow)) * s }
        }
    }
}

/// Calls body(i, n, buffer) for parts of `count` elements, with a buffer on the stack for a function of them:
/// so an activation made of another function does not repeat its code.
@inline(__always)
private func forEachPart<V: Lanes>(
    _: V.Type, _ count: Int,
    _ body: (_ i: Int, _ n: Int, _ buffer: UnsafeMutablePointer<V.Element>) -> Void
) {
    var buffer = InlineArray<16, V>(repeating: V(0))
    withUnsafeMutableBytes(of: &buffer) {
        let p = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: V.Element.self)
        let size = 16 * V.width
        for i in stride(from: 0, to: count, by: size) { body(i, min(size, count - i), p) }
    }
}

// MARK: Derivatives

/// dz = da * activation'(z). `x` is the pre-activation z if the derivative needs it, otherwise the layer's
/// output a after dropout with this keep_prob. A ReLU output of 0 may have been dropped, so for ReLU the
/// dropout's scale is applied here; for the others the caller has already applied the dropout to da.
@inline(__always)
func activationGradient<V: Lanes>(
    _: V.Type, _ da: UnsafePointer<V.Element>, _ x: UnsafePointer<V.Element>,
    _ dz: UnsafeMutablePointer<V.Element>, _ count: Int, _ activation: Activation,
    _ keepProb: Double
) {
    let whole = count / V.width * V.width
    if whole > 0 { gradientOfVectors(V.self, da, x, dz, whole, activation, keepProb) }
    if whole == count { return }
    let source = V.load(x + whole, first: count - whole)
    inWholeVectors(V.self, da + whole, dz + whole, count - whole) { da, dz, count in
        withUnsafeBytes(of: source) {
            let x = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: V.Element.self)
            gradientOfVectors(V.self, da, x, dz, count, activation, keepProb)
        }
    }
}

@inline(never)
private func gradientOfVectors<V: Lanes>(
    _: V.Type, _ da: UnsafePointer<V.Element>, _ x: UnsafePointer<V.Element>,
    _ dz: UnsafeMutablePointer<V.Element>, _ count: Int, _ activation: Activation,
    _ keepProb: Double
) {
    let keep = V(V.Element(keepProb))
    let scale = V(V.Element(1 / keepProb))
    let slope = V(V.Element(leakySlope))
    let one = V(1)
    switch activation.ofBuild {
    case .identity: mapVectors(da, dz, count) { (da: V) in da }
    case .relu:
        mapVectors(da, x, dz, count) { (da: V, a: V) in V.select(V(0) < a, da * scale, V(0)) }
    case .leakyRelu:
        mapVectors(da, x, dz, count) { (da: V, a: V) in V.select(V(0) < a, da, da * slope) }
    case .sigmoid:
        mapVectors(da, x, dz, count) { (da: V, a: V) in da * ((a * keep) * (one - a * keep)) }
    case .tanh:
        mapVectors(da, x, dz, count) { (da: V, a: V) in da * (one - (a * keep) * (a * keep)) }
    case .selu:
        let (scale, limit) = (V(V.Element(seluScale)), V(V.Element(seluLimit)))
        mapVectors(da, x, dz, count) { (da: V, a: V) in
            da * V.select(V(0) < a, scale, limit.addingProduct(a, keep))
        }
    case .gelu, .silu: gradientOfProduct(V.self, da, x, dz, count, activation)
    }
}

/// The gradient of activations z s(z): da (s + z u) with u = s'(z).
@inline(never)
private func gradientOfProduct<V: Lanes>(
    _: V.Type, _ da: UnsafePointer<V.Element>, _ z: UnsafePointer<V.Element>,
    _ dz: UnsafeMutablePointer<V.Element>, _ count: Int, _ activation: Activation
) {
    let (low, high) = (V(V.limits.expLow), V(V.limits.expHigh))
    forEachPart(V.self, count) { i, n, s in
        forEachPart(V.self, n) { _, _, u in
            if activation.ofBuild == .gelu {
                // The density e^(-z^2 / 2) / sqrt(2 pi).
                mapVectors(z + i, u, n) { (z: V) in
                    V(-0.9189385332046727).addingProduct(z * z, V(-0.5))
                }
                expOfVectors(V.self, u, u, n)
                errorFunction(V.self, z + i, s, n, .normalCumulative)
            } else {
                activateVectors(V.self, z + i, s, n, .sigmoid)
            }
            for k in stride(from: 0, to: n, by: V.width) {
                let (x, s) = (V.load(z + i + k), V.load(s + k))
                let u = activation.ofBuild == .gelu ? V.load(u + k) : s * (V(1) - s)
                // z is clamped, since infinity times 0 is NaN.
                let clamped = V.select(high < x, high, x).atLeast(low)
                (V.load(da + i + k) * s.addingProduct(clamped, u)).store(dz + i + k)
            }
        }
    }
}

// MARK: Elementary functions

@inline(never)
func elementary<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ function: ElementaryFunction
) {
    inWholeVectors(V.self, x, out, count) { elementaryVectors(V.self, $0, $1, $2, function) }
}

@inline(never)
private func elementaryVectors<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ function: ElementaryFunction
) {
    switch function {
    case .exp: expOfVectors(V.self, x, out, count)
    case .log: mapVectors(x, out, count) { (x: V) in x.log }
    case .log1p: mapVectors(x, out, count) { (x: V) in x.log1p }
    case .sigmoid: activateVectors(V.self, x, out, count, .sigmoid)
    case .softplus: mapVectors(x, out, count) { (x: V) in x.softplus }
    case .tanh: tanhOfVectors(V.self, x, out, count)
    case .erf: errorFunction(V.self, x, out, count, .erf)
    }
}

@inline(never)
private func expOfVectors<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int
) {
    mapVectors(x, out, count) { (x: V) in x.exp }
}

@inline(never)
private func tanhOfVectors<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int
) {
    mapVectors(x, out, count) { (x: V) in x.tanh }
}

/// The results of `errorFunction`.
private enum ErrorFunction: UInt8 {
    case erf
    /// The cumulative distribution function of the standard normal distribution, (1 + erf(x / sqrt(2))) / 2,
    /// without cancellation for negative x.
    case normalCumulative
}

/// An odd polynomial up to 1, erfc by e^(-x^2) beyond; once for both results.
@inline(never)
private func errorFunction<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ function: ErrorFunction
) {
    let isErf = function == .erf
    let argumentScale = V(isErf ? 1 : 0.7071067811865476)
    // The result is offset + factor * erf. Adding -0 changes nothing.
    let (offset, factor) = (V(isErf ? -0.0 : 0.5), V(isErf ? 1 : 0.5))
    mapVectors(x, out, count) { (z: V) in
        let x = z * argumentScale
        let square = x * x
        let size = x.magnitude
        // factor * erfc(|x|). Beyond 28, where e^(-x^2) is 0, any finite polynomial does.
        let clamped = V.select(size < V(28), size, V(28))
        let t = (clamped - V(4)) / (clamped + V(4))
        let tail = factor * (V(0) - square).fastExpOfNonPositive * V.erfcxPolynomial(t)
        let upper = (offset + factor) - tail
        let lower = isErf ? V(0) - upper : tail
        let far = V.select(x < V(0), lower, upper)
        let scaled = factor * x
        let near = (offset + scaled).addingProduct(scaled, V.erfPolynomial(square))
        return V.select(size < V(1), near, V.select(z == z, far, z))
    }
}
