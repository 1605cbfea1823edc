import CSwiftReg

/// One of many fits: a network, how it is trained, and on which of the examples.
public struct FitJob<Scalar: NetworkScalar>: Sendable {
    /// In no other job.
    public var network: Network<Scalar>
    public var options: FitOptions
    /// The examples of the call to train on, in this order; they may repeat. nil: all.
    public var rows: [Int]?
    /// The examples of the call to validate with; nil: the validation examples of the call.
    public var validationRows: [Int]?

    public init(
        _ network: Network<Scalar>, options: FitOptions, rows: [Int]? = nil,
        validationRows: [Int]? = nil
    ) {
        (self.network, self.options) = (network, options)
        (self.rows, self.validationRows) = (rows, validationRows)
    }
}

extension Network {
    /// Trains independent networks on the same examples, or on rows of them, at once: one on each thread; few and
    /// large ones one after the other, each on all threads. The results are those of `fit` for one after the other,
    /// bit for bit.
    ///
    /// ```swift
    /// // Five folds of a cross-validation.
    /// let folds = try (0..<5).map { fold in
    ///     FitJob(
    ///         try Network<Float>([2, 32, 1], options: NetworkOptions(seed: 1)),
    ///         options: FitOptions(epochs: 100, batchSize: 32, patience: 10),
    ///         rows: (0..<count).filter { $0 % 5 != fold },
    ///         validationRows: (0..<count).filter { $0 % 5 == fold })
    /// }
    /// let costs = try Network.fitMany(folds, on: examples).map { try $0.get().bestCost }
    /// ```
    ///
    /// Meanwhile other calls with these networks wait. A fit that fails stops no other: its error is among the results.
    ///
    /// - Parameters:
    ///   - jobs: the networks, none of them twice.
    ///   - examples: to train on, with inputs and targets for every network.
    ///   - validation: to choose each best epoch by; nil: none.
    /// - Returns: for each job, the result of its fit or its error.
    public static func fitMany(
        _ jobs: [FitJob<Scalar>], on examples: Examples<Scalar>,
        validation: Examples<Scalar>? = nil
    ) throws(NetworkError) -> [Result<FitResult, NetworkError>] {
        try fitMany(jobs, examples, validation, until: Cancellation())
    }

    /// Trains independent networks at once, as the synchronous fitMany, while the task is suspended.
    ///
    /// Cancelling the task ends each training after its next report, and the call throws `CancellationError`. The
    /// networks keep the epochs completed.
    public static func fitMany(
        _ jobs: [FitJob<Scalar>], on examples: Examples<Scalar>,
        validation: Examples<Scalar>? = nil
    ) async throws -> [Result<FitResult, NetworkError>] {
        try await suspendedWhile { cancellation in
            let results = try fitMany(jobs, examples, validation, until: cancellation)
            let isStopped = results.contains { (try? $0.get().reason) == .report }
            if isStopped && cancellation.isCancelled { throw CancellationError() }
            return results
        }
    }

    private static func fitMany(
        _ jobs: [FitJob<Scalar>], _ examples: Examples<Scalar>, _ validation: Examples<Scalar>?,
        until cancellation: Cancellation
    ) throws(NetworkError) -> [Result<FitResult, NetworkError>] {
        let entered = try enterAll(jobs)
        defer { for network in entered { network.exclusive.leave(to: .nothing) } }
        return try examples.withBuffers { (examples) throws(NetworkError) in
            try withBuffers(validation) { (validation) throws(NetworkError) in
                // All rows in one array, whose memory is in place for all jobs.
                let rows = jobs.flatMap { ($0.rows ?? []) + ($0.validationRows ?? []) }
                return rows.withUnsafeBufferPointer { rows in
                    var start = 0
                    func next(_ count: Int) -> UnsafeBufferPointer<Int> {
                        defer { start += count }
                        return UnsafeBufferPointer(rebasing: rows[start..<start + count])
                    }
                    let fits = jobs.map { job in
                        var (training, validating) = (examples, validation)
                        if let rows = job.rows { training.rows = next(rows.count) }
                        if let rows = job.validationRows {
                            validating = examples
                            validating?.rows = next(rows.count)
                        }
                        return Result { () throws(NetworkError) in
                            try OneOfMany(job, training, validating, cancellation)
                        }
                    }
                    return run(fits)
                }
            }
        }
    }

    /// Waits for the uses of all networks by other threads.
    private static func enterAll(_ jobs: [FitJob<Scalar>]) throws(NetworkError) -> [Network] {
        var networks: [ObjectIdentifier: Network] = [:]
        for (i, job) in jobs.enumerated()
        where networks.updateValue(job.network, forKey: ObjectIdentifier(job.network)) != nil {
            throw NetworkError(
                "jobs", is: "has the network of an earlier job", index: i,
                must: "have one of its own")
        }
        // In the same order in every thread, so that no two wait for each other.
        var entered: [Network] = []
        do throws(NetworkError) {
            for (_, network) in networks.sorted(by: { $0.key < $1.key }) {
                _ = try network.exclusive.enter(.training)
                entered.append(network)
            }
        } catch {
            for network in entered { network.exclusive.leave(to: .nothing) }
            throw error
        }
        return entered
    }

    private static func run(_ fits: [Result<OneOfMany<Scalar>, NetworkError>])
        -> [Result<FitResult, NetworkError>]
    {
        var jobs = fits.compactMap { try? $0.get().job }
        // Each job has its status, which is that of the call if no network was trained.
        _ = jobs.withUnsafeMutableBufferPointer {
            Scalar._functions.fitMany($0.baseAddress, $0.count)
        }
        var statuses = jobs.map(\.status)[...]
        return fits.map { $0.flatMap { $0.outcome(statuses.removeFirst()) } }
    }
}

/// The arguments of one fit, in memory that stays in place.
private final class OneOfMany<Scalar: NetworkScalar> {
    private struct Arguments {
        var data: reg_data
        var validation: reg_data
        var options: reg_fit_options
        var result = reg_fit_result()
    }

    private let network: Network<Scalar>
    private let observer: FitObserver
    private let validates: Bool
    private let arguments: UnsafeMutablePointer<Arguments>

    init(
        _ job: FitJob<Scalar>, _ examples: ExampleBuffers<Scalar>,
        _ validation: ExampleBuffers<Scalar>?, _ cancellation: Cancellation
    ) throws(NetworkError) {
        network = job.network
        observer = FitObserver(report: nil, until: cancellation)
        validates = validation != nil
        let present = Arguments(
            data: try examples.asStruct(network.widths),
            validation: try validation?.asStruct(network.widths) ?? reg_data(),
            options: observer.observed(job.options))
        arguments = .allocate(capacity: 1)
        arguments.initialize(to: present)
        arguments.pointee.result.struct_size = MemoryLayout<reg_fit_result>.size
    }

    deinit { arguments.deallocate() }

    var job: reg_fit_job {
        var job = reg_fit_job()
        job.struct_size = MemoryLayout<reg_fit_job>.size
        job.network = network.handle
        job.data = UnsafePointer(arguments.pointer(to: \.data))
        job.validation = validates ? UnsafePointer(arguments.pointer(to: \.validation)) : nil
        job.options = UnsafePointer(arguments.pointer(to: \.options))
        job.result = arguments.pointer(to: \.result)
        // Not to begin what is cancelled.
        job.event = { ended, context in
            ended == 0 && FitObserver.of(context).isCancelled ? 1 : 0
        }
        job.status = REG_ERROR_MEMORY
        return job
    }

    func outcome(_ status: reg_status) -> Result<FitResult, NetworkError> {
        Result { () throws(NetworkError) in
            if status != REG_OK { throw error(status) }
            return try FitResult(arguments.pointee.result, history: observer.history)
        }
    }

    private func error(_ status: reg_status) -> NetworkError {
        if status == REG_ERROR_NOT_FINITE || status == REG_ERROR_MEMORY {
            return NetworkError(status)
        }
        // Arguments that were refused: again in this thread, for the words.
        let job = self.job
        arguments.pointee.options.epochs = 0
        return NetworkError(
            network.functions.fit(
                network.handle, job.data, job.validation, job.options, job.result))
    }
}
