import CPlatform

/// An optimizer with its hyperparameters: see reg_optimizer_options for their meanings, `Option` for
/// their ranges and defaults.
public struct Optimizer: Sendable {
    public var kind: OptimizerKind
    public var schedule = Schedule.constant
    public var learningRate: Double
    public var momentum = Option.momentum.info.usual
    public var beta1 = Option.beta1.info.usual
    public var beta2: Double
    public var epsilon = Option.epsilon.info.usual
    public var weightDecay = Option.weightDecay.info.usual
    /// The largest norm of the gradient; 0: no limit.
    public var clipNorm = Option.clipNorm.info.usual
    public var decay = Option.decay.info.usual
    public var period = UInt64(Option.period.info.usual)
    public var minLearningRate = Option.minLearningRate.info.usual

    /// The defaults of a kind.
    public init(_ kind: OptimizerKind = .sgd) {
        self.kind = kind
        learningRate = kind.usualLearningRate
        beta2 = kind.usualBeta2
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
        let elementary = runtime.pointee.kernels.elementary
        return switch schedule.ofBuild {
        case .constant: learningRate
        case .step: learningRate * power(decay, epoch / max(period, 1))
        case .cosine:
            minLearningRate + (learningRate - minLearningRate)
                * (1 + cosineOfPi(Double(min(epoch, period)) / Double(max(period, 1)))) / 2
        case .inverseScaling:
            learningRate
                * elementary(.exp, -decay * elementary(.log, Double(epoch) + 1))
        }
    }

    /// The scalars of update number t, counted from 1.
    @inline(never)
    func step(_ t: UInt64, rate: Double, gradientScale: Double, areWeights: Bool) -> OptimizerStep {
        var step = OptimizerStep(kind: kind, rate: rate)
        step.gradientScale = gradientScale
        step.momentum = momentum
        step.beta1 = beta1
        step.beta2 = beta2
        step.epsilon = epsilon
        if kind.correctsBias {
            step.rate = rate / (1 - power(beta1, t))
            step.correction = 1 / (1 - power(beta2, t))
        }
        if kind.decaysWeights && areWeights { step.parameterScale = 1 - rate * weightDecay }
        return step
    }
}
