import CSwiftReg
import Regularized
import Testing

/// Names, order and defaults of the structs against the table of the library's options.
@Suite struct OptionTableTests {
    struct Row {
        let name: String
        let perLayer: Bool
        let usual: Double
    }

    /// The options of a struct of the C interface, under the names of this module.
    static func table(_ structure: String) throws -> [Row] {
        try (0..<reg_option_count()).compactMap { index -> Row? in
            var option = reg_option()
            option.struct_size = MemoryLayout<reg_option>.size
            try #require(reg_get_option(index, &option) == REG_OK)
            if String(cString: option.structure) != structure { return nil }
            return Row(
                name: camelCase(String(cString: option.field)), perLayer: option.per_layer == 1,
                usual: option.default_value)
        }
    }

    static func camelCase(_ field: String) -> String {
        // A keyword of Swift.
        if field == "init" { return "initialWeights" }
        let parts = field.split(separator: "_").map(String.init)
        return parts[0]
            + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    static func number(_ value: Any) -> Double? {
        switch value {
        case let value as Double: value
        case let value as UInt64: Double(value)
        case let value as Int: Double(value)
        case let value as Bool: value ? 1 : 0
        case let value as any RawRepresentable<UInt32>: Double(value.rawValue)
        case PerLayer<Double>.all(let value): value
        case PerLayer<Activation>.all(let value): Double(value.rawValue)
        default: nil
        }
    }

    static func compare(_ options: Any, with structure: String) throws {
        let rows = try table(structure)
        let fields = Mirror(reflecting: options).children
        #expect(fields.map { $0.label ?? "" } == rows.map(\.name))
        for (field, row) in zip(fields, rows) {
            #expect(number(field.value) == row.usual, "\(row.name)")
            let isPerLayer = field.value is PerLayer<Double> || field.value is PerLayer<Activation>
            #expect(isPerLayer == row.perLayer, "\(row.name)")
        }
    }

    @Test func networkOptions() throws {
        try Self.compare(NetworkOptions(), with: "reg_network_options")
    }

    @Test func optimizerOptions() throws {
        try Self.compare(OptimizerOptions(), with: "reg_optimizer_options")
    }

    @Test func fitOptions() throws {
        try Self.compare(FitOptions(epochs: 0), with: "reg_fit_options")
    }

    @Test func enums() throws {
        func compare<E: CaseIterable & RawRepresentable<UInt32>>(_: E.Type, with which: reg_enum)
            throws
        {
            #expect(E.allCases.count == reg_enum_count(which))
            for value in E.allCases {
                var raw = reg_enum_value()
                raw.struct_size = MemoryLayout<reg_enum_value>.size
                try #require(reg_get_enum_value(which, value.rawValue, &raw) == REG_OK)
                #expect("\(value)" == Self.camelCase(String(cString: raw.name)))
            }
        }
        try compare(Activation.self, with: REG_ENUM_ACTIVATION)
        try compare(Loss.self, with: REG_ENUM_LOSS)
        try compare(InitialWeights.self, with: REG_ENUM_INIT)
        try compare(Optimizer.self, with: REG_ENUM_OPTIMIZER)
        try compare(Schedule.self, with: REG_ENUM_SCHEDULE)
        try compare(StopReason.self, with: REG_ENUM_STOP)
        try compare(Precision.self, with: REG_ENUM_PRECISION)
    }

    @Test(arguments: Optimizer.allCases) func defaultsOfEachKind(_ kind: Optimizer) {
        var usual = reg_optimizer_options()
        usual.struct_size = MemoryLayout<reg_optimizer_options>.size
        #expect(reg_optimizer_defaults(reg_optimizer(kind.rawValue), &usual) == REG_OK)
        let options = OptimizerOptions(kind)
        #expect(options.kind == kind && options.learningRate == usual.learning_rate)
        #expect(options.beta2 == usual.beta2 && options.weightDecay == usual.weight_decay)
    }

    /// What is set is what the network has.
    @Test func optionsAreThoseOfTheNetwork() throws {
        let options = NetworkOptions(
            activations: [.tanh, .selu], loss: .softmaxCrossEntropy, initialWeights: .xavier,
            seed: 7,
            keepProb: [0.9, 0.8, 0.7], l2: [0.1, 0.2, 0.3], l1: [0.01, 0, 0.02],
            labelSmoothing: 0.1, maxNorm: 3)
        let optimizer = OptimizerOptions(
            .nesterov, learningRate: 0.5, momentum: 0.8, clipNorm: 2, schedule: .cosine, period: 7,
            minLearningRate: 0.001)
        let network = try Network<Double>([4, 5, 6, 3], options: options, optimizer: optimizer)
        #expect(try network.options == options)
        #expect(try network.optimizer == optimizer)
        #expect(network.widths == [4, 5, 6, 3] && network.loss == .softmaxCrossEntropy)

        var changed = options
        changed.keepProb = 0.5
        changed.l2 = 0.25
        try network.setRegularization(changed)
        #expect(try network.options.keepProb == [1, 0.5, 0.5])
        #expect(try network.options.l2 == [0.25, 0.25, 0.25])
        #expect(try network.options.activations == options.activations)
    }
}
