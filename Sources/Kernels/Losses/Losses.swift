import KernelInterface

/// The weighted sum over examples of the loss of pre-activations z against targets y. z becomes the
/// gradient of that sum. y and z have the same shape; `weights` has one value per column, 0 for padding.
/// Targets are smoothed first: y (1 - s) + s / K.
@inline(__always)
func loss<V: Lanes>(
    _: V.Type, _ kind: Loss, _ z: UnitRows<V.Element>, _ y: UnsafePointer<V.Element>,
    _ weights: UnsafePointer<V.Element>, _ smoothing: Double
) -> Double {
    let classes = kind == .softmaxCrossEntropy ? Double(z.units) : 2
    let keep = V(V.Element(1 - smoothing))
    let share = V(V.Element(smoothing / classes))
    var sums = LaneSums()
    if kind.ofBuild == .binaryCrossEntropy {
        binaryCrossEntropy(z, y, weights, &sums) { y in share.addingProduct(y, keep) }
        return sums.total
    }
    for e in stride(from: 0, to: z.columns, by: V.width) {
        let weight = V.load(weights + e)
        let (z, rowStride, units) = (z.data + e, z.rowStride, z.units)
        let y = y + e
        switch kind.ofBuild {
        case .softmaxCrossEntropy:
            let (total, targets, dot) = softmaxExponentials(
                V.self, z, rowStride: rowStride, units: units
            ) { u, x in
                let target = share.addingProduct(V.load(y + u * rowStride), keep)
                return (target, target * x)
            }
            sums.add((total.log * targets - dot) * weight, at: e)
            let factor = targets / total
            for u in 0..<units {
                let target = share.addingProduct(V.load(y + u * rowStride), keep)
                ((V.load(z + u * rowStride) * factor - target) * weight).store(z + u * rowStride)
            }
        case .binaryCrossEntropy: break  // has returned above
        case .squaredError:
            for u in 0..<units {
                let difference = V.load(z + u * rowStride) - V.load(y + u * rowStride)
                // Weight first: the square of a padding column may overflow.
                let weighted = difference * weight
                sums.add(weighted * difference * V(0.5), at: e)
                weighted.store(z + u * rowStride)
            }
        }
    }
    return sums.total
}

@inline(__always)
private func binaryCrossEntropy<V: Lanes>(
    _ z: UnitRows<V.Element>, _ y: UnsafePointer<V.Element>, _ weights: UnsafePointer<V.Element>,
    _ sums: inout LaneSums, _ target: (V) -> V
) {
    // A few vectors interleaved: each is a long dependency chain.
    var exponentials = interleavedVectors(V.self)
    let maxVectors = exponentials.count
    for e in stride(from: 0, to: z.columns, by: maxVectors * V.width) {
        let count = min(maxVectors, (z.columns - e) / V.width)
        for u in 0..<z.units {
            let (z, y) = (z.data + u * z.rowStride + e, y + u * z.rowStride + e)
            for k in 0..<count {
                exponentials[k] = (V(0) - V.load(z + k * V.width).magnitude).fastExpOfNonPositive
            }
            for k in 0..<count {
                let at = k * V.width
                let x = V.load(z + at)
                let target = target(V.load(y + at))
                let weight = V.load(weights + e + at)
                // softplus(x) - y x, so that a confident right answer costs its small tail, not 0.
                let linear = V.select(V(0) < x, x, V(0)) - target * x
                sums.add((linear + exponentials[k].log1pOfFraction) * weight, at: e + at)
                ((x.sigmoid(by: exponentials[k]) - target) * weight).store(z + at)
            }
        }
    }
}

/// Replaces z by exp(z - max z) over the units of each column. Returns its sum over the units, and the
/// sums of the two values that `f` computes from a unit and its z - max z.
@inline(__always)
private func softmaxExponentials<V: Lanes>(
    _: V.Type, _ z: UnsafeMutablePointer<V.Element>, rowStride: Int, units: Int,
    _ f: (_ u: Int, _ x: V) -> (V, V)
) -> (V, V, V) {
    var largest = V.load(z)
    for u in 1..<max(1, units) {
        let x = V.load(z + u * rowStride)
        largest = V.select(largest < x, x, largest)
    }
    var (total, first, second) = (V(0), V(0), V(0))
    for u in 0..<units {
        let x = V.load(z + u * rowStride) - largest
        let (a, b) = f(u, x)
        first = first + a
        second = second + b
        let e = x.exp
        total = total + e
        e.store(z + u * rowStride)
    }
    return (total, first, second)
}

/// Replaces pre-activations by the outputs that belong to the loss.
@inline(__always)
func outputs<V: Lanes>(_: V.Type, _ kind: Loss, _ z: UnitRows<V.Element>) {
    switch kind.ofBuild {
    case .squaredError: break
    case .binaryCrossEntropy:
        for u in 0..<z.units {
            let row = z.data + u * z.rowStride
            activate(V.self, row, row, z.columns, .sigmoid)
        }
    case .softmaxCrossEntropy:
        for e in stride(from: 0, to: z.columns, by: V.width) {
            let data = z.data + e
            let (total, _, _) = softmaxExponentials(
                V.self, data, rowStride: z.rowStride, units: z.units
            ) { _, _ in
                (V(0), V(0))
            }
            for u in 0..<z.units {
                (V.load(data + u * z.rowStride) / total).store(data + u * z.rowStride)
            }
        }
    }
}
