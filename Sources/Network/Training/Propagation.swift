/// The forward and backward pass of one chunk of examples.
struct Propagation<T: Scalar> {
    let operations: Operations<T>
    let layers: UnsafeMutablePointer<Layer>
    let layerCount: Int
    let parameters: UnsafeMutablePointer<T>
    let loss: Loss
    let smoothing: Double
    private(set) var chunk: Chunk<T>
    private var plans: ChunkPlans<T>
    private let scratch: UnsafeMutableRawPointer?
    private(set) var range: ExampleRange
    var dropout: MaskSource?
    /// Chunks of the same layout have their values at the same places: the examples, negative without training.
    let layout: Int16
    /// Whether the chunk before was of the same layout and left weights of 1.
    private let hasUnitWeights: Bool

    /// `range` has at most `Chunk.maxExamples` examples.
    @inline(never) @_optimize(speed)
    init(
        _ network: inout Network<T>, _ memory: BatchMemory<T>, _ range: ExampleRange, trains: Bool,
        dropout: MaskSource?
    ) {
        assert(range.count > 0 && range.count <= Chunk<T>.maxExamples)
        operations = network.operations
        layers = network.layers
        layerCount = network.layerCount
        parameters = network.parameters
        loss = network.settings.loss
        smoothing = network.settings.labelSmoothing
        chunk = Chunk(network, memory.values, examples: range.count, trains: trains)
        plans = ChunkPlans(
            operations: operations, examples: range.count, threads: memory.threads)
        scratch = memory.scratch
        self.range = range
        self.dropout = dropout
        layout = Int16(truncatingIfNeeded: trains ? range.count : -range.count)
        hasUnitWeights = network.unitWeights == layout
        if !hasUnitWeights { network.unitWeights = 0 }
    }

    var preActivations: UnitRows<T> { chunk.outputs(layerCount - 1) }

    // MARK: Forward

    /// From the inputs to the last pre-activations. Inputs of rows that weigh 0 by `rowWeights` are not used.
    @inline(never)
    func forward(_ inputs: Inputs<T>, rowWeights: UnsafePointer<T>? = nil) {
        let count = chunk.passExamples
        if savesMemory || count == range.count { return pass(inputs, rowWeights) }
        for first in stride(from: 0, to: range.count, by: count) {
            part(first: first, count: min(count, range.count - first)).pass(inputs, rowWeights)
        }
    }

    /// The pass of some examples of the chunk to the outputs.
    private func part(first: Int, count: Int) -> Propagation {
        var part = self
        part.chunk = chunk.pass(first: first, count: count)
        part.plans = ChunkPlans(operations: operations, examples: count, threads: plans.threads)
        part.range.first += first
        part.range.count = count
        part.dropout?.firstRow &+= UInt64(first)
        return part
    }

    @inline(never)
    @_optimize(speed)
    private func pass(_ inputs: Inputs<T>, _ rowWeights: UnsafePointer<T>?) {
        inputs.gather(operations, range, into: chunk.inputs(0))
        if let rowWeights { replaceUnweighted(rowWeights, chunk.inputs(0)) }
        drop(layer: 0, chunk.inputs(0))
        for l in 0..<layerCount {
            let layer = layers[l]
            let (inputs, outputs) = (chunk.inputs(l), chunk.outputs(l))
            let preActivations = chunk.preActivations(l)
            var call = UnitProduct(
                weights: parameters + layer.weights, rowStride: layer.nIn, columnStride: 1,
                a: inputs, c: preActivations ?? outputs)
            call.bias = UnsafePointer(parameters + layer.biases)
            if preActivations == nil { call.activation = layer.activation }
            operations.run(plans.forward(layer), &call, scratch)
            if let z = preActivations {
                operations.activate(z.data, outputs.data, z.span, layer.activation)
            }
            if l + 1 < layerCount { drop(layer: l + 1, outputs) }
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

    /// Replaces the values of examples that weigh 0 by those of one that does not: they may be NaN or
    /// infinite, and 0 * NaN is NaN. By zeros where all weigh 0.
    private func replaceUnweighted(_ rowWeights: UnsafePointer<T>, _ values: UnitRows<T>) {
        var source: Int? = nil
        for e in 0..<range.count where rowWeights[range.row(e)] != 0 {
            source = e
            break
        }
        for e in 0..<values.columns where rowWeights[range.row(min(e, range.count - 1))] == 0 {
            for u in 0..<values.units {
                let row = values.data + u * values.rowStride
                row[e] = if let source { row[source] } else { 0 }
            }
        }
    }

    /// The sum of the weighted losses. Replaces the last pre-activations by its gradient.
    @_optimize(speed)
    func lossAndGradient(_ examples: Examples<T>) -> Double {
        operations.gather(examples.y, examples.yStrides, range, chunk.targets)
        let weights = chunk.weights
        if let given = examples.weights {
            replaceUnweighted(given, chunk.targets)
            operations.table.pointee.gather(
                given, Strides(unit: 0, example: 1), range, weights)
        } else if !hasUnitWeights {
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
        var fusedUpdate: FusedUpdate?
    }

    /// Adds the gradient of this chunk's examples to `gradients`, from the gradient of the last
    /// pre-activations. The last chunk of a batch applies the epilogue.
    @_optimize(speed)
    func backward(
        into gradients: UnsafeMutablePointer<T>, isFirst: Bool,
        epilogue batchEpilogue: BatchEpilogue?
    ) {
        let (scale, penalty) = (batchEpilogue?.scale, batchEpilogue?.penalty ?? 0)
        let fusedUpdate = batchEpilogue?.fusedUpdate
        for l in (0..<layerCount).reversed() {
            let layer = layers[l]
            let (dz, a) = (chunk.outputs(l), chunk.inputs(l))
            let inputPlan = l > 0 ? plans.inputGradient(layer) : nil
            // The product of the input gradient also applies the ReLU mask of the layer below, if it can. The
            // zeros of a ReLU include what was dropped.
            let fusesReluMask =
                l > 0 && layers[l - 1].activation == .relu && inputPlan?.path == .unpacked
            let weightPlan = plans.weightGradient(layer)
            // The update is fused into the product of the weight gradient, if nothing needs either afterwards.
            let fusesUpdate =
                layer.l1 == 0 && weightPlan.path != .narrowWeightGradient && !fusesReluMask
            // Before a fused update changes the weights.
            if let inputPlan, !fusesReluMask {
                var call = inputProduct(l, dz, to: chunk.gradient(l))
                operations.run(inputPlan, &call, scratch)
            }
            weightGradient(
                l, weightPlan, dz, a, gradients, isFirst, scale: scale, penalty: penalty,
                fusedUpdate: fusesUpdate ? fusedUpdate : nil)
            biasGradient(l, dz, gradients + layer.biases, isFirst, scale)
            if let inputPlan {
                if fusesReluMask {
                    var call = inputProduct(l, dz, to: a)
                    call.reluMaskScale = T(1 / (dropout == nil ? 1 : layer.keepProb))
                    operations.run(inputPlan, &call, scratch)
                } else {
                    activationGradient(l, a)
                }
            }
            if let rate = fusedUpdate?.rate {
                if !fusesUpdate {
                    update(layer.weights, layer.weightCount, gradients, rate)
                }
                update(layer.biases, layer.nOut, gradients, rate)
            }
        }
    }

    private func update(
        _ first: Int, _ count: Int, _ gradients: UnsafeMutablePointer<T>, _ rate: Double
    ) {
        let w = parameters + first
        operations.optimize(
            w, gradients + first, w, w, count, OptimizerStep(kind: .sgd, rate: rate))
    }

    /// The product whose result is the gradient of layer l's inputs.
    @_optimize(speed)
    private func inputProduct(_ l: Int, _ dz: UnitRows<T>, to c: UnitRows<T>) -> UnitProduct<T> {
        UnitProduct(
            weights: parameters + layers[l].weights, rowStride: 1, columnStride: layers[l].nIn,
            a: dz, c: c)
    }

    /// Replaces the outputs of layer l - 1 by the gradient of its pre-activations.
    private func activationGradient(_ l: Int, _ a: UnitRows<T>) {
        let activation = layers[l - 1].activation
        let keepProb = dropout == nil ? 1 : layers[l].keepProb
        let da = chunk.gradient(l)
        if activation != .relu { drop(layer: l, da) }
        let source = chunk.preActivations(l - 1) ?? a
        operations.activationGradient(
            da.data, source.data, a.data, a.span, activation, keepProb: keepProb)
    }

    @_optimize(speed)
    private func biasGradient(
        _ l: Int, _ dz: UnitRows<T>, _ db: UnsafeMutablePointer<T>, _ isFirst: Bool,
        _ scale: Double?
    ) {
        let sums = chunk.biasSums(l)
        forEachPart(
            ofUnits: dz.units, columns: dz.columns, (operations, dz, sums, db, isFirst, scale)
        ) { context, first, n in
            let (operations, dz, sums, db, isFirst, scale) = context
            operations.sumRows(
                dz.data + first * dz.rowStride,
                SummedRows(rows: n, rowStride: dz.rowStride, count: dz.columns, elementStride: 1)
            ) { i, sum in
                let u = first + i
                sums[u] = isFirst ? sum : sums[u] + sum
                if let scale { db[u] = T(product(sums[u], scale)) }
            }
        }
    }

    @_optimize(speed)
    private func weightGradient(
        _ l: Int, _ plan: ProductPlan, _ dz: UnitRows<T>, _ a: UnitRows<T>,
        _ gradients: UnsafeMutablePointer<T>, _ isFirst: Bool, scale: Double?, penalty: Double,
        fusedUpdate: FusedUpdate?
    ) {
        let layer = layers[l]
        let (w, dw) = (parameters + layer.weights, gradients + layer.weights)
        let (l2, l1) = (product(layer.l2, penalty), product(layer.l1, penalty))
        if plan.path == .narrowWeightGradient {
            operations.narrowWeightGradient(dz, a, dw, accumulates: !isFirst)
            if let scale {
                operations.penalize(dw, w, layer.weightCount, scale: scale, l2: l2, l1: l1)
            }
            return
        }
        var epilogue = Epilogue<T>()
        if let scale { epilogue.scale = T(scale) }
        if l2 != 0 { epilogue.l2Term = (UnsafePointer(w), T(l2)) }
        if let fusedUpdate {
            epilogue.fusedUpdate = (w, T(-fusedUpdate.rate))
            epilogue.needsC = fusedUpdate.keepsGradient
        }
        var product = MatrixProduct(
            m: layer.nOut, n: layer.nIn, k: range.count,
            a: .init(dz.data, rowStride: dz.rowStride, columnStride: 1),
            b: .init(a.data, rowStride: 1, columnStride: a.rowStride), c: dw,
            cRowStride: layer.nIn, epilogue: epilogue, accumulates: !isFirst,
            appliesEpilogue: scale != nil)
        operations.runPacked(plan, &product, scratch)
        if l1 != 0 { operations.penalize(dw, w, layer.weightCount, scale: 1, l2: 0, l1: l1) }
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
