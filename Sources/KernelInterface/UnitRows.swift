/// A matrix of `units` rows by `columns` examples: unit u of example e is `data[u * rowStride + e]`.
/// Inside a network `columns` and `rowStride` are whole vectors of 64 bytes, as which kernels process them.
public struct UnitRows<Element>: @unchecked Sendable {
    public var data: UnsafeMutablePointer<Element>
    public var units: Int
    public var columns: Int
    public var rowStride: Int

    public init(data: UnsafeMutablePointer<Element>, units: Int, columns: Int, rowStride: Int) {
        self.data = data
        self.units = units
        self.columns = columns
        self.rowStride = rowStride
    }

    /// Elements from the start of the first row to the end of the last, row padding included.
    public var span: Int { units * rowStride }
}

/// `rows` rows of `count` elements to be summed. Rows start `rowStride` apart, elements of a row are
/// `elementStride` apart.
public struct SummedRows: Sendable {
    public var rows: Int
    public var rowStride: Int
    public var count: Int
    public var elementStride: Int

    public init(rows: Int, rowStride: Int, count: Int, elementStride: Int) {
        self.rows = rows
        self.rowStride = rowStride
        self.count = count
        self.elementStride = elementStride
    }
}
