import CSwiftReg

/// A network of dense layers with dropout, L2, L1, max-norm and label smoothing, trained on the CPU.
///
/// ```swift
/// let network = try Network<Float>(
///     [2, 32, 16, 1], options: NetworkOptions(seed: 1, keepProb: 0.9, l2: 0.01),
///     optimizer: OptimizerOptions(.adam))
/// try network.fit(Examples(x: x, y: y), options: FitOptions(epochs: 100, batchSize: 32, shuffle: true))
/// let probabilities = try network.predict(x)
/// ```
///
/// A network with L + 1 widths has L weight matrices, numbered from 0; W of layer l is (widths[l + 1], widths[l]).
/// The same options, data and calls give the same bits on every CPU with fused multiply-add, with every
/// number of threads, and from Swift, C, Python and JavaScript.
///
/// Networks are references. Calls of several threads with one network take turns: a call waits, without
/// suspending its task, while another one runs. The report of a fit may use the network, but not train it, set its
/// position or change to another kind of optimizer: that throws ``NetworkError/Kind/inUse``.
// The handle is used under `exclusive` only, except for `destroy`, when no other reference is left.
public final class Network<Scalar: NetworkScalar>: @unchecked Sendable {
    let handle: OpaquePointer
    let exclusive = Exclusive()
    /// Of the input, of each hidden layer, of the output.
    public let widths: [Int]
    public let loss: Loss

    var functions: _NetworkFunctions<Scalar> { Scalar._functions }

    /// A network with its initial weights.
    ///
    /// - Parameters:
    ///   - widths: at least 2, none of them 0: of the input, of each hidden layer, of the output.
    ///   - options: the rest of what the network is.
    ///   - optimizer: the rule of its updates; see ``setOptimizer(_:)``.
    public convenience init(
        _ widths: [Int], options: NetworkOptions = NetworkOptions(),
        optimizer: OptimizerOptions = OptimizerOptions()
    ) throws(NetworkError) {
        var made: OpaquePointer?
        try options.withStruct(widths) { (options) throws(NetworkError) in
            try check(Scalar._functions.create(options, &made))
        }
        try self.init(owning: made!)
        try setOptimizer(optimizer)
    }

    /// Takes a handle that nothing else uses.
    init(owning handle: OpaquePointer) throws(NetworkError) {
        self.handle = handle
        do {
            let options = try Self.describe(handle)
            widths = Array(UnsafeBufferPointer(start: options.widths, count: options.layers + 1))
            loss = try Loss("loss", number: options.loss.rawValue)
        } catch {
            // Without all its properties, an object that is given up has no deinit.
            Scalar._functions.destroy(handle)
            throw error
        }
    }

    deinit { functions.destroy(handle) }

    /// A call that no other call with this network interrupts.
    func call<R>(_ body: () throws(NetworkError) -> R) throws(NetworkError) -> R {
        try exclusive.during(.call, body)
    }

    private static func describe(_ handle: OpaquePointer) throws(NetworkError)
        -> reg_network_options
    {
        var options = reg_network_options()
        options.struct_size = MemoryLayout<reg_network_options>.size
        try check(Scalar._functions.describe(handle, &options))
        return options
    }
}

// MARK: Options

extension Network {
    /// The options of the network, with one value for each layer.
    public var options: NetworkOptions {
        get throws(NetworkError) {
            try call { () throws(NetworkError) in try NetworkOptions(Self.describe(handle)) }
        }
    }

    /// Changes the regularization between updates: every option but the activations, the loss, the initial weights and
    /// the seed, which are not read.
    /// Parameters, optimizer state, step and epoch stay.
    public func setRegularization(_ options: NetworkOptions) throws(NetworkError) {
        var regularization = options
        regularization.activations = .all(.relu)
        try regularization.withStruct(widths) { (options) throws(NetworkError) in
            try call { () throws(NetworkError) in
                try check(functions.setRegularization(handle, options))
            }
        }
    }

    public var optimizer: OptimizerOptions {
        get throws(NetworkError) {
            var options = reg_optimizer_options()
            options.struct_size = MemoryLayout<reg_optimizer_options>.size
            try call { () throws(NetworkError) in
                try check(functions.getOptimizer(handle, &options))
            }
            return try OptimizerOptions(options)
        }
    }

    /// Changes the optimizer. Its state begins anew at 0, unless the kind stays the same.
    public func setOptimizer(_ optimizer: OptimizerOptions) throws(NetworkError) {
        var options = optimizer.asStruct
        try call { () throws(NetworkError) in try check(functions.setOptimizer(handle, &options)) }
    }
}

/// How far training has come: the step chooses the masks, the epoch the order of the examples and the learning
/// rate. Both are below 2^48.
public struct Position: Codable, Hashable, Sendable {
    /// The number of updates.
    public var step: UInt64
    /// The number of epochs.
    public var epoch: UInt64

    public init(step: UInt64, epoch: UInt64) { (self.step, self.epoch) = (step, epoch) }
}

extension Network {
    public var position: Position {
        get throws(NetworkError) {
            var position = reg_position()
            position.struct_size = MemoryLayout<reg_position>.size
            try call { () throws(NetworkError) in
                try check(functions.getPosition(handle, &position))
            }
            return Position(step: position.step, epoch: position.epoch)
        }
    }

    public func setPosition(_ position: Position) throws(NetworkError) {
        var raw = reg_position()
        raw.struct_size = MemoryLayout<reg_position>.size
        (raw.step, raw.epoch) = (position.step, position.epoch)
        try exclusive.during(.training) { () throws(NetworkError) in
            try check(functions.setPosition(handle, &raw))
        }
    }

    /// The most bytes that the network will hold beyond its parameters.
    ///
    /// - Parameters:
    ///   - batchSize: examples in an update; 0: prediction only.
    ///   - count: all examples.
    ///   - validates: whether there are as many to validate with.
    public func memory(batchSize: Int, count: Int, validates: Bool = false) throws(NetworkError)
        -> Int
    {
        var bytes = 0
        try call { () throws(NetworkError) in
            try check(functions.memory(handle, batchSize, count, validates ? 1 : 0, &bytes))
        }
        return bytes
    }
}

// MARK: Prediction

extension Network {
    /// The outputs for examples, without dropout: probabilities, or values for squared error.
    ///
    /// - Parameters:
    ///   - x: an array, with a value for each input unit of each example, or a ``SparseMatrix``.
    ///   - layout: of the outputs, and of `x` if it is an array.
    public func predict(_ x: some NetworkInputs<Scalar>, layout: Layout = .rows)
        throws(NetworkError) -> [Scalar]
    {
        try outputs(for: x) { (x, outputs) throws(NetworkError) in
            try predict(x, layout, outputs: outputs, preActivations: nil)
        }
    }

    /// The pre-activations of the output, without dropout; the arguments are those of ``predict(_:layout:)``.
    public func preActivations(_ x: some NetworkInputs<Scalar>, layout: Layout = .rows)
        throws(NetworkError) -> [Scalar]
    {
        try outputs(for: x) { (x, outputs) throws(NetworkError) in
            try predict(x, layout, outputs: nil, preActivations: outputs)
        }
    }

    // Swift 6.2 refuses a span beside a mutable one.
    #if compiler(>=6.3)
        /// Writes the outputs for examples in memory of the caller. Nothing is allocated but working memory.
        ///
        /// - Parameters:
        ///   - x: a value for each input unit of each example.
        ///   - layout: of `x` and of the outputs.
        ///   - outputs: of as many values as there are outputs, in the layout of `x`.
        public func predict(
            _ x: Span<Scalar>, layout: Layout = .rows, into outputs: inout MutableSpan<Scalar>
        )
            throws(NetworkError)
        {
            try x.withUnsafeBufferPointer { (x) throws(NetworkError) in
                let wanted = x.count / widths[0] * widths[widths.count - 1]
                try outputs.withUnsafeMutableBufferPointer { (outputs) throws(NetworkError) in
                    if outputs.count != wanted {
                        throw NetworkError("outputs", has: outputs.count, must: "have \(wanted)")
                    }
                    try predict(
                        .dense(x), layout, outputs: outputs.baseAddress, preActivations: nil)
                }
            }
        }
    #endif

    /// Monte Carlo dropout (Gal and Ghahramani 2016): the mean of the outputs over `samples` sets of masks, and their
    /// standard deviation (with divisor `samples`), in the layout of `x`.
    ///
    /// Sample s draws the masks of step s under `seed`, example r those of row r.
    public func predictDropout(
        _ x: [Scalar], samples: Int, seed: UInt64 = 0, layout: Layout = .rows
    )
        throws(NetworkError) -> (mean: [Scalar], deviation: [Scalar])
    {
        let (inputs, count) = (widths[0], x.count / widths[0])
        let outputs = widths[widths.count - 1]
        var deviation = [Scalar](repeating: 0, count: count * outputs)
        let mean = try self.outputs(for: x) { (_, mean) throws(NetworkError) in
            try x.withUnsafeBufferPointer { (x) throws(NetworkError) in
                try deviation.withUnsafeMutableBufferPointer { (deviation) throws(NetworkError) in
                    try call { () throws(NetworkError) in
                        try check(
                            functions.predictDropout(
                                handle, count, x.baseAddress,
                                layout.strides(units: inputs, examples: count), samples,
                                seed, mean, deviation.baseAddress,
                                layout.strides(units: outputs, examples: count)))
                    }
                }
            }
        }
        return (mean, deviation)
    }

    /// An array of an output for each example, filled by `body`.
    private func outputs(
        for x: some NetworkInputs<Scalar>,
        _ body: (InputBuffers<Scalar>, UnsafeMutablePointer<Scalar>?) throws(NetworkError) -> Void
    ) throws(NetworkError) -> [Scalar] {
        try x.withBuffers { (x) throws(NetworkError) in
            let count = try x.count(inputs: widths[0])
            var outputs = [Scalar](repeating: 0, count: count * widths[widths.count - 1])
            try outputs.withUnsafeMutableBufferPointer { (outputs) throws(NetworkError) in
                try body(x, outputs.baseAddress)
            }
            return outputs
        }
    }

    private func predict(
        _ x: InputBuffers<Scalar>, _ layout: Layout, outputs: UnsafeMutablePointer<Scalar>?,
        preActivations: UnsafeMutablePointer<Scalar>?
    ) throws(NetworkError) {
        var data = try ExampleBuffers(x: x, layout: layout).asStruct(widths)
        // No examples: nothing to write, and no address.
        if data.m == 0 { return }
        let strides = layout.strides(units: widths[widths.count - 1], examples: data.m)
        try call { () throws(NetworkError) in
            try check(functions.predict(handle, &data, outputs, preActivations, strides))
        }
    }
}

// MARK: Cost and gradient

/// The cost of examples.
public struct Cost: Hashable, Sendable {
    /// The data term with the L2 and L1 terms.
    public let total: Double
    /// The mean of the examples' losses.
    public let dataTerm: Double
}

/// A part of a batch, as a rank of a data-parallel run has it.
public struct BatchPart: Hashable, Sendable {
    /// The number of the part's first example in the whole batch.
    public var firstRow: UInt64
    /// The examples of the whole batch, or the sum of their weights.
    public var totalWeight: Double

    public init(firstRow: UInt64, totalWeight: Double) {
        (self.firstRow, self.totalWeight) = (firstRow, totalWeight)
    }
}

extension Network {
    /// The cost of examples without dropout.
    public func cost(_ examples: Examples<Scalar>) throws(NetworkError) -> Cost {
        try examples.withBuffers { (buffers) throws(NetworkError) in try cost(buffers) }
    }

    /// The cost of examples without dropout, one value of `x` for each input unit and of `y` for each output unit.
    public func cost(x: Span<Scalar>, y: Span<Scalar>, layout: Layout = .rows) throws(NetworkError)
        -> Cost
    {
        try withBuffers(x, y, layout) { (buffers) throws(NetworkError) in try cost(buffers) }
    }

    private func cost(_ buffers: ExampleBuffers<Scalar>) throws(NetworkError) -> Cost {
        var data = try buffers.asStruct(widths)
        var (total, dataTerm) = (0.0, 0.0)
        try call { () throws(NetworkError) in
            try check(functions.cost(handle, &data, &total, &dataTerm))
        }
        return Cost(total: total, dataTerm: dataTerm)
    }

    /// Computes the gradient of the cost at the present step, dropout included, into the network's gradients, and
    /// returns the cost with dropout.
    ///
    /// Parts of a batch whose rows follow one another give gradients and costs whose sums are those of the
    /// batch, within rounding.
    @discardableResult
    public func gradient(_ examples: Examples<Scalar>, part: BatchPart? = nil) throws(NetworkError)
        -> Double
    {
        try examples.withBuffers { (buffers) throws(NetworkError) in
            var data = try buffers.asStruct(widths)
            var cost = 0.0
            var raw = reg_part()
            raw.struct_size = MemoryLayout<reg_part>.size
            (raw.first_row, raw.total_weight) = (part?.firstRow ?? 0, part?.totalWeight ?? 0)
            try call { () throws(NetworkError) in
                try check(functions.gradient(handle, &data, &raw, &cost))
            }
            return cost
        }
    }

    /// One update from the network's gradients, at the learning rate of the present epoch; the step counts on.
    public func apply() throws(NetworkError) {
        try exclusive.during(.training) { () throws(NetworkError) in
            try check(functions.apply(handle))
        }
    }

    /// Compares the gradient at the present step with central differences of the cost, w +- `step`, for at most
    /// `maxParameters` evenly spread over each W and b. The gradients are overwritten, the parameters stay.
    ///
    /// - Returns: the largest |a - n| / max(1e-8, |a| + |n|) of an analytic a and a numeric n.
    public func checkGradient(_ examples: Examples<Scalar>, step: Double, maxParameters: Int = 100)
        throws(NetworkError) -> Double
    {
        try examples.withBuffers { (buffers) throws(NetworkError) in
            var data = try buffers.asStruct(widths)
            var error = 0.0
            try call { () throws(NetworkError) in
                try check(functions.checkGradient(handle, &data, step, maxParameters, &error))
            }
            return error
        }
    }
}
