import Foundation
import Regularized
import Testing

@Suite struct EstimatorTests {
    static let options = EstimatorOptions(
        hiddenWidths: [32], network: NetworkOptions(seed: 1, l2: 0.0001),
        optimizer: OptimizerOptions(.adam, learningRate: 0.01),
        fit: FitOptions(epochs: 80, batchSize: 32, shuffle: true))

    static let points = Points<Float>(400)
    static var labels: [String] { points.y.map { $0 == 1 ? "inside" : "outside" } }

    @Test func twoClasses() throws {
        let (points, labels) = (Self.points, Self.labels)
        let classifier = try Classifier<Float, String>(
            fitting: points.x, labels: labels, options: Self.options)
        #expect(
            classifier.classes == ["inside", "outside"] && classifier.network.widths == [2, 32, 1])
        #expect(try classifier.accuracy(points.x, labels: labels) > 0.95)
        let probabilities = try classifier.probabilities(points.x)
        #expect(probabilities.count == 800 && abs(probabilities[0] + probabilities[1] - 1) < 1e-6)
        #expect(classifier.fitResult.epochs == 80)
        let loaded = try JSONDecoder().decode(
            Classifier<Float, String>.self, from: JSONEncoder().encode(classifier))
        #expect(try loaded.predict(points.x) == classifier.predict(points.x))
    }

    @Test func asynchronousInitializers() async throws {
        func train() throws -> Classifier<Float, String> {
            try Classifier(fitting: Self.points.x, labels: Self.labels, options: Self.options)
        }
        let other = try await Classifier<Float, String>(
            fitting: Self.points.x, labels: Self.labels, options: Self.options)
        #expect(try other.network.parameters == train().network.parameters)
        let regressor = try await Regressor<Float>(
            fitting: Self.points.x, targets: Self.points.y, options: Self.options)
        #expect(try regressor.rSquared(Self.points.x, targets: Self.points.y) > 0.7)
    }

    @Test func threeClasses() throws {
        let points = Points<Double>(300)
        let labels = (0..<300).map { row -> Int in
            let u = points.x[2 * row]
            return u < -0.3 ? 3 : u > 0.3 ? 1 : 2
        }
        let classifier = try Classifier<Double, Int>(
            fitting: points.x, labels: labels, options: Self.options)
        #expect(classifier.classes == [1, 2, 3] && classifier.network.loss == .softmaxCrossEntropy)
        #expect(try classifier.accuracy(points.x, labels: labels) > 0.95)
        // The most probable class, by a search of its own.
        let probabilities = try classifier.probabilities(points.x)
        let predicted = try classifier.predict(points.x)
        for row in 0..<300 {
            let values = Array(probabilities[3 * row..<3 * row + 3])
            #expect(predicted[row] == values.firstIndex(of: values.max()!)! + 1)
        }
    }

    @Test func regression() throws {
        let points = Points<Double>(300)
        let targets = (0..<300).flatMap { row -> [Double] in
            let (u, v) = (points.x[2 * row], points.x[2 * row + 1])
            return [u + v, 2 * u]
        }
        let regressor = try Regressor<Double>(
            fitting: points.x, targets: targets, outputs: 2, options: Self.options)
        #expect(try regressor.rSquared(points.x, targets: targets) > 0.98)
        // By the definition, for one output.
        let single = try Regressor<Double>(
            fitting: points.x, targets: points.y, options: Self.options)
        let predicted = try single.predict(points.x)
        let mean = points.y.reduce(0, +) / 300
        func square(_ x: Double) -> Double { x * x }
        let errors = zip(points.y, predicted).reduce(0.0) { sum, pair in
            sum + square(pair.0 - pair.1)
        }
        let spread = points.y.reduce(0.0) { sum, y in sum + square(y - mean) }
        #expect(
            abs(try single.rSquared(points.x, targets: points.y) - (1 - errors / spread)) < 1e-12)
    }

    @Test func refused() {
        func message<R>(_ body: () throws(NetworkError) -> R) -> String? {
            failure(body)?.description
        }
        #expect(
            message { () throws(NetworkError) in
                try Classifier<Float, Int>(fitting: [1, 2, 3], labels: [1, 2])
            }
                == "x has 3 values; it must have a multiple of 2, the features of each example")
        #expect(
            message { () throws(NetworkError) in
                try Classifier<Float, Int>(fitting: [1, 2], labels: [4, 4])
            }
                == "labels has only 4; it must have at least 2 different values")
        #expect(
            message { () throws(NetworkError) in try Regressor<Float>(fitting: [], targets: []) }
                == "targets has 0 values; it must have at least 1")
    }
}
