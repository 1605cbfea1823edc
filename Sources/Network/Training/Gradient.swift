extension Network {
    /// What a batch, or a part of one, is to the mean over the whole batch.
    struct Share {
        /// The m of the whole batch.
        var meanOver: Double
        /// This part of it: 1 if it is all.
        var part: Double
    }

    /// The cost of a batch, its share of the penalties included; and, if it is wanted, the gradient,
    /// into the gradient buffer. A descent changes the parameters on the way.
    mutating func batch(
        _ examples: Examples<T>, _ range: ExampleRange, _ share: Share, dropout: Dropout?,
        wantsGradient: Bool, descent: OptimizerStep? = nil
    ) throws(NetworkError) -> Double {
        let gradients = wantsGradient ? try self.gradients() : nil
        try reserve(batch: range.count, trains: wantsGradient)
        let penalty = share.part == 0 ? 0 : share.part * penalty(meanOver: share.meanOver)
        var sum = BlockSum()
        let end = range.first + range.count
        for first in stride(from: range.first, to: end, by: Chunk<T>.most) {
            let part = ExampleRange(
                first: first, count: min(Chunk<T>.most, end - first), order: range.order)
            var dropout = dropout
            dropout?.firstRow &+= UInt64(first - range.first)
            let propagation = try Propagation(
                &self, part, trains: wantsGradient, dropout: dropout)
            try propagation.forward(x: examples.x, strides: examples.xStrides)
            sum.add(propagation.lossAndGradient(examples))
            if let gradients {
                let isLast = first + part.count == end
                try propagation.backward(
                    into: gradients, isFirst: first == range.first,
                    finishing: isLast
                        ? .init(
                            scale: 1 / share.meanOver, penalty: share.part / share.meanOver,
                            descent: descent) : nil)
            }
        }
        return sum.total / share.meanOver + penalty
    }

    /// The L2 and L1 terms of the cost.
    func penalty(meanOver m: Double) -> Double {
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

    func dropout(firstRow: UInt64) -> Dropout {
        Dropout(seed: settings.seed, step: position.step, firstRow: firstRow)
    }

    // MARK: For the boundary

    /// The cost without dropout, and its data term alone.
    public mutating func cost(
        _ examples: Examples<T>
    ) throws(NetworkError) -> (cost: Double, dataTerm: Double) {
        let dataTerm = try dataTerm(examples)
        return (dataTerm + penalty(meanOver: examples.weight(of: examples.all)), dataTerm)
    }

    mutating func dataTerm(_ examples: Examples<T>) throws(NetworkError) -> Double {
        let m = examples.weight(of: examples.all)
        return try batch(
            examples, examples.all, Share(meanOver: m, part: 0), dropout: nil,
            wantsGradient: false)
    }

    /// The gradient at the present step, into the gradient buffer, and the cost. `meanOver` 0: this is
    /// the whole batch.
    public mutating func gradient(
        _ examples: Examples<T>, firstRow: UInt64, meanOver: Double
    ) throws(NetworkError) -> Double {
        let m = examples.weight(of: examples.all)
        let whole = meanOver == 0 ? m : meanOver
        if whole == 0 { throw .sampleWeight }
        // A sum of weights that was made in another order may differ in its last bits.
        if !(whole.isFinite && whole >= m * (1 - 1e-6)) { throw .sampleWeight }
        return try batch(
            examples, examples.all, Share(meanOver: whole, part: m / whole),
            dropout: dropout(firstRow: firstRow), wantsGradient: true)
    }

    /// The largest relative difference between the gradient and central differences of the cost, over
    /// at most `most` parameters of each W and each b.
    public mutating func checkGradient(
        _ examples: Examples<T>, difference: Double, most: Int
    ) throws(NetworkError) -> Double {
        _ = try gradient(examples, firstRow: 0, meanOver: 0)
        let gradients = try self.gradients()
        var worst = 0.0
        for l in 0..<layerCount {
            let layer = layers[l]
            for isBias in 0...1 {
                let first = isBias == 1 ? layer.biases : layer.weights
                let count = isBias == 1 ? layer.nOut : layer.weightCount
                if most == 0 { continue }
                let step = (count - 1) / most + 1
                for i in stride(from: first, to: first + count, by: step) {
                    let analytic = Double(gradients[i])
                    let numeric = try slope(examples, parameter: i, difference: difference)
                    let error =
                        abs(analytic - numeric) / max(1e-8, abs(analytic) + abs(numeric))
                    // A NaN is the worst of all, and stays.
                    if !worst.isNaN && !(error <= worst) { worst = error }
                }
            }
        }
        return worst
    }

    /// The central difference of the cost in one parameter.
    private mutating func slope(
        _ examples: Examples<T>, parameter i: Int, difference: Double
    ) throws(NetworkError) -> Double {
        let m = examples.weight(of: examples.all)
        let kept = parameters[i]
        defer { parameters[i] = kept }
        let (above, below) = (T(Double(kept) + difference), T(Double(kept) - difference))
        parameters[i] = above
        let high = try batch(
            examples, examples.all, Share(meanOver: m, part: 1), dropout: dropout(firstRow: 0),
            wantsGradient: false)
        parameters[i] = below
        let low = try batch(
            examples, examples.all, Share(meanOver: m, part: 1), dropout: dropout(firstRow: 0),
            wantsGradient: false)
        return (high - low) / (Double(above) - Double(below))
    }
}
