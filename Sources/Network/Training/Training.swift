/// A training in progress: its data and options, what it may go back to, what it has reached. Between two
/// calls of its methods the network is free.
struct Training<T: Scalar> {
    private let network: Network<T>.Handle
    private let examples: Examples<T>
    private let validation: Examples<T>?
    private let options: FitOptions
    private let threads: Int
    private let memory: FitMemory<T>
    private let need: WorkingMemory<T>
    private var patience: Patience
    private(set) var result = FitResult()
    /// Whether no further epoch follows.
    private(set) var isOver: Bool

    /// Allocates all memory that the training needs.
    init(
        _ network: Network<T>.Handle, _ examples: Examples<T>, validation: Examples<T>?,
        _ options: FitOptions, threads: Int
    ) throws(NetworkError) {
        self.network = network
        self.examples = examples
        self.validation = validation
        self.options = options
        self.threads = threads
        memory = try FitMemory(
            &network.pointee, examples: examples.count, shuffles: options.shuffles,
            validates: validation != nil)
        need = try network.pointee.reserve(examples, validation, options, threads)
        patience = Patience(options)
        isOver = options.epochs == 0
    }

    /// Trains for one epoch. After an error, the network is as it was before the epoch.
    mutating func trainEpoch() throws(NetworkError) -> Progress {
        memory.save(network.pointee)
        let rate = network.pointee.learningRate
        let cost: Double
        var validationCost = Double.nan
        do throws(NetworkError) {
            cost = try network.pointee.epoch(
                examples, options, order: memory.order, need, threads)
            if let validation {
                validationCost = try network.pointee.dataTerm(validation, threads: threads)
                if !validationCost.isFinite { throw .notFinite }
            }
        } catch {
            result.failedStep = network.pointee.position.step
            memory.restore(&network.pointee)
            throw error
        }
        network.pointee.position.epoch += 1
        record(cost: cost, validationCost: validationCost)
        isOver = isOver || result.epochs == options.epochs
        return Progress(
            epoch: network.pointee.position.epoch, step: network.pointee.position.step, cost: cost,
            validationCost: validationCost, learningRate: rate, isLast: isOver)
    }

    /// Keeps the costs of an epoch, and the best parameters. Ends the training where patience does.
    private mutating func record(cost: Double, validationCost: Double) {
        let at = Int(result.epochs)
        result.epochs += 1
        result.cost = cost
        options.costs?[at] = cost
        if validation != nil {
            options.validationCosts?[at] = validationCost
            if result.bestEpoch == 0 || validationCost < result.bestCost {
                result.bestCost = validationCost
                result.bestEpoch = network.pointee.position.epoch
                memory.saveBest(network.pointee)
            }
        }
        if patience.isOver(validation == nil ? cost : validationCost) {
            result.reason = .patience
            isOver = true
        }
    }

    /// Whether the caller wants a report of the last epoch.
    var isReportDue: Bool { isOver || result.epochs % options.reportEvery == 0 }

    /// Ends the training for the answer to a report.
    mutating func stop() {
        if isOver { return }
        result.reason = .report
        isOver = true
    }

    /// Goes back to the parameters of the best epoch, if there is one.
    func restoreBest() {
        if result.bestEpoch != 0 { memory.restoreBest(network.pointee) }
    }
}

/// Counts epochs without improvement.
private struct Patience {
    private let maxEpochs: UInt64
    private let minDelta: Double
    private var best = Double.infinity
    private var waited: UInt64 = 0

    init(_ options: FitOptions) {
        maxEpochs = options.patience
        minDelta = options.minDelta
    }

    mutating func isOver(_ cost: Double) -> Bool {
        waited = cost < best - minDelta ? 0 : waited + 1
        if cost < best { best = cost }
        return maxEpochs > 0 && waited > maxEpochs
    }
}
