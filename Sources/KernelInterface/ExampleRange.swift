/// Examples `first ..< first + count` of a data set, in storage order or in the order of an epoch.
public struct ExampleRange: @unchecked Sendable {
    public var first: Int
    public var count: Int
    /// The permutation of an epoch; nil: storage order.
    public var order: UnsafePointer<Int>?

    public init(first: Int, count: Int, order: UnsafePointer<Int>?) {
        self.first = first
        self.count = count
        self.order = order
    }

    /// The index in the data set of example e of the range.
    @inlinable public func index(_ e: Int) -> Int {
        if let order { order[first + e] } else { first + e }
    }
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
