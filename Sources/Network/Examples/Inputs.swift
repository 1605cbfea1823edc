import CPlatform
import KernelInterface

/// The inputs of examples, as the caller stores them.
public enum Inputs<T: Scalar> {
    case dense(UnsafePointer<T>, Strides)
    case sparse(SparseRows<T>)

    /// Copies the inputs of a range into a chunk, as units by examples. Columns beyond the range repeat its
    /// last example: computing with them is then no less finite than with the examples.
    func gather(_ operations: Operations<T>, _ range: ExampleRange, into target: UnitRows<T>) {
        switch self {
        case .dense(let x, let strides):
            operations.gather(x, strides, range, target)
        case .sparse(let rows):
            rows.gather(range, into: target)
        }
    }
}

/// A sparse matrix by rows (CSR): row r has `values[k]` in column `columns[k]`, for k from `rowStarts[r]` up
/// to `rowStarts[r + 1]`. Values of the same column add up. The indices have 32 or 64 bits.
public struct SparseRows<T: Scalar> {
    private let values: UnsafePointer<T>
    private let columns: UnsafeRawPointer
    private let rowStarts: UnsafeRawPointer
    private let isWide: Bool

    public init(
        values: UnsafePointer<T>, columns: UnsafeRawPointer, rowStarts: UnsafeRawPointer,
        isWide: Bool
    ) {
        self.values = values
        self.columns = columns
        self.rowStarts = rowStarts
        self.isWide = isWide
    }

    @inline(__always)
    private func index(_ base: UnsafeRawPointer, _ i: Int) -> Int {
        isWide
            ? Int(base.assumingMemoryBound(to: Int64.self)[i])
            : Int(base.assumingMemoryBound(to: Int32.self)[i])
    }

    public func start(ofRow row: Int) -> Int { index(rowStarts, row) }
    public func column(_ k: Int) -> Int { index(columns, k) }

    func gather(_ range: ExampleRange, into target: UnitRows<T>) {
        for u in 0..<target.units { (target.data + u * target.rowStride).clear(target.columns) }
        for e in 0..<target.columns {
            let row = range.row(min(e, range.count - 1))
            for k in start(ofRow: row)..<start(ofRow: row + 1) {
                target.data[column(k) * target.rowStride + e] += values[k]
            }
        }
    }
}
