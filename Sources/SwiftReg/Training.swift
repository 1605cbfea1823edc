import CSwiftReg
import Network

// What a network computes.

// MARK: Prediction

/// The inputs of m examples, by strides.
@inline(__always)
private func denseInputs<T: Scalar>(
    _ network: Network<T>.Handle, _ m: Int, _ x: UnsafePointer<T>?, _ xStrides: reg_strides
) throws(Failure) -> Inputs<T> {
    let nIn = network.pointee.inputs
    let count = try elements(T.self, Size(nIn, "n_in"), Size(m, "m"))
    return .dense(
        try input(x, count, "x"),
        try xStrides.checked(T.self, "x_strides", units: nIn, examples: m, isOutput: false))
}

/// The strides of outputs that go to one of two places, or to both.
@inline(__always)
private func outputStrides<T: Scalar>(
    _ network: Network<T>.Handle, _ m: Int, _ first: UnsafeMutablePointer<T>?,
    _ second: UnsafeMutablePointer<T>?, _ outStrides: reg_strides,
    _ names: (StaticString, StaticString)
) throws(Failure) -> Strides {
    let nOut = network.pointee.outputs
    _ = try elements(T.self, Size(nOut, "n_out"), Size(m, "m"))
    try require(first != nil || second != nil, else: REG_ERROR_NULL, names.0, names.1)
    return try outStrides.checked(
        T.self, "out_strides", units: nOut, examples: m, isOutput: true)
}

private func predict<T: Scalar>(
    _ handle: OpaquePointer?, _ m: Int, _ x: UnsafePointer<T>?, _ xStrides: reg_strides,
    _ outputs: UnsafeMutablePointer<T>?, _ preActivations: UnsafeMutablePointer<T>?,
    _ outStrides: reg_strides
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        if m == 0 { return }
        try predict(
            network, try denseInputs(network, m, x, xStrides), m, rows: nil, outputs,
            preActivations, outStrides)
    }
}

@inline(__always)
private func predict<T: Scalar>(
    _ network: Network<T>.Handle, _ inputs: Inputs<T>, _ m: Int, rows: UnsafePointer<Int>?,
    _ outputs: UnsafeMutablePointer<T>?, _ preActivations: UnsafeMutablePointer<T>?,
    _ outStrides: reg_strides
) throws(Failure) {
    let outStrides = try outputStrides(
        network, m, outputs, preActivations, outStrides,
        ("outputs", "and pre_activations are NULL"))
    try networkDoes { () throws(NetworkError) in
        try network.pointee.predict(
            inputs, count: m, rows: rows, outputs: outputs, preActivations: preActivations,
            outStrides: outStrides)
    }
}

@c @implementation
public func reg_network_predict(
    _ network: OpaquePointer?, _ m: Int, _ x: UnsafePointer<Float>?, _ x_strides: reg_strides,
    _ outputs: UnsafeMutablePointer<Float>?, _ pre_activations: UnsafeMutablePointer<Float>?,
    _ out_strides: reg_strides
) -> reg_status {
    predict(network, m, x, x_strides, outputs, pre_activations, out_strides)
}

@c @implementation
public func reg_network_predict_f64(
    _ network: OpaquePointer?, _ m: Int, _ x: UnsafePointer<Double>?, _ x_strides: reg_strides,
    _ outputs: UnsafeMutablePointer<Double>?, _ pre_activations: UnsafeMutablePointer<Double>?,
    _ out_strides: reg_strides
) -> reg_status {
    predict(network, m, x, x_strides, outputs, pre_activations, out_strides)
}

private func predict<D: DataOfC>(
    _ handle: OpaquePointer?, _ data: UnsafePointer<D>?,
    _ outputs: UnsafeMutablePointer<D.Element>?,
    _ preActivations: UnsafeMutablePointer<D.Element>?, _ outStrides: reg_strides
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(D.Element.self, handle)
        let data = try read(data, "data")
        let inputs = try inputs(data, network.pointee.inputs)
        if data.m == 0 { return }
        try predict(
            network, inputs, data.m, rows: data.rows, outputs, preActivations, outStrides)
    }
}

@c @implementation
public func reg_network_predict_data(
    _ network: OpaquePointer?, _ data: UnsafePointer<reg_data>?,
    _ outputs: UnsafeMutablePointer<Float>?, _ pre_activations: UnsafeMutablePointer<Float>?,
    _ out_strides: reg_strides
) -> reg_status {
    predict(network, data, outputs, pre_activations, out_strides)
}

@c @implementation
public func reg_network_predict_data_f64(
    _ network: OpaquePointer?, _ data: UnsafePointer<reg_data_f64>?,
    _ outputs: UnsafeMutablePointer<Double>?, _ pre_activations: UnsafeMutablePointer<Double>?,
    _ out_strides: reg_strides
) -> reg_status {
    predict(network, data, outputs, pre_activations, out_strides)
}

private func predictDropout<T: Scalar>(
    _ handle: OpaquePointer?, _ m: Int, _ x: UnsafePointer<T>?, _ xStrides: reg_strides,
    _ samples: Int, _ seed: UInt64, _ mean: UnsafeMutablePointer<T>?,
    _ deviation: UnsafeMutablePointer<T>?, _ outStrides: reg_strides
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        try require(
            samples >= 0 && samples < Position.limit, else: REG_ERROR_SIZE, "samples",
            is: .size(samples), "must be below 2^48")
        try requireSome(Size(samples, "samples"))
        if m == 0 { return }
        let inputs = try denseInputs(network, m, x, xStrides)
        let outStrides = try outputStrides(
            network, m, mean, deviation, outStrides, ("mean", "and deviation are NULL"))
        try networkDoes { () throws(NetworkError) in
            try network.pointee.predictDropout(
                inputs, count: m, samples: samples, seed: seed, mean: mean, deviation: deviation,
                outStrides: outStrides)
        }
    }
}

@c @implementation
public func reg_network_predict_dropout(
    _ network: OpaquePointer?, _ m: Int, _ x: UnsafePointer<Float>?, _ x_strides: reg_strides,
    _ samples: Int, _ seed: UInt64, _ mean: UnsafeMutablePointer<Float>?,
    _ deviation: UnsafeMutablePointer<Float>?, _ out_strides: reg_strides
) -> reg_status {
    predictDropout(network, m, x, x_strides, samples, seed, mean, deviation, out_strides)
}

@c @implementation
public func reg_network_predict_dropout_f64(
    _ network: OpaquePointer?, _ m: Int, _ x: UnsafePointer<Double>?, _ x_strides: reg_strides,
    _ samples: Int, _ seed: UInt64, _ mean: UnsafeMutablePointer<Double>?,
    _ deviation: UnsafeMutablePointer<Double>?, _ out_strides: reg_strides
) -> reg_status {
    predictDropout(network, m, x, x_strides, samples, seed, mean, deviation, out_strides)
}

// MARK: Cost and gradient

private func cost<D: DataOfC>(
    _ handle: OpaquePointer?, _ data: UnsafePointer<D>?, _ cost: UnsafeMutablePointer<Double>?,
    _ dataTerm: UnsafeMutablePointer<Double>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(D.Element.self, handle)
        let cost = try output(cost, 1, "cost")
        let examples = try examples(data, for: network)
        let result = try networkDoes { () throws(NetworkError) in
            try network.pointee.cost(examples)
        }
        cost.pointee = result.cost
        dataTerm?.pointee = result.dataTerm
    }
}

@c @implementation
public func reg_network_cost(
    _ network: OpaquePointer?, _ data: UnsafePointer<reg_data>?,
    _ cost_out: UnsafeMutablePointer<Double>?, _ data_term: UnsafeMutablePointer<Double>?
) -> reg_status {
    cost(network, data, cost_out, data_term)
}

@c @implementation
public func reg_network_cost_f64(
    _ network: OpaquePointer?, _ data: UnsafePointer<reg_data_f64>?,
    _ cost_out: UnsafeMutablePointer<Double>?, _ data_term: UnsafeMutablePointer<Double>?
) -> reg_status {
    cost(network, data, cost_out, data_term)
}

private func gradient<D: DataOfC>(
    _ handle: OpaquePointer?, _ data: UnsafePointer<D>?, _ part: UnsafePointer<reg_part>?,
    _ cost: UnsafeMutablePointer<Double>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(D.Element.self, handle)
        var (firstRow, totalWeight) = (UInt64(0), 0.0)
        if part != nil {
            let part = try read(part, "part")
            (firstRow, totalWeight) = (part.first_row, part.total_weight)
        }
        let examples = try examples(data, for: network, allowsAllZero: totalWeight > 0)
        do throws(NetworkError) {
            let result = try network.pointee.gradient(
                examples, firstRow: firstRow, totalWeight: totalWeight)
            cost?.pointee = result
        } catch .sampleWeight {
            throw Failure(
                REG_ERROR_SAMPLE_WEIGHT, "total_weight", is: .real(totalWeight),
                "must be finite, and at least the part's own m or sum of weights")
        } catch {
            throw Failure(error)
        }
    }
}

@c @implementation
public func reg_network_gradient(
    _ network: OpaquePointer?, _ data: UnsafePointer<reg_data>?, _ part: UnsafePointer<reg_part>?,
    _ cost: UnsafeMutablePointer<Double>?
) -> reg_status {
    gradient(network, data, part, cost)
}

@c @implementation
public func reg_network_gradient_f64(
    _ network: OpaquePointer?, _ data: UnsafePointer<reg_data_f64>?,
    _ part: UnsafePointer<reg_part>?, _ cost: UnsafeMutablePointer<Double>?
) -> reg_status {
    gradient(network, data, part, cost)
}

private func apply<T: Scalar>(_: T.Type, _ handle: OpaquePointer?) -> reg_status {
    status { () throws(Failure) in
        let network = try networkToTrain(T.self, handle)
        let next = network.pointee.position.step + 1
        try require(
            next < Position.limit, else: REG_ERROR_SIZE, "step", is: .unsigned(next),
            "must be below 2^48")
        try networkDoes { () throws(NetworkError) in try network.pointee.apply() }
    }
}

@c @implementation
public func reg_network_apply(_ network: OpaquePointer?) -> reg_status {
    apply(Float.self, network)
}

@c @implementation
public func reg_network_apply_f64(_ network: OpaquePointer?) -> reg_status {
    apply(Double.self, network)
}

private func checkGradient<D: DataOfC>(
    _ handle: OpaquePointer?, _ data: UnsafePointer<D>?, _ step: Double,
    _ maxParameters: Int, _ maxError: UnsafeMutablePointer<Double>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(D.Element.self, handle)
        let maxError = try output(maxError, 1, "max_error")
        try require(
            step > 0 && step < .infinity, else: REG_ERROR_SHAPE, "step", is: .real(step),
            "must be finite and above 0")
        try requireSize(Size(maxParameters, "max_parameters"))
        let examples = try examples(data, for: network)
        maxError.pointee = try networkDoes { () throws(NetworkError) in
            try network.pointee.checkGradient(examples, step: step, maxParameters: maxParameters)
        }
    }
}

@c @implementation
public func reg_network_check_gradient(
    _ network: OpaquePointer?, _ data: UnsafePointer<reg_data>?, _ step: Double,
    _ max_parameters: Int, _ max_error: UnsafeMutablePointer<Double>?
) -> reg_status {
    checkGradient(network, data, step, max_parameters, max_error)
}

@c @implementation
public func reg_network_check_gradient_f64(
    _ network: OpaquePointer?, _ data: UnsafePointer<reg_data_f64>?, _ step: Double,
    _ max_parameters: Int, _ max_error: UnsafeMutablePointer<Double>?
) -> reg_status {
    checkGradient(network, data, step, max_parameters, max_error)
}

// MARK: Fit

/// What a report of the caller needs, by pointer: a closure that captured it would be allocated.
struct Report {
    let call: reg_report?
    let context: UnsafeMutableRawPointer?

    static func forward(_ report: UnsafeRawPointer?, _ progress: Progress) -> Bool {
        guard let report = report?.assumingMemoryBound(to: Report.self).pointee,
            let call = report.call
        else { return false }
        var c = reg_progress()
        c.struct_size = MemoryLayout<reg_progress>.size
        c.epoch = progress.epoch
        c.step = progress.step
        c.cost = progress.cost
        c.validation_cost = progress.validationCost
        c.learning_rate = progress.learningRate
        c.is_last = progress.isLast ? 1 : 0
        return call(&c, report.context) != 0
    }
}

@inline(never)
func fitOptions<T: Scalar>(
    _ options: reg_fit_options, _ network: Network<T>.Handle, m: Int
) throws(Failure) -> FitOptions {
    var fit = FitOptions()
    let position = network.pointee.position
    let (batchSize, epochs) = (options.batch_size, options.epochs)
    try requireSize(Size(batchSize, "batch_size"))
    let batches = batchSize > 0 ? UInt64((m - 1) / batchSize + 1) : 1
    let (steps, overflow) = epochs.multipliedReportingOverflow(by: batches)
    try require(
        !overflow && steps < Position.limit - position.step
            && epochs < Position.limit - position.epoch, else: REG_ERROR_SIZE, "epochs",
        is: .unsigned(epochs), "must leave the step and the epoch below 2^48")
    if options.costs != nil || options.validation_costs != nil {
        // More than an Int holds (of 32 bits: 2^31) is more than memory holds.
        _ = try elements(Double.self, Size(Int(exactly: epochs) ?? -1, "epochs"))
    }
    // The order of the examples is kept in words.
    if options.shuffle != 0 { _ = try elements(Int.self, Size(m, "m"), Size(2, "")) }
    try check(options.min_delta, as: .minDelta)
    if let masks = options.masks {
        for l in 0..<network.pointee.layerCount where masks[l] != nil {
            let layer = network.pointee.layers[l]
            _ = try elements(UInt8.self, Size(layer.nIn, "n_in"), Size(m, "m"))
            try require(
                layer.keepProb < 1, else: REG_ERROR_KEEP_PROB, "masks", index: l,
                "must be NULL: the layer's keep_prob is 1, which drops nothing")
        }
    }
    fit.epochs = epochs
    fit.batchSize = batchSize
    fit.shuffles = options.shuffle != 0
    fit.patience = options.patience
    fit.minDelta = options.min_delta
    fit.costs = options.costs
    fit.validationCosts = options.validation_costs
    fit.reportEvery = max(1, options.report_every)
    fit.masks = options.masks
    return fit
}

private func fit<D: DataOfC>(
    _ handle: OpaquePointer?, _ data: UnsafePointer<D>?, _ validation: UnsafePointer<D>?,
    _ options: UnsafePointer<reg_fit_options>?, _ result: UnsafeMutablePointer<reg_fit_result>?
) -> reg_status {
    status { () throws(Failure) in
        var (job, reply) = try fitArguments(handle, data, validation, options, result)
        withUnsafePointer(to: reply.report) {
            job.options.context = UnsafeRawPointer($0)
            job.run(threads: Threads.count)
        }
        try reply.answer(job.error, job.result)
    }
}

/// What a fit needs of the caller's beside the network and its data.
struct FitReply {
    let report: Report
    let result: ResultPlace<reg_fit_result>?
    /// One of many fits has these, too.
    var event: reg_fit_event?
    var status: UnsafeMutablePointer<reg_status>?

    /// Completes one of many fits on its thread, and passes its events on.
    static func forward(_ reply: UnsafeRawPointer?, _ event: FitEvent) -> Bool {
        guard let reply = reply?.assumingMemoryBound(to: FitReply.self).pointee else {
            return false
        }
        var ended: Int32 = 0
        if case .ended(let error, let reached) = event {
            ended = 1
            reply.status?.pointee = SwiftReg.status { () throws(Failure) in
                try reply.answer(error, reached)
            }
        }
        guard let call = reply.event else { return false }
        return call(ended, reply.report.context) != 0
    }

    /// Writes the result. What was reached before a cost was not finite is told all the same.
    func answer(_ error: NetworkError?, _ reached: FitResult) throws(Failure) {
        if error == nil || error == .notFinite { result?.write(reg_fit_result(reached)) }
        if let error { throw Failure(error) }
    }
}

/// The arguments of a fit, checked. The context of the job's report is left to the caller: the address of
/// the reply's.
@inline(__always)
func fitArguments<D: DataOfC>(
    _ handle: OpaquePointer?, _ data: UnsafePointer<D>?, _ validation: UnsafePointer<D>?,
    _ options: UnsafePointer<reg_fit_options>?, _ result: UnsafeMutablePointer<reg_fit_result>?
) throws(Failure) -> (FitJob<D.Element>, FitReply) {
    let network = try networkToTrain(D.Element.self, handle)
    let train = try examples(data, for: network)
    let validation =
        validation == nil ? nil : try examples(validation, .validation, for: network)
    let options = try read(options, "options")
    var fit = try fitOptions(options, network, m: train.count)
    if options.report != nil { fit.report = Report.forward }
    fit.readsCosts =
        result != nil || options.costs != nil || options.report != nil || options.patience > 0
    let reply = FitReply(
        report: Report(call: options.report, context: options.context),
        result: result == nil ? nil : try SwiftReg.result(result, "result"))
    return (
        FitJob(network: network, examples: train, validation: validation, options: fit), reply
    )
}

extension reg_fit_result {
    init(_ result: FitResult) {
        self.init()
        reason = reg_stop(result.reason.rawValue)
        epochs = result.epochs
        cost = result.cost
        best_epoch = result.bestEpoch
        best_cost = result.bestCost
        failed_step = result.failedStep
    }
}

@c @implementation
public func reg_network_fit(
    _ network: OpaquePointer?, _ data: UnsafePointer<reg_data>?,
    _ validation: UnsafePointer<reg_data>?, _ options: UnsafePointer<reg_fit_options>?,
    _ result: UnsafeMutablePointer<reg_fit_result>?
) -> reg_status {
    fit(network, data, validation, options, result)
}

@c @implementation
public func reg_network_fit_f64(
    _ network: OpaquePointer?, _ data: UnsafePointer<reg_data_f64>?,
    _ validation: UnsafePointer<reg_data_f64>?, _ options: UnsafePointer<reg_fit_options>?,
    _ result: UnsafeMutablePointer<reg_fit_result>?
) -> reg_status {
    fit(network, data, validation, options, result)
}
