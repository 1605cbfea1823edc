import CPlatform

extension Network {
    /// The examples that pass the network together in a prediction. Their number changes no bit.
    private static var maxExamples: Int { savesMemory ? 16 : Chunk<T>.maxExamples }

    /// The examples for which a prediction of `count` takes memory.
    static func predicted(_ count: Int) -> Int { savesMemory ? min(count, maxExamples) : count }

    /// Outputs and pre-activations of `count` examples, without dropout.
    public mutating func predict(
        _ inputs: Inputs<T>, count: Int, rows: UnsafePointer<Int>? = nil,
        outputs: UnsafeMutablePointer<T>?, preActivations: UnsafeMutablePointer<T>?,
        outStrides: Strides
    ) throws(NetworkError) {
        let memory = try reserve(
            batch: Self.predicted(count), trains: false, threads: Threads.count)
        for first in stride(from: 0, to: count, by: Self.maxExamples) {
            let propagation = Propagation(
                &self, memory, chunk(first, count, rows), trains: false, dropout: nil)
            propagation.forward(inputs)
            if let preActivations {
                propagation.copyOut(to: preActivations, outStrides)
            }
            if let outputs {
                propagation.makeOutputs()
                propagation.copyOut(to: outputs, outStrides)
            }
        }
    }

    /// Mean and standard deviation of the outputs over `samples` sets of masks.
    public mutating func predictDropout(
        _ inputs: Inputs<T>, count: Int, samples: Int, seed: UInt64,
        mean: UnsafeMutablePointer<T>?, deviation: UnsafeMutablePointer<T>?, outStrides: Strides
    ) throws(NetworkError) {
        let capacity = outputs * min(count, Self.maxExamples)
        guard let means = allocate(Double.self, 2 * capacity) else { throw .memory }
        defer { free(means) }
        let squares = means + capacity
        let memory = try reserve(
            batch: Self.predicted(count), trains: false, threads: Threads.count)
        for first in stride(from: 0, to: count, by: Self.maxExamples) {
            let range = chunk(first, count)
            means.clear(2 * capacity)
            for sample in 0..<samples {
                let propagation = Propagation(
                    &self, memory, range, trains: false,
                    dropout: MaskSource(seed: seed, step: UInt64(sample), firstRow: UInt64(first)))
                propagation.forward(inputs)
                propagation.makeOutputs()
                // Welford 1962.
                let values = propagation.preActivations
                for u in 0..<outputs {
                    for e in 0..<range.count {
                        let i = u * range.count + e
                        let difference = Double(values.data[u * values.rowStride + e]) - means[i]
                        means[i] += difference / Double(sample + 1)
                        squares[i] +=
                            difference * (Double(values.data[u * values.rowStride + e]) - means[i])
                    }
                }
            }
            for u in 0..<outputs {
                for e in 0..<range.count {
                    let i = u * range.count + e
                    let at = u * outStrides.unit + (first + e) * outStrides.example
                    mean?[at] = T(means[i])
                    deviation?[at] = T((squares[i] / Double(samples)).squareRoot())
                }
            }
        }
    }

    private func chunk(
        _ first: Int, _ count: Int, _ rows: UnsafePointer<Int>? = nil
    ) -> ExampleRange {
        ExampleRange(
            first: first, count: min(Self.maxExamples, count - first), order: nil, rows: rows)
    }
}

extension Propagation {
    fileprivate func makeOutputs() { operations.table.pointee.outputs(loss, preActivations) }

    fileprivate func copyOut(to out: UnsafeMutablePointer<T>, _ strides: Strides) {
        operations.copy(
            preActivations, examples: range.count, to: out + range.first * strides.example, strides)
    }
}
