import CSwiftReg
import Regularized
import Testing

/// Training against the C interface, finite differences and a forward pass in plain Swift.
@Suite struct TrainingTests {
    static let options = NetworkOptions(
        activations: .all(.tanh), seed: 3, keepProb: 0.8, l2: [0.01, 0.02], l1: 0.001,
        labelSmoothing: 0.05)
    static let adam = OptimizerOptions(.adam, learningRate: 0.02)

    /// The parameters of this training by the C interface alone.
    static func byC(_ points: Points<Float>, epochs: UInt64) -> [Float] {
        var network: OpaquePointer?
        let widths = [2, 9, 1]
        let (keepProb, l2, l1) = ([1, 0.8], [0.01, 0.02], [0.001, 0.001])
        var parameters: [Float] = []
        widths.withUnsafeBufferPointer { widths in
            keepProb.withUnsafeBufferPointer { keepProb in
                l2.withUnsafeBufferPointer { l2 in
                    l1.withUnsafeBufferPointer { l1 in
                        points.x.withUnsafeBufferPointer { x in
                            points.y.withUnsafeBufferPointer { y in
                                var tanh = REG_TANH
                                var options = reg_network_options()
                                options.struct_size = MemoryLayout<reg_network_options>.size
                                (options.layers, options.widths) = (2, widths.baseAddress)
                                (options.keep_prob, options.seed) = (keepProb.baseAddress, 3)
                                (options.l2, options.l1) = (l2.baseAddress, l1.baseAddress)
                                options.label_smoothing = 0.05
                                withUnsafePointer(to: &tanh) {
                                    options.activations = $0
                                    #expect(reg_network_create(&options, &network) == REG_OK)
                                }
                                var adam = reg_optimizer_options()
                                adam.struct_size = MemoryLayout<reg_optimizer_options>.size
                                #expect(reg_optimizer_defaults(REG_ADAM, &adam) == REG_OK)
                                adam.learning_rate = 0.02
                                #expect(reg_network_set_optimizer(network, &adam) == REG_OK)
                                var data = reg_data()
                                data.struct_size = MemoryLayout<reg_data>.size
                                (data.m, data.x, data.y) = (
                                    points.y.count, x.baseAddress, y.baseAddress
                                )
                                data.x_strides = reg_strides(unit: 1, example: 2)
                                data.y_strides = reg_strides(unit: 1, example: 1)
                                var fit = reg_fit_options()
                                fit.struct_size = MemoryLayout<reg_fit_options>.size
                                (fit.epochs, fit.batch_size, fit.shuffle) = (epochs, 32, 1)
                                #expect(reg_network_fit(network, &data, nil, &fit, nil) == REG_OK)
                                var (first, count) = (UnsafeMutablePointer<Float>?.none, 0)
                                #expect(reg_network_parameters(network, &first, &count) == REG_OK)
                                parameters = Array(UnsafeBufferPointer(start: first, count: count))
                            }
                        }
                    }
                }
            }
        }
        reg_network_destroy(network)
        return parameters
    }

    @Test func sameBitsAsTheCInterface() throws {
        let points = Points<Float>(211)
        let network = try Network<Float>([2, 9, 1], options: Self.options, optimizer: Self.adam)
        try network.fit(
            points.examples, options: FitOptions(epochs: 5, batchSize: 32, shuffle: true))
        let expected = Self.byC(points, epochs: 5)
        #expect(try network.parameters.map(\.bitPattern) == expected.map(\.bitPattern))
        #expect(expected.count == 2 * 9 + 9 + 9 + 1)
    }

    struct Learns: ForBothTypes {
        func run<T: NetworkScalar>(_: T.Type) throws {
            let points = Points<T>(400)
            let network = try Network<T>(
                [2, 24, 1], options: NetworkOptions(seed: 1, keepProb: 0.9),
                optimizer: TrainingTests.adam)
            let before = try network.cost(points.examples)
            #expect(before.total == before.dataTerm)
            let result = try network.fit(
                points.examples, validation: Points<T>(100, seed: 2).examples,
                options: FitOptions(epochs: 60, batchSize: 32, shuffle: true))
            #expect(result.reason == .epochs && result.epochs == 60 && result.history.count == 60)
            #expect(result.bestCost == result.history.compactMap(\.validationCost).min())
            #expect(try network.cost(points.examples).total < before.total / 2)
            #expect(try points.accuracy(network) > 0.9)
            #expect(try network.position == Position(step: 60 * 13, epoch: 60))
        }
    }

    @Test func bothTypesLearn() throws { try Learns()() }

    /// Layouts, spans, and the division into calls change no bit.
    struct OneTraining: ForBothTypes {
        func run<T: NetworkScalar>(_: T.Type) throws {
            let points = Points<T>(150)
            let fit = FitOptions(epochs: 4, batchSize: 40, shuffle: true)
            func train(_ body: (Network<T>) throws -> Void) throws -> [T] {
                let network = try Network<T>(
                    [2, 7, 1], options: TrainingTests.options, optimizer: TrainingTests.adam)
                try body(network)
                return try network.parameters
            }
            let expected = try train { try $0.fit(points.examples, options: fit) }
            #expect(try train { try $0.fit(points.columns, options: fit) } == expected)
            #expect(
                try train { try $0.fit(x: points.x.span, y: points.y.span, options: fit) }
                    == expected)
            let halves = try train {
                for _ in 0..<2 {
                    try $0.fit(
                        points.examples,
                        options: FitOptions(epochs: 2, batchSize: 40, shuffle: true))
                }
            }
            #expect(halves == expected)
            var named = points.examples
            named.rows = Array(0..<150)
            named.weights = [T](repeating: 1, count: 150)
            #expect(try train { try $0.fit(named, options: fit) } == expected)
            #expect(try train { _ = $0 } != expected)
        }
    }

    @Test func layoutsAndCallsChangeNoBit() throws { try OneTraining()() }

    @Test func fitIsGradientAndApply() throws {
        let points = Points<Double>(50)
        let (one, other) = (
            try Network<Double>([2, 7, 1], options: Self.options, optimizer: Self.adam),
            try Network<Double>([2, 7, 1], options: Self.options, optimizer: Self.adam)
        )
        try one.fit(points.examples, options: FitOptions(epochs: 3))
        for _ in 0..<3 {
            try other.gradient(points.examples)
            try other.apply()
        }
        #expect(try one.parameters == other.parameters)
    }

    /// The gradient against central differences of the cost, both without dropout.
    @Test func gradientIsThatOfTheCost() throws {
        var options = Self.options
        options.keepProb = 1
        options.l1 = 0
        let points = Points<Double>(30)
        let network = try Network<Double>([2, 5, 1], options: options)
        let cost = try network.gradient(points.examples)
        #expect(abs(cost - (try network.cost(points.examples).total)) < 1e-12)
        let (gradients, parameters) = (try network.gradients, try network.parameters)
        for i in parameters.indices {
            func costWith(_ change: Double) throws -> Double {
                var changed = parameters
                changed[i] += change
                try network.setParameters(changed)
                return try network.cost(points.examples).total
            }
            let numeric = (try costWith(1e-5) - costWith(-1e-5)) / 2e-5
            #expect(abs(gradients[i] - numeric) < 1e-8, "parameter \(i)")
        }
        try network.setParameters(parameters)
        #expect(try network.checkGradient(points.examples, step: 1e-5) < 1e-5)
        // Parts add up.
        var sum = [Double](repeating: 0, count: parameters.count)
        for range in [0..<12, 12..<30] {
            let part = Examples(
                x: Array(points.x[2 * range.lowerBound..<2 * range.upperBound]),
                y: Array(points.y[range]))
            try network.gradient(
                part, part: BatchPart(firstRow: UInt64(range.lowerBound), totalWeight: 30))
            sum = zip(sum, try network.gradients).map(+)
        }
        #expect(zip(sum, gradients).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    /// A forward pass in plain Swift.
    @Test func outputsAreThoseOfTheFormula() throws {
        let points = Points<Double>(20)
        let network = try Network<Double>(
            [2, 6, 3], options: NetworkOptions(loss: .softmaxCrossEntropy, seed: 5))
        try network.withParameters { parameters in
            for i in parameters.indices { parameters[i] = 0.3 * Double(i % 7) - 0.8 }
        }
        var expected: [Double] = []
        for row in 0..<20 {
            var values = Array(points.x[2 * row..<2 * row + 2])
            for layer in 0..<2 {
                let (w, b) = (try network.weights(layer), try network.biases(layer))
                values = b.indices.map { [values] unit -> Double in
                    var z = b[unit]
                    for i in values.indices { z += w[unit * values.count + i] * values[i] }
                    return layer == 0 ? max(0, z) : z
                }
            }
            expected += values
        }
        #expect(
            zip(expected, try network.preActivations(points.x)).allSatisfy { abs($0 - $1) < 1e-12 })
        let outputs = try network.predict(points.x)
        for row in 0..<20 {
            #expect(abs(outputs[3 * row..<3 * row + 3].reduce(0, +) - 1) < 1e-12)
        }
        let byColumns = try network.predict(
            transposed(points.x, rows: 20, columns: 2), layout: .columns)
        #expect(transposed(outputs, rows: 20, columns: 3) == byColumns)
        var into = [Double](repeating: -1, count: 60)
        var span = into.mutableSpan
        try network.predict(points.x.span, into: &span)
        #expect(into == outputs)
        #expect(try network.predict([]) == [])
    }

    @Test func monteCarloDropout() throws {
        let points = Points<Float>(10)
        let network = try Network<Float>(
            [2, 40, 1], options: NetworkOptions(seed: 2, keepProb: 0.5))
        let (mean, deviation) = try network.predictDropout(points.x, samples: 200, seed: 4)
        #expect(mean.count == 10 && deviation.allSatisfy { $0 > 0 })
        #expect(try network.predictDropout(points.x, samples: 200, seed: 4).mean == mean)
        #expect(try network.predictDropout(points.x, samples: 1).deviation.allSatisfy { $0 == 0 })
    }

    @Test func masksAreThoseOfTheFormula() throws {
        #expect(
            try Library.dropoutMask(count: 12, keepProb: 0.5, seed: 1) == [
                0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0,
            ])
        #expect(try Library.dropoutMask(count: 0, keepProb: 0.5, seed: 1) == [])
        #expect(Library.version == String(cString: reg_version()))
        #expect(try Library.threadCount >= 1 && !Library.instructionSet.isEmpty)
    }

    @Test func bufferSpansAreTheNetworksOwn() throws {
        let network = try Network<Float>([3, 4, 2], optimizer: Self.adam)
        let layer = try network.layer(1)
        #expect(layer.outputs == 2 && layer.inputs == 4)
        #expect(layer.weights == 16..<24 && layer.biases == 24..<26)
        try network.withParameters { $0[25] = 42 }
        #expect(try network.biases(1) == [0, 42])
        #expect(try network.withOptimizerState { $0.count } == 2 * 26)
        #expect(try network.withGradients { $0.count } == 26)
        #expect(try network.memory(batchSize: 10, count: 100) > 0)
        try network.setPosition(Position(step: 5, epoch: 2))
        #expect(try network.position == Position(step: 5, epoch: 2))
    }
}
