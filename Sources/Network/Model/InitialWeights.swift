import CPlatform

public enum InitialWeights: UInt32, Sendable {
    case he = 0
    case xavier = 1
    case lecun = 2
    case notebook = 3
}

extension Network {
    /// Draws the weights: see reg_init. Biases stay 0.
    public func drawInitialWeights() throws(NetworkError) {
        for l in 0..<layerCount {
            let (nIn, nOut) = (Double(layers[l].nIn), Double(layers[l].nOut))
            let range: Double
            switch settings.initialWeights {
            case .he: range = (6 / nIn).squareRoot()
            case .xavier: range = (6 / (nIn + nOut)).squareRoot()
            case .lecun: range = (3 / nIn).squareRoot()
            case .notebook: return try drawNotebookWeights()
            }
            drawUniform(layers[l].weights, layers[l].weightCount, range)
        }
    }

    private func drawUniform(_ first: Int, _ count: Int, _ range: Double) {
        var words = InlineArray<64, UInt32>(repeating: 0)
        for start in stride(from: first, to: first + count, by: 64) {
            let n = min(64, first + count - start)
            withUnsafeMutableBytes(of: &words) {
                let words = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt32.self)
                runtime.pointee.kernels.philox(
                    words, n,
                    DropoutDraw(
                        keepProb: 1, seed: settings.seed, stream: StreamLayout.initialWeightsLayer,
                        offset: UInt64(start)))
                for i in 0..<n {
                    // In (-1, 1), exact.
                    let u = (2 * Double(words[i]) + 1) / 0x1p32 - 1
                    parameters[start + i] = T(range * u)
                }
            }
        }
    }

    private func drawNotebookWeights() throws(NetworkError) {
        guard let key = allocate(UInt32.self, LegacyGenerator.size) else { throw .memory }
        defer { free(key) }
        var generator = LegacyGenerator(
            key: key, seed: UInt32(truncatingIfNeeded: settings.seed))
        for l in 0..<layerCount {
            let root = Double(layers[l].nIn).squareRoot()
            let w = parameters + layers[l].weights
            for i in 0..<layers[l].weightCount { w[i] = T(generator.normal() / root) }
        }
    }
}
