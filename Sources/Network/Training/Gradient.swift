extension Network {
    /// The share of a call in the mean over a batch, which may be divided among processes.
    struct BatchShare {
        /// The total weight of the whole batch: the divisor of the mean.
        var totalWeight: Double
        /// The fraction of the batch in this call: 1 if it is whole. Multiplies the penalties.
        var fraction: Double
    }

    /// The cost of a batch with its share of the penalties; with `wantsGradient` also the gradient, into the
    /// gradient buffer. A fused update changes the parameters on the way. Without `wantsPenalty` the cost is the
    /// data term alone. `memory` is enough for the batch.
    @inline(never)
    mutating func batch(
        _ examples: Examples<T>, _ range: ExampleRange, _ share: BatchShare, dropout: MaskSource?,
        wantsGradient: Bool, wantsPenalty: Bool = true, memory: BatchMemory<T>,
        fusedUpdate: FusedUpdate? = nil
    ) throws(NetworkError) -> Double {
        let gradients = wantsGradient ? try self.gradients() : nil
        let penalty =
            share.fraction == 0 || !wantsPenalty
            ? 0 : share.fraction * penalty(totalWeight: share.totalWeight)
        let scale = 1 / share.totalWeight
        var sum = BlockSum()
        let end = range.first + range.count
        for first in stride(from: range.first, to: end, by: Chunk<T>.maxExamples) {
            var part = range
            part.first = first
            part.count = min(Chunk<T>.maxExamples, end - first)
            var dropout = dropout
            dropout?.firstRow &+= UInt64(first - range.first)
            let propagation = Propagation(
                &self, memory, part, trains: wantsGradient, dropout: dropout)
            propagation.forward(examples.inputs, rowWeights: examples.weights)
            sum.add(propagation.lossAndGradient(examples))
            unitWeights = examples.weights == nil ? propagation.layout : 0
            if let gradients {
                let isLast = first + part.count == end
                propagation.backward(
                    into: gradients, isFirst: first == range.first,
                    epilogue: isLast
                        ? .init(
                            scale: scale,
                            penalty: share.fraction == 1
                                ? scale : share.fraction / share.totalWeight,
                            fusedUpdate: fusedUpdate) : nil)
            }
        }
        return sum.total / share.totalWeight + penalty
    }

    /// The L2 and L1 terms of a cost with total weight m.
    func penalty(totalWeight m: Double) -> Double {
        var sum = 0.0
        for l in 0..<layerCount {
            let layer = layers[l]
            let w = UnsafePointer(parameters + layer.weights)
            if layer.l2 != 0 {
                sum += layer.l2 / (2 * m) * operations.sumOfSquares(w, layer.weightCount)
            }
            if layer.l1 != 0 {
                sum += layer.l1 / m * operations.sumOfMagnitudes(w, layer.weightCount)
            }
        }
        return sum
    }

    /// Whether the penalty is finite whenever the parameters are: so it is with floats, whose squares are far
    /// from the largest double.
    var penaltyFollowsParameters: Bool {
        if MemoryLayout<T>.size == MemoryLayout<Double>.size { return false }
        for l in 0..<layerCount where max(layers[l].l2, layers[l].l1) > 1e100 { return false }
        return true
    }

    func dropout(firstRow: UInt64) -> MaskSource {
        MaskSource(seed: settings.seed, step: position.step, firstRow: firstRow)
    }

    // MARK: For the boundary

    /// The cost without dropout, and its data term alone.
    public mutating func cost(
        _ examples: Examples<T>
    ) throws(NetworkError) -> (cost: Double, dataTerm: Double) {
        let dataTerm = try dataTerm(examples, threads: Threads.count)
        return (dataTerm + penalty(totalWeight: examples.totalWeight(of: examples.all)), dataTerm)
    }

    mutating func dataTerm(
        _ examples: Examples<T>, threads: Int
    ) throws(NetworkError) -> Double {
        let m = examples.totalWeight(of: examples.all)
        let memory = try reserve(batch: examples.count, trains: false, threads: threads)
        return try batch(
            examples, examples.all, BatchShare(totalWeight: m, fraction: 0), dropout: nil,
            wantsGradient: false, memory: memory)
    }

    /// Computes the gradient at the current step into the gradient buffer. Returns the cost. `totalWeight`
    /// is that of the whole batch; 0: these examples are all of it.
    public mutating func gradient(
        _ examples: Examples<T>, firstRow: UInt64, totalWeight: Double
    ) throws(NetworkError) -> Double {
        let m = examples.totalWeight(of: examples.all)
        let whole = totalWeight == 0 ? m : totalWeight
        if whole == 0 { throw .sampleWeight }
        // A sum of weights in another order may differ in its last bits.
        if !(whole.isFinite && whole >= m * (1 - 1e-6)) { throw .sampleWeight }
        let memory = try reserve(batch: examples.count, trains: true, threads: Threads.count)
        return try batch(
            examples, examples.all, BatchShare(totalWeight: whole, fraction: m / whole),
            dropout: dropout(firstRow: firstRow), wantsGradient: true, memory: memory)
    }

    /// The largest relative error of the gradient against central differences of the cost, over at most
    /// `maxParameters` parameters of each W and each b.
    public mutating func checkGradient(
        _ examples: Examples<T>, step: Double, maxParameters: Int
    ) throws(NetworkError) -> Double {
        _ = try gradient(examples, firstRow: 0, totalWeight: 0)
        let gradients = try self.gradients()
        var maxError = 0.0
        for l in 0..<layerCount {
            let layer = layers[l]
            for isBias in 0...1 {
                let first = isBias == 1 ? layer.biases : layer.weights
                let count = isBias == 1 ? layer.nOut : layer.weightCount
                if maxParameters == 0 { continue }
                let parameterStep = (count - 1) / maxParameters + 1
                for i in stride(from: first, to: first + count, by: parameterStep) {
                    let analytic = Double(gradients[i])
                    let numeric = try slope(examples, parameter: i, step: step)
                    let error =
                        abs(analytic - numeric) / max(1e-8, abs(analytic) + abs(numeric))
                    // A NaN is the largest error, and stays.
                    if !maxError.isNaN && !(error <= maxError) { maxError = error }
                }
            }
        }
        return maxError
    }

    /// The central difference of the cost in one parameter.
    private mutating func slope(
        _ examples: Examples<T>, parameter i: Int, step: Double
    ) throws(NetworkError) -> Double {
        let original = parameters[i]
        defer { parameters[i] = original }
        let (above, below) = (T(Double(original) + step), T(Double(original) - step))
        parameters[i] = above
        let high = try wholeCost(examples)
        parameters[i] = below
        let low = try wholeCost(examples)
        return (high - low) / (Double(above) - Double(below))
    }

    /// The cost of all examples at the present step.
    @inline(never)
    private mutating func wholeCost(_ examples: Examples<T>) throws(NetworkError) -> Double {
        let m = examples.totalWeight(of: examples.all)
        let memory = try reserve(batch: examples.count, trains: false, threads: Threads.count)
        return try batch(
            examples, examples.all, BatchShare(totalWeight: m, fraction: 1),
            dropout: dropout(firstRow: 0), wantsGradient: false, memory: memory)
    }
}
