/// Examples `first ..< first + count` of a call, in storage order or in the order of an epoch. An example's
/// number in the call is its position; with `rows`, its values are in another row of the data.
public struct ExampleRange: @unchecked Sendable {
    public var first: Int
    public var count: Int
    /// The permutation of an epoch; nil: storage order.
    public var order: UnsafePointer<Int>?
    /// The row of the data for each position; nil: the position itself.
    public var rows: UnsafePointer<Int>?

    public init(
        first: Int, count: Int, order: UnsafePointer<Int>?, rows: UnsafePointer<Int>? = nil
    ) {
        self.first = first
        self.count = count
        self.order = order
        self.rows = rows
    }

    /// The position in the call of example e of the range.
    @inlinable public func position(_ e: Int) -> Int {
        if let order { order[first + e] } else { first + e }
    }

    /// The row in the data of example e of the range.
    @inlinable public func row(_ e: Int) -> Int {
        let position = position(e)
        return if let rows { rows[position] } else { position }
    }

    /// Whether the rows of the range follow one another from `first` on.
    @inlinable public var isContiguous: Bool { order == nil && rows == nil }
}

/// The layout of a caller's matrix: unit u of example e is element `u * unit + e * example`.
public struct Strides: Sendable {
    public var unit: Int
    public var example: Int

    public init(unit: Int, example: Int) {
        self.unit = unit
        self.example = example
    }
}
