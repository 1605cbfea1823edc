/// The forward and backward pass of one chunk of examples.
struct Propagation<T: Scalar> {
    let operations: Operations<T>
    let layers: UnsafeMutablePointer<Layer>
    let layerCount: Int
    let parameters: UnsafeMutablePointer<T>
    let loss: Loss
    let smoothing: Double
    let chunk: Chunk<T>
    let range: ExampleRange
    var dropout: MaskSource?

    /// `range` has at most `Chunk.maxExamples` examples.
    init(
        _ network: inout Network<T>, _ range: ExampleRange, trains: Bool, dropout: MaskSource?
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
                weights: parameters + layer.weights, rowStride: layer.nIn, columnStride: 1, a: a,
                c: z)
            call.bias = UnsafePointer(parameters + layer.biases)
            call.activation = layer.activation
            if !operations.multiply(call) { throw .memory }
            if l + 1 < layerCount { drop(layer: l + 1, z) }
        }
    }

    /// Dropout of a layer's input values in place.
    private func drop(layer l: Int, _ values: UnitRows<T>) {
        guard let dropout, layers[l].keepProb < 1 else { return }
        if let mask = dropout.masks?[l] {
            operations.table.pointee.maskUnits(
                values, mask, dropout.maskRowStride, range, 1 / layers[l].keepProb)
        } else {
            operations.dropoutUnits(values, dropout.draw(layer: l, keepProb: layers[l].keepProb))
        }
    }

    /// The sum of the weighted losses. Replaces the last pre-activations by its gradient.
    func lossAndGradient(_ examples: Examples<T>) -> Double {
        operations.table.pointee.gather(examples.y, examples.yStrides, range, chunk.targets)
        let weights = chunk.weights
        if let given = examples.weights {
            operations.table.pointee.gather(given, Strides(unit: 0, example: 1), range, weights)
        } else {
            weights.fill(with: 1)
        }
        // Padding columns weigh 0.
        (weights.data + range.count).clear(weights.columns - range.count)
        return operations.table.pointee.loss(
            loss, preActivations, chunk.targets.data, weights.data, smoothing)
    }

    // MARK: Backward

    /// The operations that turn the sums over all chunks of a batch into its gradient, and the fused update.
    struct BatchEpilogue {
        /// Multiplies the sums.
        var scale: Double
        /// Multiplies l2 * W and l1 * sign(W).
        var penalty: Double
        var fusedUpdate: OptimizerStep?
    }

    /// Adds the gradient of this chunk's examples to `gradients`, from the gradient of the last
    /// pre-activations. The last chunk of a batch applies the epilogue.
    func backward(
        into gradients: UnsafeMutablePointer<T>, isFirst: Bool,
        epilogue batchEpilogue: BatchEpilogue?
    ) throws(NetworkError) {
        for l in (0..<layerCount).reversed() {
            let layer = layers[l]
            let (dz, a) = (chunk.outputs(l), chunk.inputs(l))
            // Before a fused update changes the weights.
            if l > 0 && !fusesReluMask(l) { try inputGradient(l, dz) }
            try weightGradient(l, dz, a, gradients, isFirst, batchEpilogue)
            biasGradient(l, dz, gradients + layer.biases, isFirst, batchEpilogue)
            if l > 0 { activationGradient(l, dz, a) }
            if let step = batchEpilogue?.fusedUpdate {
                if !fusesUpdate(l) {
                    update(layer.weights, layer.weightCount, gradients, step)
                }
                update(layer.biases, layer.nOut, gradients, step)
            }
        }
    }

    private func update(
        _ first: Int, _ count: Int, _ gradients: UnsafeMutablePointer<T>, _ step: OptimizerStep
    ) {
        let w = parameters + first
        operations.optimize(w, gradients + first, w, w, count, step)
    }

    /// Whether the update is fused into the product of the weight gradient: neither is needed afterwards.
    private func fusesUpdate(_ l: Int) -> Bool {
        layers[l].l1 == 0 && !layers[l].usesNarrowWeightGradient(examples: range.count)
            && !(l > 0 && fusesReluMask(l))
    }

    /// Whether the product of layer l's input gradient also applies the ReLU mask of the layer below. The
    /// zeros of a ReLU include what was dropped.
    private func fusesReluMask(_ l: Int) -> Bool {
        layers[l - 1].activation == .relu && operations.isSmall(layers[l].nOut, layers[l].nIn)
    }

    private func inputProduct(_ l: Int, _ dz: UnitRows<T>, to c: UnitRows<T>) -> UnitProduct<T> {
        UnitProduct(
            weights: parameters + layers[l].weights, rowStride: 1, columnStride: layers[l].nIn,
            a: dz, c: c)
    }

    /// Computes the gradient of layer l's inputs into `chunk.gradient(l)`.
    private func inputGradient(_ l: Int, _ dz: UnitRows<T>) throws(NetworkError) {
        if !operations.multiply(inputProduct(l, dz, to: chunk.gradient(l))) { throw .memory }
    }

    /// Replaces the outputs of layer l - 1 by the gradient of its pre-activations.
    private func activationGradient(_ l: Int, _ dz: UnitRows<T>, _ a: UnitRows<T>) {
        let activation = layers[l - 1].activation
        let keepProb = dropout == nil ? 1 : layers[l].keepProb
        if fusesReluMask(l) {
            var call = inputProduct(l, dz, to: a)
            call.reluMaskScale = T(1 / keepProb)
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
        _ batchEpilogue: BatchEpilogue?
    ) {
        let all = chunk.biasSums(l)
        operations.sumRows(
            dz.data,
            SummedRows(rows: dz.units, rowStride: dz.rowStride, count: dz.columns, elementStride: 1)
        ) { u, sum in
            all[u] = isFirst ? sum : all[u] + sum
            if let batchEpilogue { db[u] = T(all[u] * batchEpilogue.scale) }
        }
    }

    private func weightGradient(
        _ l: Int, _ dz: UnitRows<T>, _ a: UnitRows<T>, _ gradients: UnsafeMutablePointer<T>,
        _ isFirst: Bool, _ batchEpilogue: BatchEpilogue?
    ) throws(NetworkError) {
        let layer = layers[l]
        let (w, dw) = (parameters + layer.weights, gradients + layer.weights)
        let (l2, l1) = (
            layer.l2 * (batchEpilogue?.penalty ?? 0), layer.l1 * (batchEpilogue?.penalty ?? 0)
        )
        if layer.usesNarrowWeightGradient(examples: range.count) {
            operations.table.pointee.narrowWeightGradient(dz, a, dw, !isFirst)
            if let batchEpilogue {
                operations.penalize(
                    dw, w, layer.weightCount, scale: batchEpilogue.scale, l2: l2, l1: l1)
            }
            return
        }
        var epilogue = Epilogue<T>()
        if let batchEpilogue { epilogue.scale = T(batchEpilogue.scale) }
        if l2 != 0 { epilogue.l2Term = (UnsafePointer(w), T(l2)) }
        if let step = batchEpilogue?.fusedUpdate, fusesUpdate(l) {
            epilogue.fusedUpdate = (w, T(-step.rate))
        }
        let done = operations.multiply(
            m: layer.nOut, n: layer.nIn, k: range.count,
            a: .init(dz.data, rowStride: dz.rowStride, columnStride: 1),
            b: .init(a.data, rowStride: 1, columnStride: a.rowStride),
            c: dw, cStrides: Strides(unit: layer.nIn, example: 1), epilogue: epilogue,
            accumulates: !isFirst, appliesEpilogue: batchEpilogue != nil)
        if !done { throw .memory }
        if l1 != 0 { operations.penalize(dw, w, layer.weightCount, scale: 1, l2: 0, l1: l1) }
    }
}

extension Layer {
    /// Whether `narrowWeightGradient` is cheaper than a product of whole tiles. Depends on the shape alone,
    /// since the two add in different orders.
    func usesNarrowWeightGradient(examples: Int) -> Bool {
        func whole(_ n: Int, _ unit: Int) -> Int { (n + unit - 1) / unit * unit }
        return weightCount * (examples + 128) < whole(nOut, 6) * whole(nIn, 16) * examples
    }
}

extension UnitRows where Element: Scalar {
    /// Fills the columns of a single row, by copies of doubling size.
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
