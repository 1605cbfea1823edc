import CSwiftReg

/// The order of the values of examples in an array.
public enum Layout: Codable, Sendable {
    /// Example after example: unit u of example r at `r * units + u`, as scikit-learn has them.
    case rows
    /// Unit after unit: unit u of example r at `u * examples + r`, as the course notebook has them.
    case columns

    func strides(units: Int, examples: Int) -> reg_strides {
        switch self {
        case .rows: reg_strides(unit: 1, example: units)
        case .columns: reg_strides(unit: examples, example: 1)
        }
    }
}

/// Examples with their targets. No array is copied.
public struct Examples<Scalar: NetworkScalar>: Sendable {
    /// An array, with one value for each input unit of each example, or a ``SparseMatrix``.
    public var x: any NetworkInputs<Scalar>
    /// One value for each output unit of each example.
    public var y: [Scalar]
    /// Of `y`, and of `x` if it is an array.
    public var layout: Layout
    /// A weight for each example, finite and at least 0, not all 0; nil: 1 each.
    public var weights: [Scalar]?
    /// The examples to take from the arrays, in this order; they may repeat. nil: all.
    public var rows: [Int]?
    /// Whether a target that is not in the range of the loss is an error.
    public var checksTargets: Bool

    public init(
        x: some NetworkInputs<Scalar>, y: [Scalar], layout: Layout = .rows,
        weights: [Scalar]? = nil, rows: [Int]? = nil,
        checksTargets: Bool = true
    ) {
        (self.x, self.y, self.layout) = (x, y, layout)
        (self.weights, self.rows, self.checksTargets) = (weights, rows, checksTargets)
    }
}

/// The memory of inputs, during one call.
enum InputBuffers<Scalar: NetworkScalar> {
    case dense(UnsafeBufferPointer<Scalar>)
    case sparse(UnsafePointer<reg_sparse>, rowCount: Int, columnCount: Int)

    /// The number of examples.
    func count(inputs: Int) throws(NetworkError) -> Int {
        switch self {
        case .dense(let x):
            if x.count % inputs == 0 { return x.count / inputs }
            throw NetworkError(
                "x", has: x.count, must: "have a multiple of \(inputs), one for each input")
        case .sparse(_, let rowCount, let columnCount):
            if columnCount == inputs { return rowCount }
            throw NetworkError(
                "x", is: "has \(columnCount) columns", number: Double(columnCount),
                must: "have \(inputs), one for each input")
        }
    }
}

extension NetworkInputs {
    func withBuffers<R>(_ body: (InputBuffers<Scalar>) throws(NetworkError) -> R)
        throws(NetworkError) -> R
    {
        switch _inputs {
        case .dense(let x):
            return try x.withUnsafeBufferPointer { (x) throws(NetworkError) -> R in
                try body(.dense(x))
            }
        case .sparse(let x):
            return try x.withStruct { (sparse) throws(NetworkError) -> R in
                try body(.sparse(sparse, rowCount: x.rowCount, columnCount: x.columnCount))
            }
        }
    }
}

/// The memory of examples, during one call.
struct ExampleBuffers<Scalar: NetworkScalar> {
    var x: InputBuffers<Scalar>
    var y: UnsafeBufferPointer<Scalar>?
    var layout = Layout.rows
    var weights: UnsafeBufferPointer<Scalar>?
    var rows: UnsafeBufferPointer<Int>?
    var checksTargets = false
}

extension ExampleBuffers {
    /// The struct of the C interface, for a network of these widths.
    func asStruct(_ widths: [Int]) throws(NetworkError) -> reg_data {
        let inputs = widths[0]
        let outputs = widths[widths.count - 1]
        let count = try x.count(inputs: inputs)
        // The same memory for both element types: see _NetworkFunctions.
        func address(_ buffer: UnsafeBufferPointer<Scalar>?) -> UnsafePointer<Float>? {
            buffer?.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: Float.self) }
        }
        var data = reg_data()
        data.struct_size = MemoryLayout<reg_data>.size
        data.m = rows?.count ?? count
        switch x {
        case .dense(let x):
            data.x = address(x)
            data.x_strides = layout.strides(units: inputs, examples: count)
        case .sparse(let sparse, _, _):
            data.sparse = sparse
        }
        if let y {
            if y.count != count * outputs {
                throw NetworkError(
                    "y", has: y.count, must: "have \(count * outputs), \(outputs) for each example")
            }
            data.y = address(y)
            data.y_strides = layout.strides(units: outputs, examples: count)
        }
        if let weights {
            if weights.count != count {
                throw NetworkError(
                    "weights", has: weights.count, must: "have \(count), one for each example")
            }
            data.weights = address(weights)
        }
        if let rows {
            data.rows = rows.baseAddress
            data.row_count = count
        }
        data.check_targets = checksTargets ? 1 : 0
        return data
    }
}

extension Examples {
    func withBuffers<R>(
        _ body: (ExampleBuffers<Scalar>) throws(NetworkError) -> R
    ) throws(NetworkError) -> R {
        try x.withBuffers { (x) throws(NetworkError) -> R in
            try y.withUnsafeBufferPointer { (y) throws(NetworkError) -> R in
                try withBuffer(weights) { (weights) throws(NetworkError) -> R in
                    try withBuffer(rows) { (rows) throws(NetworkError) -> R in
                        try body(
                            ExampleBuffers(
                                x: x, y: y, layout: layout, weights: weights, rows: rows,
                                checksTargets: checksTargets))
                    }
                }
            }
        }
    }
}

/// The same of examples that may be none.
func withBuffers<Scalar: NetworkScalar, R>(
    _ examples: Examples<Scalar>?,
    _ body: (ExampleBuffers<Scalar>?) throws(NetworkError) -> R
) throws(NetworkError) -> R {
    guard let examples else { return try body(nil) }
    return try examples.withBuffers { (examples) throws(NetworkError) -> R in try body(examples) }
}

func withBuffer<T, R>(
    _ array: [T]?, _ body: (UnsafeBufferPointer<T>?) throws(NetworkError) -> R
) throws(NetworkError) -> R {
    guard let array else { return try body(nil) }
    return try array.withUnsafeBufferPointer { (buffer) throws(NetworkError) -> R in
        try body(buffer)
    }
}

/// Calls `body` with the memory of spans.
func withBuffers<Scalar: NetworkScalar, R>(
    _ x: Span<Scalar>, _ y: Span<Scalar>, _ layout: Layout,
    _ body: (ExampleBuffers<Scalar>) throws(NetworkError) -> R
) throws(NetworkError) -> R {
    try x.withUnsafeBufferPointer { (x) throws(NetworkError) -> R in
        try y.withUnsafeBufferPointer { (y) throws(NetworkError) -> R in
            try body(ExampleBuffers(x: .dense(x), y: y, layout: layout, checksTargets: true))
        }
    }
}
