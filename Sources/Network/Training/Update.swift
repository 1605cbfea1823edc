import KernelInterface

/// Parameters from which on a fused update is faster: fewer stay in the L1 cache between the passes.
private let minFusedUpdateCount = 1 << 14

/// A step of plain gradient descent that is part of the product which gives the gradient.
struct FusedUpdate {
    var rate: Double
    /// Whether the gradient is stored as well.
    var keepsGradient = true
}

extension Network {
    /// Updates the parameters from the gradient buffer.
    public mutating func apply() throws(NetworkError) {
        let gradients = try self.gradients()
        let state = try self.state()
        var scale = 1.0
        if optimizer.clipNorm != 0 {
            let norm = operations.sumOfSquares(gradients, parameterCount).squareRoot()
            if !norm.isFinite { throw .notFinite }
            if norm > optimizer.clipNorm { scale = optimizer.clipNorm / norm }
        }
        let rate = learningRate
        let second = optimizer.kind.moments == 2 ? state + parameterCount : state
        // Out of line: it is long, and called in three places.
        @inline(never)
        func update(_ first: Int, _ count: Int, areWeights: Bool) {
            operations.optimize(
                parameters + first, gradients + first, state + first, second + first, count,
                optimizer.step(
                    position.step + 1, rate: rate, gradientScale: scale, areWeights: areWeights))
        }
        if optimizer.kind.decaysWeights {
            for l in 0..<layerCount {
                update(layers[l].weights, layers[l].weightCount, areWeights: true)
                update(layers[l].biases, layers[l].nOut, areWeights: false)
            }
        } else {
            update(0, parameterCount, areWeights: true)
        }
        endUpdate()
    }

    /// The learning rate in the present epoch.
    var learningRate: Double { optimizer.rate(epoch: position.epoch, runtime) }

    /// Completes an update whose parameters have changed: norm limits, step count.
    mutating func endUpdate() {
        if settings.maxNorm != 0 { limitNorms() }
        position.step += 1
    }

    /// The next update, if it can be fused into the gradient's product: plain SGD without clipping, on so many
    /// parameters that a separate pass would not find them cached.
    var fusedUpdate: FusedUpdate? {
        guard
            optimizer.kind == .sgd && optimizer.clipNorm == 0
                && parameterCount >= minFusedUpdateCount
        else {
            return nil
        }
        return FusedUpdate(rate: learningRate)
    }

    /// Scales the weights into each unit down to maxNorm.
    private func limitNorms() {
        for l in 0..<layerCount {
            for u in 0..<layers[l].nOut {
                let row = parameters + layers[l].weights + u * layers[l].nIn
                let norm = operations.sumOfSquares(row, layers[l].nIn).squareRoot()
                // An infinite norm is left for `fit` to detect.
                if norm > settings.maxNorm && norm.isFinite {
                    operations.penalize(
                        row, row, layers[l].nIn, scale: settings.maxNorm / norm, l2: 0, l1: 0)
                }
            }
        }
    }
}
