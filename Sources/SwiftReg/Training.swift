import CSwiftReg
import Network

// What a network computes.

// MARK: Prediction

/// The strides of outputs that go to one of two places, or to both.
@inline(__always)
private func outputStrides<T: Scalar>(
    _: T.Type, _ network: Network<T>.Handle, _ m: Int, _ x: UnsafePointer<T>?,
    _ xStrides: reg_strides, _ first: UnsafeMutablePointer<T>?, _ second: UnsafeMutablePointer<T>?,
    _ outStrides: reg_strides
) throws(Failure) -> (x: UnsafePointer<T>, xStrides: Strides, out: Strides) {
    let (nIn, nOut) = (network.pointee.inputs, network.pointee.outputs)
    let count = try elements(T.self, nIn, m)
    _ = try elements(T.self, nOut, m)
    try require(m > 0, else: REG_ERROR_SHAPE)
    let x = try input(x, count)
    try require(first != nil || second != nil, else: REG_ERROR_NULL)
    return (
        x, try xStrides.checked(T.self, units: nIn, examples: m, isOutput: false),
        try outStrides.checked(T.self, units: nOut, examples: m, isOutput: true)
    )
}

private func predict<T: Scalar>(
    _ handle: OpaquePointer?, _ m: Int, _ x: UnsafePointer<T>?, _ xStrides: reg_strides,
    _ outputs: UnsafeMutablePointer<T>?, _ preActivations: UnsafeMutablePointer<T>?,
    _ outStrides: reg_strides
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        if m == 0 { return }
        let (x, xStrides, outStrides) = try outputStrides(
            T.self, network, m, x, xStrides, outputs, preActivations, outStrides)
        try networkDoes { () throws(NetworkError) in
            try network.pointee.predict(
                x, xStrides, count: m, outputs: outputs, preActivations: preActivations,
                outStrides: outStrides)
        }
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

private func predictDropout<T: Scalar>(
    _ handle: OpaquePointer?, _ m: Int, _ x: UnsafePointer<T>?, _ xStrides: reg_strides,
    _ samples: Int, _ seed: UInt64, _ mean: UnsafeMutablePointer<T>?,
    _ deviation: UnsafeMutablePointer<T>?, _ outStrides: reg_strides
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        try require(samples >= 0 && samples < Position.limit, else: REG_ERROR_SIZE)
        try require(samples > 0, else: REG_ERROR_SHAPE)
        if m == 0 { return }
        let (x, xStrides, outStrides) = try outputStrides(
            T.self, network, m, x, xStrides, mean, deviation, outStrides)
        try networkDoes { () throws(NetworkError) in
            try network.pointee.predictDropout(
                x, xStrides, count: m, samples: samples, seed: seed, mean: mean,
                deviation: deviation, outStrides: outStrides)
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
        let cost = try output(cost, 1)
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
            let part = try sized(part).pointee
            (firstRow, totalWeight) = (part.first_row, part.total_weight)
        }
        let examples = try examples(data, for: network, mayWeighNothing: totalWeight > 0)
        let result = try networkDoes { () throws(NetworkError) in
            try network.pointee.gradient(examples, firstRow: firstRow, totalWeight: totalWeight)
        }
        cost?.pointee = result
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
        let network = try network(T.self, handle)
        try require(network.pointee.position.step + 1 < Position.limit, else: REG_ERROR_SIZE)
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
        let maxError = try output(maxError, 1)
        try require(step > 0 && step < .infinity, else: REG_ERROR_SHAPE)
        try require(maxParameters >= 0, else: REG_ERROR_SIZE)
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
private struct Report {
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
        return call(&c, report.context) != 0
    }
}

private func fitOptions<T: Scalar>(
    _ options: UnsafePointer<reg_fit_options>?, _ network: Network<T>.Handle, m: Int
) throws(Failure) -> FitOptions {
    let options = try sized(options).pointee
    var fit = FitOptions()
    let most = Position.limit
    let position = network.pointee.position
    let batches = options.batch_size > 0 ? UInt64((m - 1) / options.batch_size + 1) : 1
    let (steps, overflow) = options.epochs.multipliedReportingOverflow(by: batches)
    try require(
        options.batch_size >= 0 && !overflow && steps < most - position.step
            && options.epochs < most - position.epoch, else: REG_ERROR_SIZE)
    if options.costs != nil || options.validation_costs != nil {
        // More than an Int holds (of 32 bits: 2^31) is more than memory holds.
        guard let epochs = Int(exactly: options.epochs) else { throw Failure(REG_ERROR_SIZE) }
        _ = try elements(Double.self, epochs)
    }
    // The order of the examples is kept in words.
    if options.shuffle != 0 { _ = try elements(Int.self, m, 2) }
    try require(options.min_delta >= 0, else: REG_ERROR_MIN_DELTA)
    if let masks = options.masks {
        for l in 0..<network.pointee.layerCount where masks[l] != nil {
            _ = try elements(UInt8.self, network.pointee.layers[l].nIn, m)
            try require(network.pointee.layers[l].keepProb < 1, else: REG_ERROR_KEEP_PROB)
        }
    }
    fit.epochs = options.epochs
    fit.batchSize = options.batch_size
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
        let network = try network(D.Element.self, handle)
        let train = try examples(data, for: network)
        let validation = validation == nil ? nil : try examples(validation, for: network)
        var fit = try fitOptions(options, network, m: train.count)
        let result = result == nil ? nil : try sized(result)
        let report = Report(call: options?.pointee.report, context: options?.pointee.context)
        if report.call != nil { fit.report = Report.forward }
        var reached = FitResult()
        do throws(NetworkError) {
            try withUnsafePointer(to: report) { report throws(NetworkError) in
                fit.context = UnsafeRawPointer(report)
                try network.pointee.fit(train, validation: validation, fit, &reached)
            }
        } catch {
            // What was reached before a cost was not finite is told all the same.
            if error == .notFinite { result?.pointee.fill(reached) }
            throw Failure(error)
        }
        result?.pointee.fill(reached)
    }
}

extension reg_fit_result {
    fileprivate mutating func fill(_ result: FitResult) {
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
