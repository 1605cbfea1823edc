import CPlatform

/// An optimizer with its hyperparameters: see reg_optimizer_options for meanings and ranges.
public struct Optimizer: Sendable {
    public var kind = OptimizerKind.sgd
    public var schedule = Schedule.constant
    public var learningRate = 0.01
    public var momentum = 0.9
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var weightDecay = 0.01
    /// The largest norm of the gradient; 0: no limit.
    public var clipNorm = 0.0
    public var decay = 0.5
    public var period: UInt64 = 10
    public var minLearningRate = 0.0

    public init() {}

    /// The default hyperparameters of a kind.
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

extension Optimizer {
    /// The learning rate in an epoch: see reg_schedule.
    func rate(epoch: UInt64, _ runtime: UnsafePointer<Runtime>) -> Double {
        switch schedule {
        case .constant: learningRate
        case .step: learningRate * power(decay, epoch / max(period, 1))
        case .cosine:
            minLearningRate + (learningRate - minLearningRate)
                * (1 + cosineOfPi(Double(min(epoch, period)) / Double(max(period, 1)))) / 2
        case .inverseScaling:
            learningRate
                * elementary(.exp, -decay * elementary(.log, Double(epoch) + 1, runtime), runtime)
        }
    }

    /// The scalars of update number t, counted from 1.
    func step(_ t: UInt64, rate: Double, gradientScale: Double, areWeights: Bool) -> OptimizerStep {
        var step = OptimizerStep(kind: kind, rate: rate)
        step.gradientScale = gradientScale
        step.momentum = momentum
        if kind == .adam || kind == .adamw {
            step.rate = rate / (1 - power(beta1, t))
            step.beta1 = beta1
            step.beta2 = beta2
            step.epsilon = epsilon
            step.correction = 1 / (1 - power(beta2, t))
        }
        if kind == .adamw && areWeights { step.parameterScale = 1 - rate * weightDecay }
        return step
    }
}
