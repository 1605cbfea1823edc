import CSwiftReg

// The enums of the C interface, with its numbers. Tests compare names and numbers with reg_get_enum_value.

/// The function of a hidden layer's units; docs/formulas.md has each with its source.
public enum Activation: UInt32, CaseIterable, Codable, Sendable {
    case identity, relu, sigmoid, leakyRelu, tanh, gelu, silu, selu
}

/// The data term of the cost, and with it the output, of pre-activations z and targets y.
public enum Loss: UInt32, CaseIterable, Codable, Sendable {
    /// The sum over outputs of softplus(z) - y z; output sigmoid(z); targets in [0, 1].
    case binaryCrossEntropy
    /// log(sum exp z) * sum(y) - sum(y z); output softmax(z); targets one-hot or probabilities.
    case softmaxCrossEntropy
    /// The sum over outputs of (z - y)^2 / 2; output z; any targets.
    case squaredError

    /// The loss of a classifier.
    static func classes(_ count: Int) -> Loss {
        count == 2 ? .binaryCrossEntropy : .softmaxCrossEntropy
    }
}

/// The distribution of the initial weights; biases begin at 0.
public enum InitialWeights: UInt32, CaseIterable, Codable, Sendable {
    /// Uniform within sqrt(6 / inputs) (He and others 2015).
    case he
    /// Uniform within sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010).
    case xavier
    /// Uniform within sqrt(3 / inputs) (LeCun and others 1998).
    case lecun
    /// Normal, by NumPy's legacy generator, divided by sqrt(inputs): the course notebook's.
    case notebook
}

/// The rule of an update.
public enum Optimizer: UInt32, CaseIterable, Codable, Sendable {
    case sgd, momentum, nesterov, adam, adamw, rmsprop, lion
}

/// The learning rate over the epochs.
public enum Schedule: UInt32, CaseIterable, Codable, Sendable {
    case constant, step, cosine, inverseScaling
}

/// What ended a call of fit.
public enum StopReason: UInt32, CaseIterable, Codable, Sendable {
    /// All epochs are done.
    case epochs
    /// The report returned ``FitControl/stop``.
    case report
    /// The cost no longer fell: ``FitOptions/patience``.
    case patience
}

/// The element type of an exported function.
public enum Precision: UInt32, CaseIterable, Codable, Sendable {
    /// That of the network.
    case own
    case float32, float64
}

extension RawRepresentable where RawValue == UInt32 {
    /// The value of a number that the library gave.
    init(_ name: String, number: UInt32) throws(NetworkError) {
        guard let value = Self(rawValue: number) else {
            throw NetworkError(
                name, is: "is \(number)", number: Double(number),
                must: "be known to this version of Regularized")
        }
        self = value
    }
}
