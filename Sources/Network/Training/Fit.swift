import CPlatform

/// How an epoch went: see reg_progress.
public struct Progress: Sendable {
    public var epoch: UInt64
    public var step: UInt64
    public var cost: Double
    public var validationCost: Double
    public var learningRate: Double
}

public struct FitOptions {
    public var epochs: UInt64 = 0
    /// 0: all examples.
    public var batchSize = 0
    public var shuffles = false
    public var patience: UInt64 = 0
    public var minDelta = 0.0
    public var costs: UnsafeMutablePointer<Double>?
    public var validationCosts: UnsafeMutablePointer<Double>?
    /// True ends the training. It captures nothing; the context is the caller's.
    public var report: ((UnsafeRawPointer?, Progress) -> Bool)?
    public var context: UnsafeRawPointer?
    public var reportEvery: UInt64 = 1
    public var masks: UnsafePointer<UnsafePointer<UInt8>?>?

    public init() {}

    /// The examples of a batch.
    func size<T: Scalar>(of examples: Examples<T>) -> Int {
        batchSize == 0 ? examples.count : min(batchSize, examples.count)
    }
}

public enum StopReason: UInt32, Sendable {
    case epochs = 0
    case report = 1
    case patience = 2
}

public struct FitResult: Sendable {
    public var reason = StopReason.epochs
    public var epochs: UInt64 = 0
    public var cost = Double.nan
    public var bestEpoch: UInt64 = 0
    public var bestCost = Double.nan
    public var failedStep: UInt64 = 0

    public init() {}
}

extension Network {
    /// Trains: see reg_network_fit. What was reached before an error is in the result.
    public mutating func fit(
        _ examples: Examples<T>, validation: Examples<T>?, _ options: FitOptions,
        _ result: inout FitResult
    ) throws(NetworkError) {
        let memory = try FitMemory(
            &self, examples: examples.count, shuffles: options.shuffles,
            validates: validation != nil)
        try reserve(examples, validation, options)
        var patience = Patience(options)
        var wantsMore = true
        while wantsMore && result.epochs < options.epochs {
            memory.keep(self)
            let rate = optimizer.rate(epoch: position.epoch, runtime)
            let cost: Double
            var validationCost = Double.nan
            do throws(NetworkError) {
                cost = try epoch(examples, options, memory)
                if let validation {
                    validationCost = try dataTerm(validation)
                    if !validationCost.isFinite { throw .notFinite }
                }
            } catch {
                result.failedStep = position.step
                memory.restore(&self)
                throw error
            }
            let at = Int(result.epochs)
            position.epoch += 1
            result.epochs += 1
            result.cost = cost
            options.costs?[at] = cost
            let progress = Progress(
                epoch: position.epoch, step: position.step, cost: cost,
                validationCost: validationCost, learningRate: rate)
            if validation != nil {
                options.validationCosts?[at] = validationCost
                if result.bestEpoch == 0 || validationCost < result.bestCost {
                    result.bestCost = validationCost
                    result.bestEpoch = position.epoch
                    memory.keepBest(self)
                }
            }
            if patience.isOver(validation == nil ? cost : validationCost) {
                result.reason = .patience
                wantsMore = false
            }
            let isLast = !wantsMore || result.epochs == options.epochs
            if let report = options.report, isLast || result.epochs % options.reportEvery == 0 {
                if report(options.context, progress) && !isLast {
                    result.reason = .report
                    wantsMore = false
                }
            }
        }
        if result.bestEpoch != 0 { memory.restoreBest(self) }
    }

    /// All that the batches and the validation will need, so that there is an error now or none.
    private mutating func reserve(
        _ examples: Examples<T>, _ validation: Examples<T>?, _ options: FitOptions
    ) throws(NetworkError) {
        var need = WorkingMemory(
            self, batches: options.size(of: examples), of: examples.count)
        if let validation {
            need.add(WorkingMemory(self, batch: validation.count, trains: false))
        }
        try reserve(need)
    }

    /// One pass over the examples; the mean of the batches' costs.
    private mutating func epoch(
        _ examples: Examples<T>, _ options: FitOptions, _ memory: FitMemory<T>
    ) throws(NetworkError) -> Double {
        if let order = memory.order {
            shuffle(
                runtime, order, count: examples.count, seed: settings.seed, epoch: position.epoch)
        }
        let size = options.size(of: examples)
        var (sum, total) = (0.0, 0.0)
        for first in stride(from: 0, to: examples.count, by: size) {
            let range = ExampleRange(
                first: first, count: min(size, examples.count - first),
                order: UnsafePointer(memory.order))
            let m = examples.weight(of: range)
            // A batch of examples that do not count.
            if m == 0 { continue }
            var dropout = dropout(firstRow: 0)
            dropout.masks = options.masks
            dropout.maskRow = examples.count
            let descent = descent
            let cost = try batch(
                examples, range, Share(meanOver: m, part: 1), dropout: dropout,
                wantsGradient: true, descent: descent)
            if !cost.isFinite { throw .notFinite }
            if descent == nil { try apply() } else { endUpdate() }
            sum += cost * m
            total += m
        }
        // Else the next epoch would take such parameters for good ones.
        if !operations.sumOfMagnitudes(parameters, parameterCount).isFinite { throw .notFinite }
        return sum / total
    }
}

/// Counts epochs without progress.
private struct Patience {
    private let most: UInt64
    private let minDelta: Double
    private var best = Double.infinity
    private var waited: UInt64 = 0

    init(_ options: FitOptions) {
        most = options.patience
        minDelta = options.minDelta
    }

    mutating func isOver(_ cost: Double) -> Bool {
        waited = cost < best - minDelta ? 0 : waited + 1
        if cost < best { best = cost }
        return most > 0 && waited > most
    }
}

/// What fit keeps beside the network: the state of the last good epoch, the best parameters, the order
/// of the examples. It lies in memory that the network keeps for the next call: a short one would
/// else spend its time on getting it from the system.
struct FitMemory<T: Scalar> {
    private let parameters: UnsafeMutablePointer<T>
    private let state: UnsafeMutablePointer<T>
    private let best: UnsafeMutablePointer<T>?
    private let position: UnsafeMutablePointer<Position>
    let order: UnsafeMutablePointer<Int>?

    /// All of it is one block. The network makes its own buffers here, too.
    init(
        _ network: inout Network<T>, examples: Int, shuffles: Bool, validates: Bool
    ) throws(NetworkError) {
        _ = try network.gradients()
        _ = try network.state()
        let values = Self.values(network, validates: validates)
        let orderBytes = shuffles ? shuffleBytes(examples) : 0
        let bytes = Self.bytes(
            network, examples: examples, shuffles: shuffles, validates: validates)
        let start = UnsafeMutableRawPointer(
            try network.fitSpace.take(bytes / MemoryLayout<T>.stride))
        position = start.bindMemory(to: Position.self, capacity: 1)
        order = shuffles ? (start + 64).bindMemory(to: Int.self, capacity: examples) : nil
        parameters = (start + 64 + orderBytes).bindMemory(to: T.self, capacity: values)
        state = parameters + network.parameterCount
        best = validates ? state + network.stateCount : nil
    }

    private static func values(_ network: Network<T>, validates: Bool) -> Int {
        network.parameterCount * (validates ? 2 : 1) + network.stateCount
    }

    /// A multiple of an element's.
    static func bytes(
        _ network: Network<T>, examples: Int, shuffles: Bool, validates: Bool
    ) -> Int {
        64 + (shuffles ? shuffleBytes(examples) : 0)
            + values(network, validates: validates) * MemoryLayout<T>.stride
    }

    func keep(_ network: Network<T>) {
        position.pointee = network.position
        parameters.copy(network.parameters, network.parameterCount)
        if let state = network.stateMade {
            self.state.copy(state, network.stateCount)
        }
    }

    func restore(_ network: inout Network<T>) {
        network.position = position.pointee
        network.parameters.copy(parameters, network.parameterCount)
        network.stateMade?.copy(state, network.stateCount)
    }

    func keepBest(_ network: Network<T>) {
        best?.copy(network.parameters, network.parameterCount)
    }

    func restoreBest(_ network: Network<T>) {
        if let best { network.parameters.copy(best, network.parameterCount) }
    }
}
