import CSwiftReg

/// A sparse matrix by rows (CSR): row r has `values[k]` in column `columns[k]` for k in
/// `rowStarts[r]..<rowStarts[r + 1]`, and 0 in every other column.
///
/// As the inputs of examples, a row each, it gives the bits of the array with the zeros. These are SciPy's `data`,
/// `indices` and `indptr`.
public struct SparseMatrix<Scalar: NetworkScalar>: Sendable {
    /// Values of the same row and column add up.
    public let values: [Scalar]
    /// The column of each value, from 0; a row need not be sorted.
    public let columns: [Int]
    /// One more than there are rows, from 0 to `values.count`, never falling.
    public let rowStarts: [Int]
    public let columnCount: Int

    public var rowCount: Int { rowStarts.count - 1 }

    /// A matrix over these arrays, which are checked and not copied.
    public init(values: [Scalar], columns: [Int], rowStarts: [Int], columnCount: Int)
        throws(NetworkError)
    {
        if columns.count != values.count {
            throw NetworkError(
                "columns", has: columns.count, must: "have \(values.count), one for each value")
        }
        guard let first = rowStarts.first, let last = rowStarts.last else {
            throw NetworkError("rowStarts", has: 0, must: "have at least 1")
        }
        if first != 0 { throw NetworkError("rowStarts", index: 0, is: first, must: "be 0") }
        for r in 1..<rowStarts.count where rowStarts[r] < rowStarts[r - 1] {
            throw NetworkError(
                "rowStarts", index: r, is: rowStarts[r], must: "not be less than the one before")
        }
        if last != values.count {
            throw NetworkError(
                "rowStarts", index: rowStarts.count - 1, is: last,
                must: "be \(values.count), the number of values")
        }
        for k in columns.indices where columns[k] < 0 || columns[k] >= columnCount {
            throw NetworkError(
                "columns", index: k, is: columns[k],
                must: "be at least 0 and below columnCount, \(columnCount)")
        }
        (self.values, self.columns, self.rowStarts) = (values, columns, rowStarts)
        self.columnCount = columnCount
    }

    /// A matrix of the values of each row by their columns.
    public init(rows: [[Int: Scalar]], columnCount: Int) throws(NetworkError) {
        var (values, columns, rowStarts): ([Scalar], [Int], [Int]) = ([], [], [0])
        for row in rows {
            for (column, value) in row.sorted(by: { $0.key < $1.key }) {
                values.append(value)
                columns.append(column)
            }
            rowStarts.append(values.count)
        }
        try self.init(
            values: values, columns: columns, rowStarts: rowStarts, columnCount: columnCount)
    }

    /// Calls `body` with the struct of the C interface.
    func withStruct<R>(_ body: (UnsafePointer<reg_sparse>) throws(NetworkError) -> R)
        throws(NetworkError) -> R
    {
        try values.withUnsafeBufferPointer { (values) throws(NetworkError) -> R in
            try columns.withUnsafeBufferPointer { (columns) throws(NetworkError) -> R in
                try rowStarts.withUnsafeBufferPointer { (rowStarts) throws(NetworkError) -> R in
                    var sparse = reg_sparse()
                    sparse.struct_size = MemoryLayout<reg_sparse>.size
                    sparse.values = UnsafeRawPointer(values.baseAddress)
                    sparse.columns = UnsafeRawPointer(columns.baseAddress)
                    sparse.row_starts = UnsafeRawPointer(rowStarts.baseAddress)
                    sparse.index_bytes = MemoryLayout<Int>.size
                    return try body(&sparse)
                }
            }
        }
    }
}

/// The inputs of examples: an array, with a value for each input unit of each example, or a ``SparseMatrix``, with a
/// row for each example.
///
/// No other type can conform.
public protocol NetworkInputs<Scalar>: Sendable {
    associatedtype Scalar: NetworkScalar
    var _inputs: _Inputs<Scalar> { get }
}

extension Array: NetworkInputs where Element: NetworkScalar {
    public var _inputs: _Inputs<Element> { .dense(self) }
}

extension SparseMatrix: NetworkInputs {
    public var _inputs: _Inputs<Scalar> { .sparse(self) }
}

public enum _Inputs<Scalar: NetworkScalar>: Sendable {
    case dense([Scalar])
    case sparse(SparseMatrix<Scalar>)
}
