import CSwiftReg

/// How an epoch went.
public struct FitProgress: Codable, Hashable, Sendable {
    /// The epochs completed, over all calls of fit.
    public let epoch: UInt64
    /// The updates, likewise.
    public let step: UInt64
    /// The mean of the batches' costs, each taken before its update, with dropout and the L2 and L1 terms.
    public let cost: Double
    /// The data term of the validation examples after the epoch, without dropout; nil without them.
    public let validationCost: Double?
    public let learningRate: Double
}

/// What fit does after a report.
public enum FitControl: Sendable {
    case proceed
    case stop
}

/// How a call of fit went.
public struct FitResult: Codable, Hashable, Sendable {
    public let reason: StopReason
    /// Completed in this call.
    public let epochs: UInt64
    /// Of the last of them; nil if there was none.
    public let cost: Double?
    /// The epoch (as in ``FitProgress``) with the lowest validation cost, whose parameters the network now has; nil
    /// without validation examples.
    public let bestEpoch: UInt64?
    public let bestCost: Double?
    /// The reports of this call.
    public let history: [FitProgress]
}

extension Network {
    /// Trains for some epochs more, on this thread.
    ///
    /// With validation examples, the parameters are at the end those of the epoch with the lowest validation cost. If
    /// a cost or a parameter becomes infinite or NaN, the call throws ``NetworkError/Kind/notFinite``, and the
    /// network is as after the last good epoch.
    ///
    /// - Parameters:
    ///   - examples: to train on, at least one.
    ///   - validation: to choose the best epoch by; nil: none.
    ///   - options: how long and in what batches.
    ///   - report: called after every ``FitOptions/reportEvery`` epochs. It may use the network, as it is after this
    ///     epoch, but not train it.
    @discardableResult
    public func fit(
        _ examples: Examples<Scalar>, validation: Examples<Scalar>? = nil, options: FitOptions,
        report: ((FitProgress) -> FitControl)? = nil
    ) throws(NetworkError) -> FitResult {
        try examples.withBuffers { (examples) throws(NetworkError) in
            try withBuffers(validation) { (validation) throws(NetworkError) in
                try fit(examples, validation, options, FitObserver(report: report))
            }
        }
    }

    /// Trains on examples in memory that is not copied: `x` has a value for each input unit, `y` for each output unit of
    /// each example.
    @discardableResult
    public func fit(
        x: Span<Scalar>, y: Span<Scalar>, layout: Layout = .rows, options: FitOptions,
        report: ((FitProgress) -> FitControl)? = nil
    ) throws(NetworkError) -> FitResult {
        try withBuffers(x, y, layout) { (buffers) throws(NetworkError) in
            try fit(buffers, nil, options, FitObserver(report: report))
        }
    }

    private func fit(
        _ examples: ExampleBuffers<Scalar>, _ validation: ExampleBuffers<Scalar>?,
        _ options: FitOptions, _ observer: FitObserver
    ) throws(NetworkError) -> FitResult {
        var data = try examples.asStruct(widths)
        let validation = try validation?.asStruct(widths)
        var raw = observer.observed(options)
        var result = reg_fit_result()
        result.struct_size = MemoryLayout<reg_fit_result>.size
        try exclusive.during(.fit) { () throws(NetworkError) in
            try withExtendedLifetime(observer) { () throws(NetworkError) in
                try withPointer(to: validation) { (validation) throws(NetworkError) in
                    try check(functions.fit(handle, &data, validation, &raw, &result))
                }
            }
        }
        return try FitResult(result, history: observer.history)
    }
}

private func withPointer<T, R>(
    to value: T?, _ body: (UnsafePointer<T>?) throws(NetworkError) -> R
) throws(NetworkError) -> R {
    guard let value else { return try body(nil) }
    return try withUnsafePointer(to: value) { (value) throws(NetworkError) -> R in try body(value) }
}

extension FitResult {
    init(_ result: reg_fit_result, history: [FitProgress]) throws(NetworkError) {
        self.init(
            reason: try StopReason("reason", number: result.reason.rawValue), epochs: result.epochs,
            cost: result.epochs == 0 ? nil : result.cost,
            bestEpoch: result.best_epoch == 0 ? nil : result.best_epoch,
            bestCost: result.best_epoch == 0 ? nil : result.best_cost, history: history)
    }
}

/// Receives the reports of one fit, on its thread.
final class FitObserver {
    private let report: ((FitProgress) -> FitControl)?
    private let cancellation: Cancellation?
    private(set) var history: [FitProgress] = []

    init(report: ((FitProgress) -> FitControl)?, until cancellation: Cancellation? = nil) {
        (self.report, self.cancellation) = (report, cancellation)
    }

    var isCancelled: Bool { cancellation?.isCancelled == true }

    /// The options of the C interface, whose context this object is.
    func observed(_ options: FitOptions) -> reg_fit_options {
        var raw = options.asStruct
        raw.report = { progress, context in
            guard let progress else { return 1 }
            return FitObserver.of(context).receive(progress.pointee)
        }
        raw.context = Unmanaged.passUnretained(self).toOpaque()
        return raw
    }

    static func of(_ context: UnsafeMutableRawPointer?) -> FitObserver {
        Unmanaged<FitObserver>.fromOpaque(context!).takeUnretainedValue()
    }

    /// Not 0 ends the training.
    private func receive(_ raw: reg_progress) -> Int32 {
        let progress = FitProgress(
            epoch: raw.epoch, step: raw.step, cost: raw.cost,
            validationCost: raw.validation_cost.isNaN ? nil : raw.validation_cost,
            learningRate: raw.learning_rate)
        history.append(progress)
        return report?(progress) == .stop || isCancelled ? 1 : 0
    }
}

// MARK: Asynchronous training

extension Network {
    /// Trains for some epochs more, on a thread of its own, while the task is suspended.
    ///
    /// Cancelling the task ends the training after the next report, and the call throws `CancellationError`. The
    /// network keeps the epochs completed. Other errors are those of the synchronous fit.
    @discardableResult
    public func fit(
        _ examples: Examples<Scalar>, validation: Examples<Scalar>? = nil, options: FitOptions,
        report: (@Sendable (FitProgress) -> FitControl)? = nil
    ) async throws -> FitResult {
        try await suspendedWhile { cancellation in
            try self.fit(
                examples, validation, options, until: cancellation,
                report: { report?($0) ?? .proceed })
        }
    }

    /// A sequence of the reports of a training, which begins with the first call of `next`.
    ///
    /// ```swift
    /// for try await progress in network.progress(of: examples, options: FitOptions(epochs: 1000)) {
    ///     print(progress.epoch, progress.cost)
    /// }
    /// ```
    ///
    /// Leaving the loop, or cancelling its task, ends the training after its next report; a cancelled loop throws
    /// `CancellationError`. The network keeps the epochs completed. The training does not wait for the loop: reports that
    /// were not yet taken are kept.
    public func progress(
        of examples: Examples<Scalar>, validation: Examples<Scalar>? = nil, options: FitOptions
    ) -> FitSequence<Scalar> {
        FitSequence(network: self, examples: examples, validation: validation, options: options)
    }

    fileprivate func fit(
        _ examples: Examples<Scalar>, _ validation: Examples<Scalar>?, _ options: FitOptions,
        until cancellation: Cancellation, report: @escaping (FitProgress) -> FitControl
    ) throws -> FitResult {
        if cancellation.isCancelled { throw CancellationError() }
        let result = try fit(examples, validation: validation, options: options) {
            report($0) == .stop || cancellation.isCancelled ? .stop : .proceed
        }
        if result.reason == .report && cancellation.isCancelled { throw CancellationError() }
        return result
    }
}

/// The reports of a training: see ``Network/progress(of:validation:options:)``. Each iterator trains.
public struct FitSequence<Scalar: NetworkScalar>: AsyncSequence, Sendable {
    public typealias Element = FitProgress
    public typealias Failure = any Error

    fileprivate let network: Network<Scalar>
    fileprivate let examples: Examples<Scalar>
    fileprivate let validation: Examples<Scalar>?
    fileprivate let options: FitOptions

    public func makeAsyncIterator() -> Iterator { Iterator(sequence: self) }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let sequence: FitSequence
        private var reports: AsyncThrowingStream<FitProgress, any Error>.Iterator?

        fileprivate init(sequence: FitSequence) { self.sequence = sequence }

        public mutating func next() async throws -> FitProgress? {
            if reports == nil {
                try Task.checkCancellation()
                reports = sequence.train().makeAsyncIterator()
            }
            if let progress = try await reports?.next() { return progress }
            // The stream of a cancelled task ends without an error.
            try Task.checkCancellation()
            return nil
        }
    }

    /// Begins to train. The training ends when the stream is given up.
    private func train() -> AsyncThrowingStream<FitProgress, any Error> {
        let cancellation = Cancellation()
        return AsyncThrowingStream { continuation in
            continuation.onTermination = { _ in cancellation.cancel() }
            do {
                try runOnNewThread {
                    do {
                        _ = try network.fit(examples, validation, options, until: cancellation) {
                            continuation.yield($0)
                            return .proceed
                        }
                        continuation.finish()
                    } catch {
                        continuation.finish(throwing: error)
                    }
                }
            } catch {
                continuation.finish(throwing: error)
            }
        }
    }
}
