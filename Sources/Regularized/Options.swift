import CSwiftReg

// The options of the C interface under its names. Tests compare names and defaults with reg_get_option; ranges are
// checked by the library.

/// A value for every layer, or one for each.
public enum PerLayer<Value: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    case all(Value)
    case each([Value])

    /// `count` values; `first` takes the place of the first of `all`.
    func values(_ argument: String, count: Int, first: Value? = nil, of places: String)
        throws(NetworkError)
        -> [Value]
    {
        switch self {
        case .all(let value):
            return (0..<count).map { $0 == 0 ? first ?? value : value }
        case .each(let values):
            if values.count == count { return values }
            throw NetworkError(
                argument, has: values.count, must: "have \(count), one for \(places)")
        }
    }
}

extension PerLayer: ExpressibleByArrayLiteral {
    public init(arrayLiteral values: Value...) { self = .each(values) }
}

extension PerLayer: ExpressibleByFloatLiteral where Value == Double {
    public init(floatLiteral value: Double) { self = .all(value) }
}

extension PerLayer: ExpressibleByIntegerLiteral where Value == Double {
    public init(integerLiteral value: Int) { self = .all(Double(value)) }
}

/// The options of a network beside its widths.
public struct NetworkOptions: Codable, Hashable, Sendable {
    /// Of the hidden layers.
    public var activations: PerLayer<Activation>
    public var loss: Loss
    public var initialWeights: InitialWeights
    /// Of the masks, the order of the examples and the initial weights.
    public var seed: UInt64
    /// The probability to keep a unit, in (0, 1]. `.all` is for every hidden layer, and the input keeps all;
    /// `.each` has one for the input and one for each hidden layer.
    public var keepProb: PerLayer<Double>
    /// Lambda of the term l2 / (2 m) * sum of W^2 of each weight matrix W; finite and at least 0.
    public var l2: PerLayer<Double>
    /// Of the term l1 / m * sum of |W|; finite and at least 0.
    public var l1: PerLayer<Double>
    /// s in [0, 1): targets become y (1 - s) + s / K for K classes. Not for squared error.
    public var labelSmoothing: Double
    /// The largest Euclidean norm of the weights into a unit after an update; 0: no limit.
    public var maxNorm: Double

    public init(
        activations: PerLayer<Activation> = .all(.relu), loss: Loss = .binaryCrossEntropy,
        initialWeights: InitialWeights = .he, seed: UInt64 = 0, keepProb: PerLayer<Double> = 1,
        l2: PerLayer<Double> = 0, l1: PerLayer<Double> = 0, labelSmoothing: Double = 0,
        maxNorm: Double = 0
    ) {
        (self.activations, self.loss, self.initialWeights) = (activations, loss, initialWeights)
        (self.seed, self.keepProb, self.l2, self.l1) = (seed, keepProb, l2, l1)
        (self.labelSmoothing, self.maxNorm) = (labelSmoothing, maxNorm)
    }
}

extension NetworkOptions {
    /// Calls `body` with the struct of the C interface.
    func withStruct<R>(
        _ widths: [Int], _ body: (UnsafePointer<reg_network_options>) throws(NetworkError) -> R
    ) throws(NetworkError) -> R {
        let layers = widths.count - 1
        if layers < 1 { throw NetworkError("widths", has: widths.count, must: "have at least 2") }
        if let l = widths.firstIndex(where: { $0 < 1 }) {
            throw NetworkError("widths", index: l, is: widths[l], must: "be at least 1")
        }
        let each = "each weight matrix"
        let numbers =
            try keepProb.values(
                "keepProb", count: layers, first: 1, of: "the input and each hidden layer")
            + l2.values("l2", count: layers, of: each) + l1.values("l1", count: layers, of: each)
        let kinds = try activations.values(
            "activations", count: layers - 1, of: "each hidden layer"
        )
        .map { reg_activation($0.rawValue) }
        return try widths.withUnsafeBufferPointer { (widths) throws(NetworkError) -> R in
            try numbers.withUnsafeBufferPointer { (numbers) throws(NetworkError) -> R in
                try kinds.withUnsafeBufferPointer { (kinds) throws(NetworkError) -> R in
                    var options = reg_network_options()
                    options.struct_size = MemoryLayout<reg_network_options>.size
                    options.layers = layers
                    options.widths = widths.baseAddress
                    options.activations = kinds.isEmpty ? nil : kinds.baseAddress
                    options.loss = reg_loss(loss.rawValue)
                    options.`init` = reg_init(initialWeights.rawValue)
                    options.seed = seed
                    options.keep_prob = numbers.baseAddress
                    options.l2 = numbers.baseAddress.map { $0 + layers }
                    options.l1 = numbers.baseAddress.map { $0 + 2 * layers }
                    options.label_smoothing = labelSmoothing
                    options.max_norm = maxNorm
                    return try body(&options)
                }
            }
        }
    }

    init(_ options: reg_network_options) throws(NetworkError) {
        func each<T>(_ values: UnsafePointer<T>?, _ count: Int) -> [T] {
            Array(UnsafeBufferPointer(start: values, count: count))
        }
        let layers = options.layers
        var activations: [Activation] = []
        for kind in each(options.activations, layers - 1) {
            activations.append(try Activation("activations", number: kind.rawValue))
        }
        self.init(
            activations: .each(activations), loss: try Loss("loss", number: options.loss.rawValue),
            initialWeights: try InitialWeights("initialWeights", number: options.`init`.rawValue),
            seed: options.seed, keepProb: .each(each(options.keep_prob, layers)),
            l2: .each(each(options.l2, layers)), l1: .each(each(options.l1, layers)),
            labelSmoothing: options.label_smoothing, maxNorm: options.max_norm)
    }
}

/// The rule of the updates and its numbers. Numbers that the rule or the schedule does not use are not checked.
public struct OptimizerOptions: Codable, Hashable, Sendable {
    public var kind: Optimizer
    public var schedule: Schedule
    /// Finite and at least 0.
    public var learningRate: Double
    /// In [0, 1), as beta1 and beta2.
    public var momentum: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    /// Of the kinds that decay weights: learningRate * weightDecay * W is taken off the weights.
    public var weightDecay: Double
    /// A gradient is scaled down to this Euclidean norm; 0: no limit.
    public var clipNorm: Double
    /// The factor of a step schedule, the power of inverse scaling.
    public var decay: Double
    /// In epochs, of step and cosine.
    public var period: UInt64
    /// Of cosine.
    public var minLearningRate: Double

    /// The defaults of the rule, with those numbers replaced that are given.
    public init(
        _ kind: Optimizer = .sgd, learningRate: Double? = nil, momentum: Double? = nil,
        beta1: Double? = nil,
        beta2: Double? = nil, epsilon: Double? = nil, weightDecay: Double? = nil,
        clipNorm: Double? = nil,
        schedule: Schedule? = nil, decay: Double? = nil, period: UInt64? = nil,
        minLearningRate: Double? = nil
    ) {
        var usual = reg_optimizer_options()
        usual.struct_size = MemoryLayout<reg_optimizer_options>.size
        let status = reg_optimizer_defaults(reg_optimizer(kind.rawValue), &usual)
        precondition(status == REG_OK, "every kind has defaults")
        self.kind = kind
        self.schedule = schedule ?? Schedule(rawValue: usual.schedule.rawValue) ?? .constant
        self.learningRate = learningRate ?? usual.learning_rate
        self.momentum = momentum ?? usual.momentum
        self.beta1 = beta1 ?? usual.beta1
        self.beta2 = beta2 ?? usual.beta2
        self.epsilon = epsilon ?? usual.epsilon
        self.weightDecay = weightDecay ?? usual.weight_decay
        self.clipNorm = clipNorm ?? usual.clip_norm
        self.decay = decay ?? usual.decay
        self.period = period ?? usual.period
        self.minLearningRate = minLearningRate ?? usual.min_learning_rate
    }
}

extension OptimizerOptions {
    var asStruct: reg_optimizer_options {
        var options = reg_optimizer_options()
        options.struct_size = MemoryLayout<reg_optimizer_options>.size
        options.kind = reg_optimizer(kind.rawValue)
        options.schedule = reg_schedule(schedule.rawValue)
        options.learning_rate = learningRate
        options.momentum = momentum
        options.beta1 = beta1
        options.beta2 = beta2
        options.epsilon = epsilon
        options.weight_decay = weightDecay
        options.clip_norm = clipNorm
        options.decay = decay
        options.period = period
        options.min_learning_rate = minLearningRate
        return options
    }

    init(_ options: reg_optimizer_options) throws(NetworkError) {
        self.init(
            try Optimizer("kind", number: options.kind.rawValue),
            learningRate: options.learning_rate,
            momentum: options.momentum, beta1: options.beta1, beta2: options.beta2,
            epsilon: options.epsilon,
            weightDecay: options.weight_decay, clipNorm: options.clip_norm,
            schedule: try Schedule("schedule", number: options.schedule.rawValue),
            decay: options.decay,
            period: options.period, minLearningRate: options.min_learning_rate)
    }
}

/// How long and in what batches fit trains.
public struct FitOptions: Codable, Hashable, Sendable {
    /// The most epochs of this call.
    public var epochs: UInt64
    /// The examples of an update; 0: all. The last batch of an epoch may be smaller.
    public var batchSize: Int
    /// A new order of the examples in each epoch, from the network's seed.
    public var shuffle: Bool
    /// Training stops after more than so many epochs in a row without a fall of the cost (with validation
    /// data, of theirs) below the lowest by more than `minDelta`; 0: never.
    public var patience: UInt64
    /// At least 0.
    public var minDelta: Double
    /// Epochs between reports; the last epoch is always reported; 0: 1.
    public var reportEvery: UInt64

    public init(
        epochs: UInt64, batchSize: Int = 0, shuffle: Bool = false, patience: UInt64 = 0,
        minDelta: Double = 0,
        reportEvery: UInt64 = 1
    ) {
        (self.epochs, self.batchSize, self.shuffle) = (epochs, batchSize, shuffle)
        (self.patience, self.minDelta, self.reportEvery) = (patience, minDelta, reportEvery)
    }
}

extension FitOptions {
    var asStruct: reg_fit_options {
        var options = reg_fit_options()
        options.struct_size = MemoryLayout<reg_fit_options>.size
        options.epochs = epochs
        options.batch_size = batchSize
        options.shuffle = shuffle ? 1 : 0
        options.patience = patience
        options.min_delta = minDelta
        options.report_every = reportEvery
        return options
    }
}
