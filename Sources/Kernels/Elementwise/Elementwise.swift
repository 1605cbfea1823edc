import KernelInterface

/// Calls `body(i, n)` for vectors of `width` elements and what is left over at the end. A body that is
/// short stands twice in the code, so that whole vectors ask nothing; on the oldest CPUs none is.
@inline(__always)
func forEachVector(
    _ count: Int, width: Int, isLong: Bool = false, _ body: (_ i: Int, _ n: Int) -> Void
) {
    var i = 0
    while !isLong && !isBaseline && count - i >= width {
        body(i, width)
        i += width
    }
    while i < count {
        body(i, min(width, count - i))
        i += width
    }
}

/// out[i] = f(a[i]); `isLong` as in `forEachVector`.
@inline(__always)
private func map<V: Lanes>(
    _ a: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int,
    isLong: Bool = false, _ f: (V) -> V
) {
    forEachVector(count, width: V.width, isLong: isLong) { i, n in
        f(V.load(a + i, first: n)).store(out + i, first: n)
    }
}

/// out[i] = f(a[i], b[i]).
@inline(__always)
private func map<V: Lanes>(
    _ a: UnsafePointer<V.Element>, _ b: UnsafePointer<V.Element>,
    _ out: UnsafeMutablePointer<V.Element>, _ count: Int, _ f: (V, V) -> V
) {
    forEachVector(count, width: V.width) { i, n in
        f(V.load(a + i, first: n), V.load(b + i, first: n)).store(out + i, first: n)
    }
}

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
    case .sigmoid: map(z, a, count, isLong: true) { (z: V) in z.sigmoid }
    case .leakyRelu: map(z, a, count) { (z: V) in z.leakyRelu }
    case .tanh: map(z, a, count, isLong: true) { (z: V) in z.tanh }
    }
}

@inline(__always)
func elementary<V: Lanes>(
    _: V.Type, _ x: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>, _ count: Int,
    _ function: ElementaryFunction
) {
    switch function {
    case .exp: map(x, out, count, isLong: true) { (x: V) in x.exp }
    case .log: map(x, out, count, isLong: true) { (x: V) in x.log }
    case .log1p: map(x, out, count, isLong: true) { (x: V) in x.log1p }
    case .sigmoid: activate(V.self, x, out, count, .sigmoid)
    case .softplus: map(x, out, count, isLong: true) { (x: V) in x.softplus }
    case .tanh: activate(V.self, x, out, count, .tanh)
    }
}

/// dz = da * activation'(z), by the layer's output a, which dropout with this keep_prob may have
/// masked and scaled since. A ReLU's output tells what was dropped, so da goes through the dropout here
/// too; for the others it has been through it.
@inline(__always)
func activationGradient<V: Lanes>(
    _: V.Type, _ da: UnsafePointer<V.Element>, _ a: UnsafePointer<V.Element>,
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
        map(da, a, dz, count) { (da: V, a: V) in V.select(V(0) < a, da * scale, V(0)) }
    case .leakyRelu:
        map(da, a, dz, count) { (da: V, a: V) in V.select(V(0) < a, da, da * slope) }
    case .sigmoid:
        map(da, a, dz, count) { (da: V, a: V) in da * ((a * keep) * (one - a * keep)) }
    case .tanh:
        map(da, a, dz, count) { (da: V, a: V) in da * (one - (a * keep) * (a * keep)) }
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
    map(w, dw, out, count) { (w: V, dw: V) in w.addProduct(step, dw) }
}

/// out = a * scale where the mask is not 0, a * 0 where it is.
@inline(__always)
func applyMask<V: Lanes>(
    _: V.Type, _ a: UnsafePointer<V.Element>, _ mask: UnsafePointer<UInt8>,
    _ out: UnsafeMutablePointer<V.Element>, _ count: Int, _ scale: Double
) {
    let scale = V.Element(scale)
    for i in 0..<count { out[i] = a[i] * (mask[i] != 0 ? scale : 0) }
}
