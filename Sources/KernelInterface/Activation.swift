public enum Activation: UInt32, Sendable {
    case identity = 0
    case relu = 1
    case sigmoid = 2
    case leakyRelu = 3
    case tanh = 4
    case gelu = 5
    case silu = 6
    case selu = 7

    /// Whether its derivative is computed from the pre-activation; otherwise from the output.
    public var needsPreActivation: Bool {
        switch self {
        case .gelu, .silu: true
        default: false
        }
    }
}

/// The factor of a leaky ReLU for negative values.
public let leakySlope = 0.01

/// The constants of SELU: the factor of positive values, and the negative of the limit for z = -infinity.
public let seluScale = 1.0507009873554804934193349852946
public let seluLimit = seluScale * 1.6732632423543772848170429916717

public enum ElementaryFunction: UInt32, Sendable {
    case exp = 0
    case log = 1
    case log1p = 2
    case sigmoid = 3
    case softplus = 4
    case tanh = 5
    case erf = 6
}
