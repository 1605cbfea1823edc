import Regularized
import Testing

/// Errors name the argument, the element and the value, and change nothing.
@Suite struct ErrorTests {
    @Test func optionsOutOfRange() {
        let error = failure { () throws(NetworkError) in
            try Network<Float>([2, 8, 1], options: NetworkOptions(keepProb: 1.5))
        }
        #expect(error?.kind == .argument && error?.argument == "keepProb")
        #expect(error?.index == 1 && error?.value == 1.5)
        #expect(error?.description == "keepProb[1] is 1.5; it must be in (0, 1]")

        let rate = failure { () throws(NetworkError) in
            try Network<Double>([2, 1], optimizer: OptimizerOptions(.adam, learningRate: -0.5))
        }
        #expect(rate?.argument == "learningRate" && rate?.value == -0.5 && rate?.index == nil)
        #expect(rate?.description.hasPrefix("learningRate is -0.5; it must") == true)

        for wrong in [0, -3] {
            let width = failure { () throws(NetworkError) in try Network<Float>([2, wrong, 1]) }
            #expect(width?.argument == "widths" && width?.index == 1)
            #expect(width?.description == "widths[1] is \(wrong); it must be at least 1")
        }
    }

    @Test func wrongLengths() throws {
        let network = try Network<Float>([2, 3, 1])
        func message(_ examples: Examples<Float>) -> String? {
            failure { () throws(NetworkError) in try network.cost(examples) }?.description
        }
        #expect(
            message(Examples(x: [1, 2, 3], y: [1]))
                == "x has 3 values; it must have a multiple of 2, one for each input")
        #expect(
            message(Examples(x: [1, 2, 3, 4], y: [1]))
                == "y has 1 value; it must have 2, 1 for each example")
        #expect(
            message(Examples(x: [1, 2], y: [1], weights: [1, 1]))
                == "weights has 2 values; it must have 1, one for each example")
        #expect(
            failure { () throws(NetworkError) in
                try Network<Float>([2, 3, 1], options: NetworkOptions(keepProb: [0.5]))
            }?.description
                == "keepProb has 1 value; it must have 2, one for the input and each hidden layer")
        #expect(
            failure { () throws(NetworkError) in try Network<Float>([2]) }?.description
                == "widths has 1 value; it must have at least 2")
        #expect(
            failure { () throws(NetworkError) in try network.setParameters([1]) }?.argument
                == "parameters")
        #expect(failure { () throws(NetworkError) in try network.predict([1]) }?.argument == "x")
        var outputs: [Float] = [7, 7]
        var span = outputs.mutableSpan
        let x: [Float] = [1, 2]
        do {
            try network.predict(x.span, into: &span)
            Issue.record("outputs of a wrong length")
        } catch { #expect(error.argument == "outputs") }
        #expect(outputs == [7, 7])
    }

    @Test func wrongExamples() throws {
        let network = try Network<Float>([2, 3, 1])
        let before = try network.parameters
        func refused(_ examples: Examples<Float>) -> NetworkError? {
            failure { () throws(NetworkError) in
                try network.fit(examples, options: FitOptions(epochs: 1))
            }
        }
        let row = refused(Examples(x: [1, 2], y: [1], rows: [0, 3]))
        #expect(row?.argument == "rows" && row?.index == 1 && row?.value == 3)
        let target = refused(Examples(x: [1, 2], y: [-1]))
        #expect(target?.argument == "y" && target?.value == -1)
        let weight = refused(Examples(x: [1, 2], y: [1], weights: [-2]))
        #expect(weight?.argument == "weights" && weight?.value == -2)
        #expect(refused(Examples(x: [], y: []))?.kind == .argument)
        #expect(
            failure { () throws(NetworkError) in
                try network.fit(
                    Examples(x: [1, 2], y: [1]), options: FitOptions(epochs: 1, minDelta: -1))
            }?.argument == "minDelta")
        #expect(try network.parameters == before && network.position == Position(step: 0, epoch: 0))
    }

    @Test func divergenceKeepsTheLastGoodEpoch() throws {
        let points = Points<Float>(50)
        let network = try Network<Float>([2, 5, 1])
        try network.fit(points.examples, options: FitOptions(epochs: 2))
        try network.setOptimizer(OptimizerOptions(.sgd, learningRate: 1e300))
        let error = failure { () throws(NetworkError) in
            try network.fit(points.examples, options: FitOptions(epochs: 50))
        }
        #expect(error?.kind == .notFinite)
        #expect(try network.parameters.allSatisfy(\.isFinite))
    }

    /// A report may use the network but not train it; a call in the access to a buffer is an error.
    @Test func callsInsideCalls() throws {
        let points = Points<Double>(20)
        let network = try Network<Double>([2, 3, 1], optimizer: OptimizerOptions(.adam))
        var refused: [NetworkError.Kind?] = []
        var cost: Double?
        var copied: [Double]?
        var changed = false
        let result = try network.fit(points.examples, options: FitOptions(epochs: 3)) { progress in
            refused = [
                failure { () throws(NetworkError) in
                    try network.fit(points.examples, options: FitOptions(epochs: 1))
                }?.kind,
                failure { () throws(NetworkError) in try network.apply() }?.kind,
                failure { () throws(NetworkError) in
                    try network.setPosition(Position(step: 0, epoch: 0))
                }?.kind,
                failure { () throws(NetworkError) in
                    try network.setOptimizer(OptimizerOptions(.sgd))
                }?.kind,
            ]
            cost = try? network.cost(points.examples).total
            copied = try? network.copy().parameters
            #expect((try? network.parameters) == copied)
            changed =
                (try? network.setOptimizer(OptimizerOptions(.adam, learningRate: 0.1))) != nil
                && (try? network.withParameters { $0[0] = 0.25 }) != nil
            return progress.epoch == 2 ? .stop : .proceed
        }
        #expect(refused == [.inUse, .inUse, .inUse, .inUse])
        #expect(cost?.isFinite == true && copied != nil && changed)
        #expect(result.reason == .report && result.epochs == 2)
        let nested = try network.withParameters { parameters in
            let first = parameters[0]
            let error = failure { () throws(NetworkError) in try network.withParameters { $0.count }
            }
            return (first, error?.kind)
        }
        #expect(nested.0 == 0.25 && nested.1 == .inUse)
        #expect(try network.cost(points.examples).total.isFinite)
    }
}
