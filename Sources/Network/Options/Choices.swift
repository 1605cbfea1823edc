import CPlatform
import KernelInterface

/// An enum of the header. Its numbers are 0, 1, ... without gaps.
public protocol Choice: Omittable {
    var names: ChoiceNames { get }
}

/// How a value of an enum is called: in files and in Python, and in C.
public struct ChoiceNames: Sendable {
    public let name: StaticString
    public let identifier: StaticString

    fileprivate init(_ name: StaticString, _ identifier: StaticString) {
        self.name = name
        self.identifier = identifier
    }
}

/// The enums, by the numbers of reg_enum.
public enum ChoiceSet: UInt32, Sendable {
    case activation = 0
    case loss = 1
    case initialWeights = 2
    case optimizer = 3
    case schedule = 4
    case function = 5
    case stop = 6
    case precision = 7
    case inputStep = 8

    /// The names of the value of this number, if there is one.
    public func names(_ number: UInt32) -> ChoiceNames? {
        switch self {
        case .activation: Activation(rawValue: number)?.names
        case .loss: Loss(rawValue: number)?.names
        case .initialWeights: InitialWeights(rawValue: number)?.names
        case .optimizer: OptimizerKind(rawValue: number)?.names
        case .schedule: Schedule(rawValue: number)?.names
        case .function: ElementaryFunction(rawValue: number)?.names
        case .stop: StopReason(rawValue: number)?.names
        case .precision: Precision(rawValue: number)?.names
        case .inputStep: InputStep(rawValue: number)?.names
        }
    }

    public var count: Int {
        var count: UInt32 = 0
        while names(count) != nil { count += 1 }
        return Int(count)
    }
}

extension Activation: Choice {
    public var names: ChoiceNames {
        switch self {
        case .identity: ChoiceNames("identity", "REG_IDENTITY")
        case .relu: ChoiceNames("relu", "REG_RELU")
        case .sigmoid: ChoiceNames("sigmoid", "REG_SIGMOID")
        case .leakyRelu: ChoiceNames("leaky_relu", "REG_LEAKY_RELU")
        case .tanh: ChoiceNames("tanh", "REG_TANH")
        case .gelu: ChoiceNames("gelu", "REG_GELU")
        case .silu: ChoiceNames("silu", "REG_SILU")
        case .selu: ChoiceNames("selu", "REG_SELU")
        }
    }
}

extension Loss: Choice {
    public var names: ChoiceNames {
        switch self {
        case .binaryCrossEntropy: ChoiceNames("binary_cross_entropy", "REG_BINARY_CROSS_ENTROPY")
        case .softmaxCrossEntropy:
            ChoiceNames("softmax_cross_entropy", "REG_SOFTMAX_CROSS_ENTROPY")
        case .squaredError: ChoiceNames("squared_error", "REG_SQUARED_ERROR")
        }
    }
}

extension InitialWeights: Choice {
    public var names: ChoiceNames {
        switch self {
        case .he: ChoiceNames("he", "REG_INIT_HE")
        case .xavier: ChoiceNames("xavier", "REG_INIT_XAVIER")
        case .lecun: ChoiceNames("lecun", "REG_INIT_LECUN")
        case .notebook: ChoiceNames("notebook", "REG_INIT_NOTEBOOK")
        }
    }
}

extension OptimizerKind: Choice {
    public var names: ChoiceNames {
        switch self {
        case .sgd: ChoiceNames("sgd", "REG_SGD")
        case .momentum: ChoiceNames("momentum", "REG_MOMENTUM")
        case .nesterov: ChoiceNames("nesterov", "REG_NESTEROV")
        case .adam: ChoiceNames("adam", "REG_ADAM")
        case .adamw: ChoiceNames("adamw", "REG_ADAMW")
        case .rmsprop: ChoiceNames("rmsprop", "REG_RMSPROP")
        case .lion: ChoiceNames("lion", "REG_LION")
        }
    }
}

extension Schedule: Choice {
    public static var built: Int { platform_schedules }

    public var names: ChoiceNames {
        switch self {
        case .constant: ChoiceNames("constant", "REG_CONSTANT")
        case .step: ChoiceNames("step", "REG_STEP")
        case .cosine: ChoiceNames("cosine", "REG_COSINE")
        case .inverseScaling: ChoiceNames("inverse_scaling", "REG_INVERSE_SCALING")
        }
    }
}

extension ElementaryFunction: Choice {
    public var names: ChoiceNames {
        switch self {
        case .exp: ChoiceNames("exp", "REG_FUNCTION_EXP")
        case .log: ChoiceNames("log", "REG_FUNCTION_LOG")
        case .log1p: ChoiceNames("log1p", "REG_FUNCTION_LOG1P")
        case .sigmoid: ChoiceNames("sigmoid", "REG_FUNCTION_SIGMOID")
        case .softplus: ChoiceNames("softplus", "REG_FUNCTION_SOFTPLUS")
        case .tanh: ChoiceNames("tanh", "REG_FUNCTION_TANH")
        case .erf: ChoiceNames("erf", "REG_FUNCTION_ERF")
        }
    }
}

extension StopReason: Choice {
    public var names: ChoiceNames {
        switch self {
        case .epochs: ChoiceNames("epochs", "REG_STOP_EPOCHS")
        case .report: ChoiceNames("report", "REG_STOP_REPORT")
        case .patience: ChoiceNames("patience", "REG_STOP_PATIENCE")
        }
    }
}

extension Precision: Choice {
    public var names: ChoiceNames {
        switch self {
        case .own: ChoiceNames("own", "REG_PRECISION_OWN")
        case .float32: ChoiceNames("float32", "REG_PRECISION_FLOAT32")
        case .float64: ChoiceNames("float64", "REG_PRECISION_FLOAT64")
        }
    }
}

extension InputStep: Choice {
    public var names: ChoiceNames {
        switch self {
        case .subtract: ChoiceNames("subtract", "REG_STEP_SUBTRACT")
        case .divide: ChoiceNames("divide", "REG_STEP_DIVIDE")
        case .multiply: ChoiceNames("multiply", "REG_STEP_MULTIPLY")
        case .add: ChoiceNames("add", "REG_STEP_ADD")
        case .atLeast: ChoiceNames("at_least", "REG_STEP_AT_LEAST")
        case .atMost: ChoiceNames("at_most", "REG_STEP_AT_MOST")
        case .missing: ChoiceNames("missing", "REG_STEP_MISSING")
        case .impute: ChoiceNames("impute", "REG_STEP_IMPUTE")
        }
    }
}
