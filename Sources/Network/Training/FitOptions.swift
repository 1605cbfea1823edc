import CPlatform
import KernelInterface

/// The result of one epoch: see reg_progress.
public struct Progress: Sendable {
    public var epoch: UInt64
    public var step: UInt64
    public var cost: Double
    public var validationCost: Double
    public var learningRate: Double
    /// Whether no further epoch follows: all are done, or patience has ended.
    public var isLast: Bool
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
    /// Returns true to stop the training. Captures nothing; the context is the caller's.
    public var report: ((UnsafeRawPointer?, Progress) -> Bool)?
    public var context: UnsafeRawPointer?
    public var reportEvery: UInt64 = 1
    /// Whether anything reads a cost; otherwise it matters only whether it is finite.
    public var readsCosts = true
    public var masks: UnsafePointer<UnsafePointer<UInt8>?>?

    public init() {}

    /// The number of examples per batch.
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
