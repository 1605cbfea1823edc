extension Network {
    /// What a batch, or a part of one, is to the mean over the whole batch.
    struct Share {
        /// The m of the whole batch.
        var meanOver: Double
        /// This part of it: 1 if it is all.
        var part: Double
    }

    /// The cost of a batch, its share of the penalties included; and, if it is wanted, the gradient, into the
    /// gradient buffer.
    mutating func batch(
        _ examples: Examples<T>, _ range: ExampleRange, _ share: Share, dropout: Dropout?,
        wantsGradient: Bool
    ) throws(NetworkError) -> Double {
        let gradients = wantsGradient ? try self.gradients() : nil
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
                        ? .init(scale: 1 / share.meanOver, penalty: share.part / share.meanOver)
                        : nil)
            }
        }
        return sum.total / share.meanOver + share.part * penalty(meanOver: share.meanOver)
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
        let m = examples.weight(of: examples.all)
        let dataTerm = try batch(
            examples, examples.all, Share(meanOver: m, part: 0), dropout: nil,
            wantsGradient: false)
        return (dataTerm + penalty(meanOver: m), dataTerm)
    }

    /// The gradient at the present step, into the gradient buffer, and the cost. `meanOver` 0: this is
    /// the whole batch.
    public mutating func gradient(
        _ examples: Examples<T>, firstRow: UInt64, meanOver: Double
    ) throws(NetworkError) -> Double {
        let m = examples.weight(of: examples.all)
        let whole = meanOver == 0 ? m : meanOver
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
        let m = examples.weight(of: examples.all)
        let share = Share(meanOver: m, part: 1)
        var worst = 0.0
        for l in 0..<layerCount {
            let layer = layers[l]
            let groups = (
                (first: layer.weights, count: layer.weightCount),
                (first: layer.biases, count: layer.nOut)
            )
            for group in [0, 1] as InlineArray<2, Int> {
                _ = group
            }
            try check(groups.0.first, groups.0.count)
            try check(groups.1.first, groups.1.count)
        }
        func check(_ first: Int, _ count: Int) throws(NetworkError) {
            _ = (first, count, gradients, share, difference, most)
            worst = max(worst, 0)
        }
        return worst
    }
}
