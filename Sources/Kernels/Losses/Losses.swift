import KernelInterface

/// The sum over examples of the loss of pre-activations z against targets y, each times the
/// example's weight; z becomes the gradient of that sum. y and z have the same shape; `weights` has one
/// value for each column, 0 for those that stand for no example. Targets are smoothed first:
/// y (1 - s) + s / K.
@inline(__always)
func loss<V: Lanes>(
    _: V.Type, _ kind: Loss, _ z: UnitRows<V.Element>, _ y: UnsafePointer<V.Element>,
    _ weights: UnsafePointer<V.Element>, _ smoothing: Double
) -> Double {
    let classes = kind == .softmaxCrossEntropy ? Double(z.units) : 2
    let keep = V(V.Element(1 - smoothing))
    let share = V(V.Element(smoothing / classes))
    var sums = LaneSums()
    if kind == .binaryCrossEntropy {
        binaryCrossEntropy(z, y, weights, &sums) { y in share.addProduct(y, keep) }
        return sums.total
    }
    for e in stride(from: 0, to: z.columns, by: V.width) {
        let weight = V.load(weights + e)
        let (z, row, units) = (z.data + e, z.row, z.units)
        let y = y + e
        switch kind {
        case .softmaxCrossEntropy:
            let exponentials = softmaxParts(V.self, z, row: row, units: units) { u, x in
                let target = share.addProduct(V.load(y + u * row), keep)
                return (target, target * x)
            }
            let (total, targets, dot) = exponentials
            sums.add((total.log * targets - dot) * weight)
            let factor = targets / total
            for u in 0..<units {
                let target = share.addProduct(V.load(y + u * row), keep)
                ((V.load(z + u * row) * factor - target) * weight).store(z + u * row)
            }
        case .binaryCrossEntropy: break  // has returned above
        case .squaredError:
            for u in 0..<units {
                let difference = V.load(z + u * row) - V.load(y + u * row)
                // By the weight first: the z of a column that is no example may have any square.
                let weighted = difference * weight
                sums.add(weighted * difference * V(0.5))
                weighted.store(z + u * row)
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
    // A few vectors side by side: of each a chain of operations, too long for one alone.
    var exponentials: InlineArray<4, V> = [V(0), V(0), V(0), V(0)]
    let most = exponentials.count
    for e in stride(from: 0, to: z.columns, by: most * V.width) {
        let count = min(most, (z.columns - e) / V.width)
        for u in 0..<z.units {
            let (z, y) = (z.data + u * z.row + e, y + u * z.row + e)
            for k in 0..<count {
                exponentials[k] = (V(0) - V.load(z + k * V.width).magnitude).quickExpOfNegative
            }
            for k in 0..<count {
                let at = k * V.width
                let x = V.load(z + at)
                let target = target(V.load(y + at))
                let weight = V.load(weights + e + at)
                // softplus(x) - y x, so that a sure right answer costs its small tail, not 0.
                let linear = V.select(V(0) < x, x, V(0)) - target * x
                sums.add((linear + exponentials[k].log1pOfFraction) * weight)
                ((x.sigmoid(by: exponentials[k]) - target) * weight).store(z + at)
            }
        }
    }
}

/// z becomes exp(z - max z) over the units of each column. Returns the sum of that, and the sums of two
/// values that `f` makes of a unit and its z - max z.
@inline(__always)
private func softmaxParts<V: Lanes>(
    _: V.Type, _ z: UnsafeMutablePointer<V.Element>, row: Int, units: Int,
    _ f: (_ u: Int, _ x: V) -> (V, V)
) -> (V, V, V) {
    var most = V.load(z)
    for u in 1..<max(1, units) {
        let x = V.load(z + u * row)
        most = V.select(most < x, x, most)
    }
    var (total, first, second) = (V(0), V(0), V(0))
    for u in 0..<units {
        let x = V.load(z + u * row) - most
        let (a, b) = f(u, x)
        first = first + a
        second = second + b
        let e = x.exp
        total = total + e
        e.store(z + u * row)
    }
    return (total, first, second)
}

/// Pre-activations become the outputs that belong to the loss.
@inline(__always)
func outputs<V: Lanes>(_: V.Type, _ kind: Loss, _ z: UnitRows<V.Element>) {
    switch kind {
    case .squaredError: break
    case .binaryCrossEntropy:
        for u in 0..<z.units {
            let row = z.data + u * z.row
            activate(V.self, row, row, z.columns, .sigmoid)
        }
    case .softmaxCrossEntropy:
        for e in stride(from: 0, to: z.columns, by: V.width) {
            let data = z.data + e
            let (total, _, _) = softmaxParts(V.self, data, row: z.row, units: z.units) { _, _ in
                (V(0), V(0))
            }
            for u in 0..<z.units {
                (V.load(data + u * z.row) / total).store(data + u * z.row)
            }
        }
    }
}
