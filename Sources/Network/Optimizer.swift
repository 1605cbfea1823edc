import CPlatform

/// How a network learns: see reg_optimizer_options for the meaning and the range of each number.
public struct Optimizer: BitwiseCopyable, Sendable {
    public var kind = OptimizerKind.sgd
    public var schedule = Schedule.constant
    public var learningRate = 0.01
    public var momentum = 0.9
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var weightDecay = 0.01
    /// 0: none.
    public var clipNorm = 0.0
    public var decay = 0.5
    public var period: UInt64 = 10
    public var minLearningRate = 0.0

    public init() {}

    /// The usual settings of a kind.
    public init(_ kind: OptimizerKind) {
        self.kind = kind
        learningRate = kind == .adam || kind == .adamw ? 0.001 : 0.01
    }
}

public enum Schedule: UInt32, Sendable {
    case constant = 0
    case step = 1
    case cosine = 2
    case inverseScaling = 3
}
