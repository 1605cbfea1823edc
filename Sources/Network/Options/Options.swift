/// Every option of the public interface that is a number or a choice, in the order of the structs of
/// the header. This table is the only place for names, ranges and defaults: the boundary checks by
/// it, files take their names from it, and `reg_get_option` shows it to other languages.
public enum Option: UInt8, Sendable {
    // reg_network_options
    case activation, loss, initialWeights, seed, keepProb, l2, l1, labelSmoothing, maxNorm
    // reg_optimizer_options
    case optimizer, schedule, learningRate, momentum, beta1, beta2, epsilon, weightDecay
    case clipNorm, decay, period, minLearningRate
    // reg_fit_options
    case epochs, batchSize, shuffle, patience, minDelta, reportEvery

    public static var count: Int { Int(Option.reportEvery.rawValue) + 1 }

    public var info: OptionInfo {
        switch self {
        case .activation: OptionInfo("activations", .activation, isPerLayer: true, usual: 1)
        case .loss: OptionInfo("loss", .loss)
        case .initialWeights: OptionInfo("init", .initialWeights)
        case .seed: OptionInfo("seed", integersFrom: 0)
        case .keepProb:
            OptionInfo(
                "keep_prob", OptionRange(0, 1, excludesMinimum: true), usual: 1, isPerLayer: true)
        case .l2: OptionInfo("l2", .finite, isPerLayer: true)
        case .l1: OptionInfo("l1", .finite, isPerLayer: true)
        case .labelSmoothing: OptionInfo("label_smoothing", .fraction)
        case .maxNorm: OptionInfo("max_norm", .any)
        case .optimizer: OptionInfo("optimizer", .optimizer)
        case .schedule: OptionInfo("schedule", .schedule)
        case .learningRate:
            OptionInfo("learning_rate", .finite, usual: OptimizerKind.sgd.usualLearningRate)
        case .momentum: OptionInfo("momentum", .fraction, usual: 0.9)
        case .beta1: OptionInfo("beta1", .fraction, usual: 0.9)
        case .beta2: OptionInfo("beta2", .fraction, usual: 0.999)
        case .epsilon: OptionInfo("epsilon", .finite, usual: 1e-8)
        case .weightDecay: OptionInfo("weight_decay", .finite, usual: 0.01)
        case .clipNorm: OptionInfo("clip_norm", .any)
        case .decay: OptionInfo("decay", .finite, usual: 0.5)
        case .period: OptionInfo("period", integersFrom: 1, usual: 10)
        case .minLearningRate: OptionInfo("min_learning_rate", .finite)
        case .epochs: OptionInfo("epochs", integersFrom: 0)
        case .batchSize: OptionInfo("batch_size", integersFrom: 0, .size)
        case .shuffle: OptionInfo("shuffle", integersFrom: 0, .flag)
        case .patience: OptionInfo("patience", integersFrom: 0)
        case .minDelta: OptionInfo("min_delta", .any)
        case .reportEvery: OptionInfo("report_every", integersFrom: 0, usual: 1)
        }
    }
}

/// What an option may be.
public struct OptionInfo: Sendable {
    /// How the header declares its field: double, uint64_t, size_t, int32_t, or an enum.
    public enum Kind: UInt32, Sendable {
        case real = 0
        case integer = 1
        case size = 2
        case flag = 3
        case choice = 4
    }

    /// In files and in Python.
    public let name: StaticString
    public let kind: Kind
    public let range: OptionRange
    /// Its default, as a number. Where it depends on the optimizer, that of the first.
    public let usual: Double
    /// One value for each layer.
    public let isPerLayer: Bool
    /// The values of a choice.
    public let choices: ChoiceSet?

    fileprivate init(
        _ name: StaticString, _ range: OptionRange, usual: Double = 0, isPerLayer: Bool = false
    ) {
        (self.name, kind, self.range, self.usual) = (name, .real, range, usual)
        (self.isPerLayer, choices) = (isPerLayer, nil)
    }

    fileprivate init(
        _ name: StaticString, integersFrom minimum: Double, _ kind: Kind = .integer,
        usual: Double = 0
    ) {
        (self.name, self.kind, range) = (name, kind, OptionRange(minimum, .infinity))
        (self.usual, isPerLayer, choices) = (usual, false, nil)
    }

    fileprivate init(
        _ name: StaticString, _ choices: ChoiceSet, isPerLayer: Bool = false, usual: Double = 0
    ) {
        (self.name, kind, self.usual) = (name, .choice, usual)
        range = OptionRange(0, Double(choices.count - 1))
        (self.isPerLayer, self.choices) = (isPerLayer, choices)
    }
}

/// The numbers from a minimum to a maximum. A maximum of infinity that is excluded means finite; an
/// integer's maximum of infinity is that of its type.
public struct OptionRange: Sendable {
    public let minimum, maximum: Double
    public let excludesMinimum, excludesMaximum: Bool

    init(
        _ minimum: Double, _ maximum: Double, excludesMinimum: Bool = false,
        excludesMaximum: Bool = false
    ) {
        (self.minimum, self.maximum) = (minimum, maximum)
        (self.excludesMinimum, self.excludesMaximum) = (excludesMinimum, excludesMaximum)
    }

    /// [0, 1)
    public static var fraction: OptionRange { OptionRange(0, 1, excludesMaximum: true) }
    /// Finite and at least 0.
    public static var finite: OptionRange { OptionRange(0, .infinity, excludesMaximum: true) }
    /// At least 0, also infinite.
    public static var any: OptionRange { OptionRange(0, .infinity) }

    /// NaN is in no range.
    public func contains(_ x: Double) -> Bool {
        (excludesMinimum ? x > minimum : x >= minimum)
            && (excludesMaximum ? x < maximum : x <= maximum)
    }

    /// What a number must be, in words that follow "it".
    public var words: StaticString {
        if maximum == .infinity {
            if excludesMaximum { return "must be finite and at least 0" }
            return minimum == 1 ? "must be at least 1" : "must be at least 0"
        }
        return excludesMinimum
            ? "must be in (0, 1]" : excludesMaximum ? "must be in [0, 1)" : "must be in [0, 1]"
    }
}

// MARK: Where options are used

extension OptimizerKind {
    public var usualLearningRate: Double {
        switch self {
        case .sgd, .momentum, .nesterov: 0.01
        case .adam, .adamw: 0.001
        case .rmsprop: 0.01
        case .lion: 0.0001
        }
    }

    public var usualBeta2: Double {
        switch self {
        case .rmsprop, .lion: 0.99
        default: Option.beta2.info.usual
        }
    }

    /// Whether its update needs the option. All use those that are about no optimizer in particular.
    public func uses(_ option: Option) -> Bool {
        switch option {
        case .momentum: self == .momentum || self == .nesterov
        case .beta1: self == .adam || self == .adamw || self == .lion
        case .beta2: self == .rmsprop || uses(.beta1)
        case .epsilon: self == .adam || self == .adamw || self == .rmsprop
        case .weightDecay: decaysWeights
        default: true
        }
    }
}

extension Schedule {
    public func uses(_ option: Option) -> Bool {
        switch option {
        case .decay: self == .step || self == .inverseScaling
        case .period: self == .step || self == .cosine
        case .minLearningRate: self == .cosine
        default: true
        }
    }
}

extension Loss {
    public func uses(_ option: Option) -> Bool {
        option != .labelSmoothing || self != .squaredError
    }
}

extension Loss {
    /// What its targets should be; nil: any.
    public var targetRange: OptionRange? {
        switch self {
        case .binaryCrossEntropy: OptionRange(0, 1)
        case .softmaxCrossEntropy: .any
        case .squaredError: nil
        }
    }
}

// MARK: Walks through the options of a struct

/// Reads, writes or checks the options of a struct, one after another: so each struct lists its
/// fields once.
public protocol OptionCoder {
    associatedtype Problem: Error
    mutating func code(_ option: Option, _ value: inout Double) throws(Problem)
    mutating func code(_ option: Option, _ value: inout UInt64) throws(Problem)
    mutating func code<E: Choice>(_ option: Option, _ value: inout E) throws(Problem)
}

extension Layer {
    public mutating func codeRegularization<C: OptionCoder>(
        _ coder: inout C
    ) throws(C.Problem) {
        try coder.code(.keepProb, &keepProb)
        try coder.code(.l2, &l2)
        try coder.code(.l1, &l1)
    }
}

extension Settings {
    public mutating func codeModel<C: OptionCoder>(_ coder: inout C) throws(C.Problem) {
        try coder.code(.loss, &loss)
        try coder.code(.initialWeights, &initialWeights)
        try coder.code(.seed, &seed)
    }

    public mutating func codeRegularization<C: OptionCoder>(
        _ coder: inout C
    ) throws(C.Problem) {
        try coder.code(.labelSmoothing, &labelSmoothing)
        try coder.code(.maxNorm, &maxNorm)
    }
}

extension Optimizer {
    public mutating func code<C: OptionCoder>(_ coder: inout C) throws(C.Problem) {
        try coder.code(.optimizer, &kind)
        try coder.code(.schedule, &schedule)
        try coder.code(.learningRate, &learningRate)
        try coder.code(.momentum, &momentum)
        try coder.code(.beta1, &beta1)
        try coder.code(.beta2, &beta2)
        try coder.code(.epsilon, &epsilon)
        try coder.code(.weightDecay, &weightDecay)
        try coder.code(.clipNorm, &clipNorm)
        try coder.code(.decay, &decay)
        try coder.code(.period, &period)
        try coder.code(.minLearningRate, &minLearningRate)
    }
}

// MARK: Checks

/// A number that an option may not be.
public struct OptionProblem: Error {
    public let option: Option
    public let real: Double
    public let integer: UInt64
    /// The value is right in itself, but not 0, and the loss cannot use it.
    public let isForAnotherLoss: Bool
}

/// Compares numbers with the ranges of their options. Choices are right by their type.
private struct RangeChecker: OptionCoder {
    /// The numbers of other schedules than this one may be anything.
    let schedule: Schedule?

    private func isIgnored(_ option: Option) -> Bool { schedule?.uses(option) == false }

    func code(_ option: Option, _ value: inout Double) throws(OptionProblem) {
        // NaN is no number, and has no text in a file.
        if (isIgnored(option) && !value.isNaN) || option.info.range.contains(value) { return }
        throw OptionProblem(option: option, real: value, integer: 0, isForAnotherLoss: false)
    }

    func code(_ option: Option, _ value: inout UInt64) throws(OptionProblem) {
        if isIgnored(option) || Double(value) >= option.info.range.minimum { return }
        throw OptionProblem(option: option, real: 0, integer: value, isForAnotherLoss: false)
    }

    func code<E: Choice>(_ option: Option, _ value: inout E) throws(OptionProblem) {}
}

extension Layer {
    public func check() throws(OptionProblem) {
        var (checker, copy) = (RangeChecker(schedule: nil), self)
        try copy.codeRegularization(&checker)
    }
}

extension Settings {
    public func check() throws(OptionProblem) {
        var (checker, copy) = (RangeChecker(schedule: nil), self)
        try copy.codeRegularization(&checker)
        if labelSmoothing != 0 && !loss.uses(.labelSmoothing) {
            throw OptionProblem(
                option: .labelSmoothing, real: labelSmoothing, integer: 0, isForAnotherLoss: true)
        }
    }
}

extension Optimizer {
    /// The numbers that the schedule does not use are not checked.
    public func check() throws(OptionProblem) {
        var (checker, copy) = (RangeChecker(schedule: schedule), self)
        try copy.code(&checker)
    }
}
