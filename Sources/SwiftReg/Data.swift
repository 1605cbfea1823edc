import CSwiftReg
import Network

// The examples of a call, of either element type.

protocol DataOfC: Sized {
    associatedtype Element: Scalar
    var m: Int { get }
    var x: UnsafePointer<Element>! { get }
    var x_strides: reg_strides { get }
    var y: UnsafePointer<Element>! { get }
    var y_strides: reg_strides { get }
    var weights: UnsafePointer<Element>! { get }
    var rows: UnsafePointer<Int>! { get }
    var row_count: Int { get }
    var sparse: UnsafePointer<reg_sparse>! { get }
    var check_targets: Int32 { get }
}

extension reg_data: DataOfC {}
extension reg_data_f64: DataOfC {}

/// How the errors call the examples of a call.
struct DataNames {
    var data: StaticString = "data"
    var y: StaticString = "y"
    var weights: StaticString = "weights"

    static var validation: DataNames {
        DataNames(data: "validation", y: "validation->y", weights: "validation->weights")
    }
}

@inline(never)
func examples<D: DataOfC>(
    _ pointer: UnsafePointer<D>?, _ names: DataNames = DataNames(),
    for network: Network<D.Element>.Handle, allowsAllZero: Bool = false
) throws(Failure) -> Examples<D.Element> {
    let data = try read(pointer, names.data)
    let nOut = network.pointee.outputs
    let inputs = try inputs(data, network.pointee.inputs)
    let rowCount = rowCount(data)
    let yCount = try elements(D.Element.self, Size(nOut, "n_out"), rowCount)
    try requireSome(Size(data.m, "m"))
    let examples = Examples(
        count: data.m, inputs: inputs, y: try input(data.y, yCount, names.y),
        yStrides: try data.y_strides.checked(
            D.Element.self, "y_strides", units: nOut, examples: rowCount.value, isOutput: false),
        weights: data.weights, rows: data.rows)
    if data.check_targets != 0 {
        try checkTargets(examples, nOut, network.pointee.settings.loss, names.y)
    }
    if !examples.areWeightsValid(allowsAllZero: allowsAllZero) {
        throw weightFailure(examples, names.weights)
    }
    return examples
}

/// The rows of the arrays behind the examples.
@inline(__always)
private func rowCount<D: DataOfC>(_ data: D) -> Size {
    data.rows == nil ? Size(data.m, "m") : Size(data.row_count, "row_count")
}

/// The inputs, with every row that the examples name.
@inline(never)
func inputs<D: DataOfC>(_ data: D, _ nIn: Int) throws(Failure) -> Inputs<D.Element> {
    let rowCount = rowCount(data)
    let count = try elements(D.Element.self, Size(nIn, "n_in"), rowCount)
    if let rows = data.rows { try check(rows, data.m, rowCount.value) }
    if data.sparse != nil {
        try require(data.x == nil, else: REG_ERROR_SHAPE, "x", "must be NULL with `sparse`")
        let sparse = try read(data.sparse, "sparse")
        return .sparse(try sparseRows(D.Element.self, sparse, nIn, rowCount.value))
    }
    return .dense(
        try input(data.x, count, "x"),
        try data.x_strides.checked(
            D.Element.self, "x_strides", units: nIn, examples: max(1, rowCount.value),
            isOutput: false))
}

@inline(never)
private func check(_ rows: UnsafePointer<Int>, _ m: Int, _ rowCount: Int) throws(Failure) {
    try requireSize(Size(m, "m"))
    for r in 0..<m where rows[r] < 0 || rows[r] >= rowCount {
        throw Failure(
            REG_ERROR_SHAPE, "rows", index: r, is: .size(rows[r]), "must be below row_count")
    }
}

/// A sparse matrix whose every index is in range.
@inline(never)
private func sparseRows<T: Scalar>(
    _: T.Type, _ sparse: reg_sparse, _ nIn: Int, _ rowCount: Int
) throws(Failure) -> SparseRows<T> {
    try require(
        sparse.index_bytes == 4 || sparse.index_bytes == 8, else: REG_ERROR_SIZE, "index_bytes",
        is: .size(sparse.index_bytes), "must be 4 or 8")
    guard let rowStarts = sparse.row_starts else {
        throw Failure(REG_ERROR_NULL, "row_starts", "is NULL")
    }
    // Without values, no value is read.
    let none = UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
    let rows = SparseRows(
        values: (sparse.values ?? none).assumingMemoryBound(to: T.self),
        columns: sparse.columns ?? none, rowStarts: rowStarts, isWide: sparse.index_bytes == 8)
    try require(
        rows.start(ofRow: 0) == 0, else: REG_ERROR_SHAPE, "row_starts", index: 0,
        is: .signed(rows.start(ofRow: 0)), "must be 0")
    for r in 0..<rowCount where rows.start(ofRow: r + 1) < rows.start(ofRow: r) {
        throw Failure(
            REG_ERROR_SHAPE, "row_starts", index: r + 1, is: .signed(rows.start(ofRow: r + 1)),
            "must not be less than the one before")
    }
    let count = rows.start(ofRow: rowCount)
    if count > 0 {
        try require(sparse.values != nil, else: REG_ERROR_NULL, "values", "is NULL")
        try require(sparse.columns != nil, else: REG_ERROR_NULL, "columns", "is NULL")
    }
    for k in 0..<count where rows.column(k) < 0 || rows.column(k) >= nIn {
        throw Failure(
            REG_ERROR_SHAPE, "columns", index: k, is: .signed(rows.column(k)),
            "must be at least 0 and below widths[0]")
    }
    return rows
}

/// Targets in the range of the loss, but for examples of weight 0. NaN passes: it makes the cost NaN, which is
/// an error of its own.
private func checkTargets<T: Scalar>(
    _ examples: Examples<T>, _ units: Int, _ loss: Loss, _ name: StaticString
) throws(Failure) {
    guard let range = loss.targetRange else { return }
    let (y, strides) = (examples.y, examples.yStrides)
    let (minimum, maximum) = (T(range.minimum), T(range.maximum))
    // What a stride of 0 repeats is compared once.
    let repeats = strides.example == 0
    for r in 0..<(repeats ? 1 : examples.count) {
        let row = examples.rows?[r] ?? r
        if !repeats, let weights = examples.weights, weights[row] == 0 { continue }
        for u in 0..<(strides.unit == 0 ? 1 : units) {
            let value = y[row * strides.example + u * strides.unit]
            if value < minimum || value > maximum {
                throw Failure(
                    REG_ERROR_TARGET, name, index: row, is: .element(value),
                    range.maximum == 1
                        ? "must be in [0, 1] for binary_cross_entropy"
                        : "must be at least 0 for softmax_cross_entropy")
            }
        }
    }
}

/// What is wrong with the weights of the examples.
@inline(never)
private func weightFailure<T: Scalar>(
    _ examples: Examples<T>, _ name: StaticString
) -> Failure {
    guard let weights = examples.weights else { return Failure(REG_ERROR_SAMPLE_WEIGHT) }
    var sum = 0.0
    for r in 0..<examples.count {
        let row = examples.rows?[r] ?? r
        if !(weights[row] >= 0 && weights[row] < .infinity) {
            return Failure(
                REG_ERROR_SAMPLE_WEIGHT, name, index: row, is: .element(weights[row]),
                "must be finite and at least 0")
        }
        sum += Double(weights[row])
    }
    if sum == 0 { return Failure(REG_ERROR_SAMPLE_WEIGHT, name, "must not be all 0") }
    return Failure(
        REG_ERROR_SAMPLE_WEIGHT, name, "must have a sum that is finite, as must be 1 / the sum")
}
