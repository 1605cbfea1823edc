import CSwiftReg

// What a network holds, as spans over its own memory and as copies.

/// Where the parameters of a layer are among all: W with rows contiguous, then b.
public struct LayerParameters: Hashable, Sendable {
    public let outputs: Int
    public let inputs: Int
    /// Of W, (outputs, inputs).
    public let weights: Range<Int>
    /// Of b.
    public let biases: Range<Int>
}

extension Network {
    /// The layout of the parameters and the gradients: W and b of layer 0, of layer 1, ... without gaps.
    ///
    /// - Parameters:
    ///   - layer: from 0 to `widths.count - 2`.
    public func layer(_ layer: Int) throws(NetworkError) -> LayerParameters {
        var raw = reg_layer()
        raw.struct_size = MemoryLayout<reg_layer>.size
        try exclusive.during(.buffers) { () throws(NetworkError) in
            try check(functions.layer(handle, layer, &raw))
        }
        return LayerParameters(
            outputs: raw.n_out, inputs: raw.n_in,
            weights: raw.weights..<raw.weights + raw.n_out * raw.n_in,
            biases: raw.biases..<raw.biases + raw.n_out)
    }

    /// Calls `body` with the network's own parameters, which it may read and write.
    public func withParameters<R>(_ body: (inout MutableSpan<Scalar>) -> R) throws(NetworkError)
        -> R
    {
        try withBuffer(functions.parameters, body)
    }

    /// Calls `body` with the network's own gradients, which it may read and write.
    public func withGradients<R>(_ body: (inout MutableSpan<Scalar>) -> R) throws(NetworkError) -> R
    {
        try withBuffer(functions.gradients, body)
    }

    /// Calls `body` with the state of the optimizer: 0, 1 or 2 values a parameter, the first moments of all, then the
    /// second.
    public func withOptimizerState<R>(_ body: (inout MutableSpan<Scalar>) -> R) throws(NetworkError)
        -> R
    {
        try withBuffer(functions.optimizerState, body)
    }

    /// A copy of all parameters.
    public var parameters: [Scalar] {
        get throws(NetworkError) { try withParameters(Array.init(copying:)) }
    }

    /// A copy of the gradients.
    public var gradients: [Scalar] {
        get throws(NetworkError) { try withGradients(Array.init(copying:)) }
    }

    /// Replaces all parameters.
    public func setParameters(_ parameters: [Scalar]) throws(NetworkError) {
        let count = try withParameters { present in
            if present.count == parameters.count {
                for i in parameters.indices { present[i] = parameters[i] }
            }
            return present.count
        }
        if count != parameters.count {
            throw NetworkError("parameters", has: parameters.count, must: "have \(count)")
        }
    }

    /// A copy of the weights of a layer, (widths[layer + 1], widths[layer]), rows contiguous.
    public func weights(_ layer: Int) throws(NetworkError) -> [Scalar] {
        Array(try parameters[self.layer(layer).weights])
    }

    /// A copy of the biases of a layer.
    public func biases(_ layer: Int) throws(NetworkError) -> [Scalar] {
        Array(try parameters[self.layer(layer).biases])
    }

    private func withBuffer<R>(
        _ address: (
            OpaquePointer, _NetworkFunctions<Scalar>.Elements, _NetworkFunctions<Scalar>.Count
        )
            -> reg_status,
        _ body: (inout MutableSpan<Scalar>) -> R
    ) throws(NetworkError) -> R {
        try exclusive.during(.buffers) { () throws(NetworkError) in
            var (first, count) = (UnsafeMutablePointer<Scalar>?.none, 0)
            try check(address(handle, &first, &count))
            let buffer = UnsafeMutableBufferPointer(start: first, count: first == nil ? 0 : count)
            var span = buffer.mutableSpan
            return body(&span)
        }
    }
}

extension Array {
    fileprivate init(copying span: inout MutableSpan<Element>) {
        self = span.withUnsafeBufferPointer { Array($0) }
    }
}
