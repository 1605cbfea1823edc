/// One chunk of examples on its way through the layers and back.
struct Propagation<T: Scalar> {
    let operations: Operations<T>
    let layers: UnsafeMutablePointer<Layer>
    let layerCount: Int
    let parameters: UnsafeMutablePointer<T>
    let loss: Loss
    let smoothing: Double
    let chunk: Chunk<T>
    let range: ExampleRange
    var dropout: Dropout?

    /// `range` has at most `Chunk.most` examples.
    init(
        _ network: inout Network<T>, _ range: ExampleRange, trains: Bool, dropout: Dropout?
    ) throws(NetworkError) {
        operations = network.operations
        layers = network.layers
        layerCount = network.layerCount
        parameters = network.parameters
        loss = network.settings.loss
        smoothing = network.settings.labelSmoothing
        chunk = try Chunk(&network, examples: range.count, trains: trains)
        self.range = range
        self.dropout = dropout
    }

    var preActivations: UnitRows<T> { chunk.outputs(layerCount - 1) }

    // MARK: Forward

    /// From the inputs to the last pre-activations.
    func forward(x: UnsafePointer<T>, strides: Strides) throws(NetworkError) {
        operations.table.pointee.gather(x, strides, range, chunk.inputs(0))
        drop(layer: 0, chunk.inputs(0))
        for l in 0..<layerCount {
            let layer = layers[l]
            let (a, z) = (chunk.inputs(l), chunk.outputs(l))
            var call = UnitProduct(
                weights: parameters + layer.weights, row: layer.nIn, step: 1, a: a, c: z)
            call.bias = UnsafePointer(parameters + layer.biases)
            call.activation = layer.activation
            if !operations.multiply(call) { throw .memory }
            if l + 1 < layerCount { drop(layer: l + 1, z) }
        }
    }

    /// Dropout of the values of a layer in place.
    private func drop(layer l: Int, _ values: UnitRows<T>) {
        guard let dropout, layers[l].keepProb < 1 else { return }
        if let mask = dropout.masks?[l] {
            operations.table.pointee.maskUnits(
                values, mask, dropout.maskRow, range, 1 / layers[l].keepProb)
        } else {
            operations.dropoutUnits(values, dropout.draw(layer: l, keepProb: layers[l].keepProb))
        }
    }

    /// The sum of the weighted losses; the pre-activations become its gradient.
    func lossAndGradient(_ examples: Examples<T>) -> Double {
        operations.table.pointee.gather(examples.y, examples.yStrides, range, chunk.targets)
        let weights = chunk.weights
        if let given = examples.weights {
            operations.table.pointee.gather(given, Strides(unit: 0, example: 1), range, weights)
        } else {
            weights.fill(with: 1)
        }
        // Columns that stand for no example do not count.
        (weights.data + range.count).clear(weights.columns - range.count)
        return operations.table.pointee.loss(
            loss, preActivations, chunk.targets.data, weights.data, smoothing)
    }

    // MARK: Backward

    /// How the sums over all chunks of a batch become its gradient, and what step down it is made.
    struct Finishing {
        /// What the sums are multiplied by.
        var scale: Double
        /// What l2 * W and l1 * sign(W) are multiplied by.
        var penalty: Double
        var descent: OptimizerStep?
    }

    /// Adds to `gradients` what this chunk's examples give, from the gradient that has taken the
    /// place of the pre-activations. The last chunk of a batch has the `finishing`.
    func backward(
        into gradients: UnsafeMutablePointer<T>, isFirst: Bool, finishing: Finishing?
    ) throws(NetworkError) {
        for l in (0..<layerCount).reversed() {
            let layer = layers[l]
            let (dz, a) = (chunk.outputs(l), chunk.inputs(l))
            // Before the weights change.
            if l > 0 && !isGated(l) { try inputGradient(l, dz) }
            try weightGradient(l, dz, a, gradients, isFirst, finishing)
            biasGradient(l, dz, gradients + layer.biases, isFirst, finishing)
            if l > 0 { activationGradient(l, dz, a) }
            if let step = finishing?.descent {
                if !descendsInProduct(l) {
                    descend(layer.weights, layer.weightCount, gradients, step)
                }
                descend(layer.biases, layer.nOut, gradients, step)
            }
        }
    }

    private func descend(
        _ first: Int, _ count: Int, _ gradients: UnsafeMutablePointer<T>, _ step: OptimizerStep
    ) {
        let w = parameters + first
        operations.optimize(w, gradients + first, w, w, count, step)
    }

    /// Whether the weights change with each tile of their gradient: nothing needs either after it.
    private func descendsInProduct(_ l: Int) -> Bool {
        layers[l].l1 == 0 && !layers[l].isNarrow(examples: range.count) && !(l > 0 && isGated(l))
    }

    /// Whether the gradients of what goes into layer l and of the activation before are one pass: a
    /// ReLU's zeros tell what was dropped.
    private func isGated(_ l: Int) -> Bool {
        layers[l - 1].activation == .relu && operations.isSmall(layers[l].nOut, layers[l].nIn)
    }

    private func inputProduct(_ l: Int, _ dz: UnitRows<T>, to c: UnitRows<T>) -> UnitProduct<T> {
        UnitProduct(
            weights: parameters + layers[l].weights, row: 1, step: layers[l].nIn, a: dz, c: c)
    }

    /// The gradient of what goes into layer l, in a place of its own.
    private func inputGradient(_ l: Int, _ dz: UnitRows<T>) throws(NetworkError) {
        if !operations.multiply(inputProduct(l, dz, to: chunk.gradient(l))) { throw .memory }
    }

    /// The gradient of the pre-activations of layer l - 1, in the place of its outputs.
    private func activationGradient(_ l: Int, _ dz: UnitRows<T>, _ a: UnitRows<T>) {
        let activation = layers[l - 1].activation
        let keepProb = dropout == nil ? 1 : layers[l].keepProb
        if isGated(l) {
            var call = inputProduct(l, dz, to: a)
            call.gate = T(1 / keepProb)
            _ = operations.multiply(call)
            return
        }
        let da = chunk.gradient(l)
        if activation != .relu { drop(layer: l, da) }
        operations.activationGradient(
            da.data, a.data, a.data, a.span, activation, keepProb: keepProb)
    }

    private func biasGradient(
        _ l: Int, _ dz: UnitRows<T>, _ db: UnsafeMutablePointer<T>, _ isFirst: Bool,
        _ finishing: Finishing?
    ) {
        let all = chunk.biasSums(l)
        operations.sumRows(
            dz.data, SummedRows(rows: dz.units, row: dz.row, count: dz.columns, stride: 1)
        ) { u, sum in
            all[u] = isFirst ? sum : all[u] + sum
            if let finishing { db[u] = T(all[u] * finishing.scale) }
        }
    }

    private func weightGradient(
        _ l: Int, _ dz: UnitRows<T>, _ a: UnitRows<T>, _ gradients: UnsafeMutablePointer<T>,
        _ isFirst: Bool, _ finishing: Finishing?
    ) throws(NetworkError) {
        let layer = layers[l]
        let (w, dw) = (parameters + layer.weights, gradients + layer.weights)
        let (l2, l1) = (layer.l2 * (finishing?.penalty ?? 0), layer.l1 * (finishing?.penalty ?? 0))
        if layer.isNarrow(examples: range.count) {
            operations.table.pointee.pairRows(dz, a, dw, !isFirst)
            if let finishing {
                operations.penalize(
                    dw, w, layer.weightCount, scale: finishing.scale, l2: l2, l1: l1)
            }
            return
        }
        var finish = Finish<T>()
        if let finishing { finish.scale = T(finishing.scale) }
        if l2 != 0 { finish.decay = (UnsafePointer(w), T(l2)) }
        if let step = finishing?.descent, descendsInProduct(l) {
            finish.descent = (w, T(-step.rate))
        }
        let done = operations.multiply(
            rows: layer.nOut, columns: layer.nIn, depth: range.count,
            a: .init(dz.data, row: dz.row, column: 1), b: .init(a.data, row: 1, column: a.row),
            c: dw, cStrides: Strides(unit: layer.nIn, example: 1), finish: finish,
            accumulates: !isFirst, finishes: finishing != nil)
        if !done { throw .memory }
        if l1 != 0 { operations.penalize(dw, w, layer.weightCount, scale: 1, l2: 0, l1: l1) }
    }
}

extension Layer {
    /// Whether sums for pairs of rows cost less than a product of whole tiles for the gradient of the
    /// weights. A choice by shape alone, since the two add in different orders.
    func isNarrow(examples: Int) -> Bool {
        func whole(_ n: Int, _ unit: Int) -> Int { (n + unit - 1) / unit * unit }
        return weightCount * (examples + 128) < whole(nOut, 6) * whole(nIn, 16) * examples
    }
}

extension UnitRows where Element: Scalar {
    /// The columns of the one row, by copies that double.
    fileprivate func fill(with value: Element) {
        data[0] = value
        var filled = 1
        while filled < columns {
            let more = min(filled, columns - filled)
            (data + filled).copy(data, more)
            filled += more
        }
    }
}
