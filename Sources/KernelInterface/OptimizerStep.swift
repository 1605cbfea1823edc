public enum OptimizerKind: UInt32, Sendable {
    case sgd = 0
    case momentum = 1
    case nesterov = 2
    case adam = 3
    case adamw = 4
    case rmsprop = 5
    case lion = 6

    /// State values per parameter.
    public var moments: Int {
        switch self {
        case .sgd: 0
        case .momentum, .nesterov, .rmsprop, .lion: 1
        case .adam, .adamw: 2
        }
    }

    /// Whether its moments are divided by 1 - beta^t.
    public var correctsBias: Bool { self == .adam || self == .adamw }

    /// Whether its step multiplies the weights by 1 - rate * weight_decay.
    public var decaysWeights: Bool { self == .adamw || self == .lion }
}

/// The scalars of one parameter update. Formulas: reg_optimizer in swiftreg_network.h.
public struct OptimizerStep: Sendable {
    public var kind: OptimizerKind
    /// Multiplies the gradient before anything else.
    public var gradientScale = 1.0
    /// Multiplies the parameters before the step (decoupled weight decay).
    public var parameterScale = 1.0
    /// The learning rate, divided by 1 - beta1^t if the kind corrects the bias.
    public var rate: Double
    public var momentum = 0.0
    public var beta1 = 0.0
    public var beta2 = 0.0
    public var epsilon = 0.0
    /// 1 / (1 - beta2^t) if the kind corrects the bias.
    public var correction = 1.0

    public init(kind: OptimizerKind, rate: Double) {
        self.kind = kind
        self.rate = rate
    }
}
