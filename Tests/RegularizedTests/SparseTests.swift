import Regularized
import Testing

/// Sparse inputs: the results of the array with the zeros, bit for bit; what is refused.
@Suite struct SparseTests {
    static let (rows, columns) = (150, 37)

    /// Examples of which some rows and columns are empty, as an array and as forms of the same matrix.
    struct Data<T: NetworkScalar> {
        var dense = [T](repeating: 0, count: rows * columns)
        let y: [T]
        let forms: [SparseMatrix<T>]

        init() throws {
            var random = SplitMix(3)
            for i in dense.indices where random.unit() > 0.8 && i / columns != 5 && i % columns != 9
            {
                dense[i] = T(random.unit())
            }
            y = (0..<rows).flatMap { r in (0..<3).map { $0 == r % 3 ? 1 : 0 } }
            let entries = (0..<rows).map { [dense] r in
                (0..<columns).filter { dense[r * columns + $0] != 0 }
                    .map { (column: $0, value: dense[r * columns + $0]) }
            }
            let ordered = try SparseMatrix<T>(
                rows: entries.map { row in
                    Dictionary(uniqueKeysWithValues: row.map { ($0.column, $0.value) })
                }, columnCount: columns)
            #expect(ordered.values == entries.flatMap { $0.map(\.value) })
            #expect(ordered.rowCount == rows && ordered.rowStarts[6] == ordered.rowStarts[5])
            let starts = ordered.rowStarts
            let reversed = try SparseMatrix(
                values: entries.flatMap { $0.reversed().map(\.value) },
                columns: entries.flatMap { $0.reversed().map(\.column) }, rowStarts: starts,
                columnCount: columns)
            let halves = try SparseMatrix(
                values: ordered.values.flatMap { [$0 / 2, $0 / 2] },
                columns: ordered.columns.flatMap { [$0, $0] }, rowStarts: starts.map { 2 * $0 },
                columnCount: columns)
            forms = [ordered, reversed, halves]
        }
    }

    struct SameAsDense: ForBothTypes {
        func run<T: NetworkScalar>(_: T.Type) throws {
            let data = try Data<T>()
            func network() throws -> Network<T> {
                try Network<T>(
                    [columns, 11, 3],
                    options: NetworkOptions(
                        loss: .softmaxCrossEntropy, seed: 4, keepProb: [0.9, 0.8], l2: 0.1),
                    optimizer: TrainingTests.adam)
            }
            let weights = (0..<rows).map { T($0 % 4) }
            let some = Array(0..<50)
            let fit = FitOptions(epochs: 3, batchSize: 32, shuffle: true)
            func train(_ x: some NetworkInputs<T>) throws -> (Network<T>, FitResult) {
                let network = try network()
                return (
                    network,
                    try network.fit(
                        Examples(x: x, y: data.y, weights: weights),
                        validation: Examples(x: x, y: data.y, rows: some), options: fit)
                )
            }
            let (dense, result) = try train(data.dense)
            for form in data.forms {
                let (sparse, same) = try train(form)
                #expect(try sparse.parameters == dense.parameters)
                #expect(same == result)
                #expect(try sparse.predict(form) == dense.predict(data.dense))
                #expect(try sparse.preActivations(form) == dense.preActivations(data.dense))
                #expect(
                    try sparse.predict(form, layout: .columns)
                        == transposed(dense.predict(data.dense), rows: rows, columns: 3))
                let (examples, others) = (
                    Examples(x: form, y: data.y), Examples(x: data.dense, y: data.y)
                )
                #expect(try sparse.cost(examples) == dense.cost(others))
                #expect(try sparse.gradient(examples) == dense.gradient(others))
                #expect(try sparse.gradients == dense.gradients)
                // Targets in columns.
                let columns = Examples(
                    x: form, y: transposed(data.y, rows: rows, columns: 3), layout: .columns)
                #expect(try sparse.cost(columns) == dense.cost(others))
            }
        }
    }

    @Test func sameBitsAsTheArray() throws { try SameAsDense()() }

    @Test func estimators() throws {
        let data = try Data<Float>()
        let labels = (0..<Self.rows).map { ["a", "b", "c"][$0 % 3] }
        let options = EstimatorOptions(
            hiddenWidths: [8], fit: FitOptions(epochs: 5, batchSize: 32, shuffle: true))
        let dense = try Classifier<Float, String>(
            fitting: data.dense, labels: labels, options: options)
        let sparse = try Classifier<Float, String>(
            fitting: data.forms[0], labels: labels, options: options)
        #expect(try sparse.probabilities(data.forms[0]) == dense.probabilities(data.dense))
        #expect(
            try sparse.accuracy(data.forms[1], labels: labels)
                == dense.accuracy(data.dense, labels: labels))
        let targets = (0..<Self.rows).map { Float($0) / 100 }
        let regressor = try Regressor<Float>(
            fitting: data.forms[0], targets: targets, options: options)
        let other = try Regressor<Float>(fitting: data.dense, targets: targets, options: options)
        #expect(
            try regressor.rSquared(data.forms[0], targets: targets)
                == other.rSquared(data.dense, targets: targets))
        #expect(
            failure { () throws(NetworkError) in
                try Regressor<Float>(fitting: data.forms[0], targets: [1, 2])
            }?.description == "x has 150 rows; it must have 2, one for each example")
    }

    @Test func refused() throws {
        func message(_ values: [Float], _ columns: [Int], _ rowStarts: [Int]) -> String? {
            failure { () throws(NetworkError) in
                try SparseMatrix(
                    values: values, columns: columns, rowStarts: rowStarts, columnCount: 3)
            }?.description
        }
        #expect(message([1, 2], [0, 2], [0, 1, 1, 2]) == nil)
        #expect(message([], [], [0]) == nil)
        #expect(
            message([1], [0, 2], [0, 2])
                == "columns has 2 values; it must have 1, one for each value")
        #expect(message([], [], []) == "rowStarts has 0 values; it must have at least 1")
        #expect(message([1], [0], [1, 1]) == "rowStarts[0] is 1; it must be 0")
        #expect(
            message([1], [0], [0, 1, 0])
                == "rowStarts[2] is 0; it must not be less than the one before")
        #expect(
            message([1], [0], [0, 2]) == "rowStarts[1] is 2; it must be 1, the number of values")
        #expect(
            message([1, 2], [0, 3], [0, 2])
                == "columns[1] is 3; it must be at least 0 and below columnCount, 3")
        #expect(message([1], [-1], [0, 1])?.hasPrefix("columns[0] is -1;") == true)

        let network = try Network<Float>([2, 3, 1])
        let narrow = try SparseMatrix<Float>(rows: [[0: 1], [:]], columnCount: 1)
        let error = failure { () throws(NetworkError) in try network.predict(narrow) }
        #expect(error?.description == "x has 1 columns; it must have 2, one for each input")
        #expect(error?.argument == "x" && error?.value == 1)
        let empty = try SparseMatrix<Float>(rows: [[:], [:]], columnCount: 2)
        #expect(try network.predict(empty) == network.predict([0, 0, 0, 0]))
        #expect(
            failure { () throws(NetworkError) in try network.cost(Examples(x: empty, y: [1])) }?
                .description == "y has 1 value; it must have 2, 1 for each example")
        let rows = failure { () throws(NetworkError) in
            try network.cost(Examples(x: empty, y: [1, 0], rows: [0, 2]))
        }
        #expect(rows?.argument == "rows" && rows?.index == 1 && rows?.value == 2)
        #expect(try network.predict(SparseMatrix<Float>(rows: [], columnCount: 2)) == [])
    }
}
