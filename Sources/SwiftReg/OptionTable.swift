import CLayout
import CSwiftReg
import Network

// Where the header has each option, and the functions that show the table of options.

/// The field of an option in a struct of the header.
struct Field {
    let structure: StaticString
    let name: StaticString
    let offset: Int
    /// The error of a value out of range.
    let status: reg_status

    static func network(_ name: StaticString, _ offset: Int, _ status: reg_status) -> Field {
        Field(structure: "reg_network_options", name: name, offset: offset, status: status)
    }

    static func optimizer(_ name: StaticString, _ offset: Int, _ status: reg_status) -> Field {
        Field(structure: "reg_optimizer_options", name: name, offset: offset, status: status)
    }

    static func fit(_ name: StaticString, _ offset: Int, _ status: reg_status) -> Field {
        Field(structure: "reg_fit_options", name: name, offset: offset, status: status)
    }
}

extension Option {
    var field: Field {
        switch self {
        case .activation:
            .network(
                "activations", reg_network_options_activations, REG_ERROR_ACTIVATION)
        case .loss: .network("loss", reg_network_options_loss, REG_ERROR_LOSS)
        case .initialWeights: .network("init", reg_network_options_init, REG_ERROR_INIT)
        case .seed: .network("seed", reg_network_options_seed, REG_ERROR_SIZE)
        case .keepProb: .network("keep_prob", reg_network_options_keep_prob, REG_ERROR_KEEP_PROB)
        case .l2: .network("l2", reg_network_options_l2, REG_ERROR_LAMBDA)
        case .l1: .network("l1", reg_network_options_l1, REG_ERROR_LAMBDA)
        case .labelSmoothing:
            .network(
                "label_smoothing", reg_network_options_label_smoothing, REG_ERROR_LABEL_SMOOTHING)
        case .maxNorm: .network("max_norm", reg_network_options_max_norm, REG_ERROR_MAX_NORM)
        case .optimizer: .optimizer("kind", reg_optimizer_options_kind, REG_ERROR_OPTIMIZER)
        case .schedule: .optimizer("schedule", reg_optimizer_options_schedule, REG_ERROR_SCHEDULE)
        case .learningRate:
            .optimizer(
                "learning_rate", reg_optimizer_options_learning_rate, REG_ERROR_LEARNING_RATE)
        case .momentum: .optimizer("momentum", reg_optimizer_options_momentum, REG_ERROR_MOMENTUM)
        case .beta1: .optimizer("beta1", reg_optimizer_options_beta1, REG_ERROR_MOMENTUM)
        case .beta2: .optimizer("beta2", reg_optimizer_options_beta2, REG_ERROR_MOMENTUM)
        case .epsilon: .optimizer("epsilon", reg_optimizer_options_epsilon, REG_ERROR_EPSILON)
        case .weightDecay:
            .optimizer(
                "weight_decay", reg_optimizer_options_weight_decay, REG_ERROR_WEIGHT_DECAY)
        case .clipNorm:
            .optimizer(
                "clip_norm", reg_optimizer_options_clip_norm, REG_ERROR_CLIP_NORM)
        case .decay: .optimizer("decay", reg_optimizer_options_decay, REG_ERROR_SCHEDULE)
        case .period: .optimizer("period", reg_optimizer_options_period, REG_ERROR_SCHEDULE)
        case .minLearningRate:
            .optimizer(
                "min_learning_rate", reg_optimizer_options_min_learning_rate, REG_ERROR_SCHEDULE)
        case .epochs: .fit("epochs", reg_fit_options_epochs, REG_ERROR_SIZE)
        case .batchSize: .fit("batch_size", reg_fit_options_batch_size, REG_ERROR_SIZE)
        case .shuffle: .fit("shuffle", reg_fit_options_shuffle, REG_ERROR_SIZE)
        case .patience: .fit("patience", reg_fit_options_patience, REG_ERROR_SIZE)
        case .minDelta: .fit("min_delta", reg_fit_options_min_delta, REG_ERROR_MIN_DELTA)
        case .reportEvery: .fit("report_every", reg_fit_options_report_every, REG_ERROR_SIZE)
        }
    }
}

// MARK: Structs by their options

/// Reads options from a struct of the header.
struct StructReader: OptionCoder {
    private let address: UnsafeRawPointer

    init(_ address: UnsafeRawPointer) { self.address = address }

    mutating func code(_ option: Option, _ value: inout Double) throws(Failure) {
        value = address.load(fromByteOffset: option.field.offset, as: Double.self)
    }

    mutating func code(_ option: Option, _ value: inout UInt64) throws(Failure) {
        value = address.load(fromByteOffset: option.field.offset, as: UInt64.self)
    }

    mutating func code<E: Choice>(_ option: Option, _ value: inout E) throws(Failure) {
        let field = option.field
        value = try choice(
            E.self, address.load(fromByteOffset: field.offset, as: UInt32.self), field.status,
            field.name, "must be a value of its enum")
    }
}

/// Writes options to a struct of the header.
struct StructWriter: OptionCoder {
    private let address: UnsafeMutableRawPointer

    init(_ address: UnsafeMutableRawPointer) { self.address = address }

    mutating func code(_ option: Option, _ value: inout Double) throws(Failure) {
        address.storeBytes(of: value, toByteOffset: option.field.offset, as: Double.self)
    }

    mutating func code(_ option: Option, _ value: inout UInt64) throws(Failure) {
        address.storeBytes(of: value, toByteOffset: option.field.offset, as: UInt64.self)
    }

    mutating func code<E: Choice>(_ option: Option, _ value: inout E) throws(Failure) {
        address.storeBytes(of: value.rawValue, toByteOffset: option.field.offset, as: UInt32.self)
    }
}

// MARK: The table

@c @implementation
public func reg_enum_count(_ which: reg_enum) -> Int {
    ChoiceSet(rawValue: which.rawValue)?.count ?? 0
}

@c @implementation
public func reg_get_enum_value(
    _ which: reg_enum, _ number: UInt32, _ out: UnsafeMutablePointer<reg_enum_value>?
) -> reg_status {
    status { () throws(Failure) in
        let out = try result(out, "value")
        guard let set = ChoiceSet(rawValue: which.rawValue) else {
            throw Failure(
                REG_ERROR_SHAPE, "which", is: .unsigned(UInt64(which.rawValue)),
                "must be a value of reg_enum")
        }
        guard let names = set.names(number) else {
            throw Failure(
                REG_ERROR_SHAPE, "number", is: .unsigned(UInt64(number)),
                "must be below reg_enum_count(which)")
        }
        var value = reg_enum_value()
        value.name = text(names.name)
        value.identifier = text(names.identifier)
        value.number = number
        out.write(value)
    }
}

@c @implementation
public func reg_option_count() -> Int { Option.count }

@c @implementation
public func reg_get_option(
    _ index: Int, _ out: UnsafeMutablePointer<reg_option>?
) -> reg_status {
    status { () throws(Failure) in
        let out = try result(out, "option")
        guard let number = UInt8(exactly: index), let option = Option(rawValue: number) else {
            throw Failure(
                REG_ERROR_SHAPE, "index", is: .size(index), "must be below reg_option_count()")
        }
        let (info, field) = (option.info, option.field)
        var value = reg_option()
        value.name = text(info.name)
        value.structure = text(field.structure)
        value.field = text(field.name)
        value.offset = field.offset
        value.type = reg_option_type(info.kind.rawValue)
        value.per_layer = info.isPerLayer ? 1 : 0
        value.which = reg_enum(info.choices?.rawValue ?? 0)
        value.status = field.status
        value.minimum = info.range.minimum
        value.maximum = info.range.maximum
        value.excludes_minimum = info.range.excludesMinimum ? 1 : 0
        value.excludes_maximum = info.range.excludesMaximum ? 1 : 0
        value.default_value = info.usual
        value.losses = users(.loss) { Loss(rawValue: $0)?.uses(option) }
        value.optimizers = users(.optimizer) { OptimizerKind(rawValue: $0)?.uses(option) }
        value.schedules = users(.schedule) { Schedule(rawValue: $0)?.uses(option) }
        out.write(value)
    }
}

/// A bit for each value of an enum that uses an option.
private func users(_ set: ChoiceSet, _ uses: (UInt32) -> Bool?) -> UInt64 {
    var bits: UInt64 = 0
    for number in 0..<UInt32(set.count) where uses(number) == true { bits |= 1 << UInt64(number) }
    return bits
}
