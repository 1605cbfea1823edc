/// The options of ``Classifier`` and ``Regressor``.
public struct EstimatorOptions: Codable, Hashable, Sendable {
    /// The widths of the hidden layers, of which there may be none.
    public var hiddenWidths: [Int]
    /// The loss in it is not read: the estimator has its own.
    public var network: NetworkOptions
    public var optimizer: OptimizerOptions
    public var fit: FitOptions

    public init(
        hiddenWidths: [Int] = [100], network: NetworkOptions = NetworkOptions(),
        optimizer: OptimizerOptions = OptimizerOptions(.adam),
        fit: FitOptions = FitOptions(epochs: 200, batchSize: 200, shuffle: true)
    ) {
        (self.hiddenWidths, self.network) = (hiddenWidths, network)
        (self.optimizer, self.fit) = (optimizer, fit)
    }

    func makeNetwork<Scalar>(inputs: Int, outputs: Int, loss: Loss) throws(NetworkError) -> Network<
        Scalar
    > {
        var options = network
        options.loss = loss
        return try Network(
            [inputs] + hiddenWidths + [outputs], options: options, optimizer: optimizer)
    }
}

/// The number of features of `count` examples in rows.
private func features<Scalar>(
    _ x: some NetworkInputs<Scalar>, _ argument: String, count: Int
) throws(NetworkError) -> Int {
    if count == 0 { throw NetworkError(argument, has: 0, must: "have at least 1") }
    switch x._inputs {
    case .dense(let x):
        if !x.isEmpty && x.count % count == 0 { return x.count / count }
        throw NetworkError(
            "x", has: x.count, must: "have a multiple of \(count), the features of each example")
    case .sparse(let x):
        if x.rowCount == count { return x.columnCount }
        throw NetworkError(
            "x", is: "has \(x.rowCount) rows", number: Double(x.rowCount),
            must: "have \(count), one for each example")
    }
}

/// A trained classifier: a network with a sigmoid output for two classes, or softmax outputs for more.
///
/// ```swift
/// let iris = try Classifier<Float, String>(fitting: x, labels: species)
/// let names = try iris.predict(x)
/// ```
///
/// Examples are rows, with a value for each feature. The options' defaults are those of scikit-learn's
/// MLPClassifier for its hidden layer, its solver and its number of epochs.
public struct Classifier<Scalar: NetworkScalar, Label: Comparable & Hashable & Sendable>: Sendable {
    /// The labels of the outputs, sorted.
    public let classes: [Label]
    public let network: Network<Scalar>
    public let fitResult: FitResult

    /// Trains on the examples `x` with one label each, on this thread.
    public init(
        fitting x: some NetworkInputs<Scalar>, labels: [Label],
        options: EstimatorOptions = EstimatorOptions()
    )
        throws(NetworkError)
    {
        (classes, network) = try Self.prepare(x, labels, options)
        fitResult = try network.fit(Self.examples(x, labels, classes), options: options.fit)
    }

    /// Trains while the task is suspended; see the asynchronous fit of ``Network``.
    public init(
        fitting x: some NetworkInputs<Scalar>, labels: [Label],
        options: EstimatorOptions = EstimatorOptions()
    ) async throws {
        (classes, network) = try Self.prepare(x, labels, options)
        fitResult = try await network.fit(Self.examples(x, labels, classes), options: options.fit)
    }

    private static func prepare(
        _ x: some NetworkInputs<Scalar>, _ labels: [Label], _ options: EstimatorOptions
    )
        throws(NetworkError) -> ([Label], Network<Scalar>)
    {
        let inputs = try features(x, "labels", count: labels.count)
        let classes = Set(labels).sorted()
        if classes.count < 2 {
            throw NetworkError(
                "labels", is: "has only \(classes[0])", must: "have at least 2 different values")
        }
        let isBinary = classes.count == 2
        return (
            classes,
            try options.makeNetwork(
                inputs: inputs, outputs: isBinary ? 1 : classes.count,
                loss: .classes(classes.count))
        )
    }

    private static func examples(
        _ x: some NetworkInputs<Scalar>, _ labels: [Label], _ classes: [Label]
    ) -> Examples<
        Scalar
    > {
        let outputs = classes.count == 2 ? 1 : classes.count
        let numbers = Dictionary(uniqueKeysWithValues: zip(classes, 0...))
        var y = [Scalar](repeating: 0, count: labels.count * outputs)
        for (row, label) in labels.enumerated() {
            let number = numbers[label]!
            if outputs == 1 { y[row] = Scalar(number) } else { y[row * outputs + number] = 1 }
        }
        return Examples(x: x, y: y, checksTargets: false)
    }

    /// The probability of each class for each example: `classes.count` values a row.
    public func probabilities(_ x: some NetworkInputs<Scalar>) throws(NetworkError) -> [Scalar] {
        let outputs = try network.predict(x)
        return classes.count == 2 ? outputs.flatMap { [1 - $0, $0] } : outputs
    }

    /// The most probable label of each example, the first of equals.
    public func predict(_ x: some NetworkInputs<Scalar>) throws(NetworkError) -> [Label] {
        let outputs = try network.predict(x)
        if classes.count == 2 { return outputs.map { classes[$0 > 0.5 ? 1 : 0] } }
        return stride(from: 0, to: outputs.count, by: classes.count).map { row in
            classes[
                (1..<classes.count).reduce(0) { outputs[row + $1] > outputs[row + $0] ? $1 : $0 }]
        }
    }

    /// The share of examples whose label is predicted.
    public func accuracy(_ x: some NetworkInputs<Scalar>, labels: [Label]) throws(NetworkError)
        -> Double
    {
        let predicted = try predict(x)
        if predicted.count != labels.count || labels.isEmpty {
            throw NetworkError(
                "labels", has: labels.count,
                must: "have \(max(1, predicted.count)), one for each example")
        }
        return Double(zip(predicted, labels).count { $0 == $1 }) / Double(labels.count)
    }
}

extension Classifier: Codable where Label: Codable {}

/// A trained regressor: a network with identity outputs, trained by squared error.
///
/// Examples are rows, with a value for each feature; targets have one value for each output.
public struct Regressor<Scalar: NetworkScalar>: Codable, Sendable {
    public let network: Network<Scalar>
    public let fitResult: FitResult

    /// Trains on the examples `x` with `outputs` targets each, on this thread.
    public init(
        fitting x: some NetworkInputs<Scalar>, targets: [Scalar], outputs: Int = 1,
        options: EstimatorOptions = EstimatorOptions()
    ) throws(NetworkError) {
        network = try Self.prepare(x, targets, outputs, options)
        fitResult = try network.fit(Examples(x: x, y: targets), options: options.fit)
    }

    /// Trains while the task is suspended; see the asynchronous fit of ``Network``.
    public init(
        fitting x: some NetworkInputs<Scalar>, targets: [Scalar], outputs: Int = 1,
        options: EstimatorOptions = EstimatorOptions()
    ) async throws {
        network = try Self.prepare(x, targets, outputs, options)
        fitResult = try await network.fit(Examples(x: x, y: targets), options: options.fit)
    }

    private static func prepare(
        _ x: some NetworkInputs<Scalar>, _ targets: [Scalar], _ outputs: Int,
        _ options: EstimatorOptions
    )
        throws(NetworkError) -> Network<Scalar>
    {
        if outputs < 1 {
            throw NetworkError(
                "outputs", is: "is \(outputs)", number: Double(outputs), must: "be at least 1")
        }
        if targets.count % outputs != 0 {
            throw NetworkError(
                "targets", has: targets.count,
                must: "have a multiple of \(outputs), one for each output")
        }
        return try options.makeNetwork(
            inputs: features(x, "targets", count: targets.count / outputs), outputs: outputs,
            loss: .squaredError)
    }

    /// The outputs for each example, a row each.
    public func predict(_ x: some NetworkInputs<Scalar>) throws(NetworkError) -> [Scalar] {
        try network.predict(x)
    }

    /// 1 minus the squared errors divided by those of the targets' mean, averaged over the outputs.
    public func rSquared(_ x: some NetworkInputs<Scalar>, targets: [Scalar]) throws(NetworkError)
        -> Double
    {
        let predicted = try predict(x)
        let outputs = network.widths[network.widths.count - 1]
        if predicted.count != targets.count || targets.isEmpty {
            throw NetworkError(
                "targets", has: targets.count, must: "have \(max(outputs, predicted.count))")
        }
        let scores = (0..<outputs).map { output -> Double in
            let rows = stride(from: output, to: targets.count, by: outputs)
            let mean =
                rows.reduce(0.0) { $0 + Double(targets[$1]) } / Double(targets.count / outputs)
            let errors = rows.reduce(0.0) { sum, i in
                let error = Double(targets[i]) - Double(predicted[i])
                return sum + error * error
            }
            let spread = rows.reduce(0.0) { sum, i in
                let difference = Double(targets[i]) - mean
                return sum + difference * difference
            }
            return spread > 0 ? 1 - errors / spread : errors == 0 ? 1 : 0
        }
        return scores.reduce(0, +) / Double(outputs)
    }
}
