import CPlatform

/// The caller's examples with their strides: see reg_data.
public struct Examples<T: Scalar>: @unchecked Sendable {
    public var count: Int
    public var x: UnsafePointer<T>
    public var xStrides: Strides
    public var y: UnsafePointer<T>
    public var yStrides: Strides
    /// Nil: every example weighs 1.
    public var weights: UnsafePointer<T>?

    public init(
        count: Int, x: UnsafePointer<T>, xStrides: Strides, y: UnsafePointer<T>,
        yStrides: Strides, weights: UnsafePointer<T>?
    ) {
        self.count = count
        self.x = x
        self.xStrides = xStrides
        self.y = y
        self.yStrides = yStrides
        self.weights = weights
    }

    /// The divisor m of a mean over a range: the sum of its weights.
    func totalWeight(of range: ExampleRange) -> Double {
        guard let weights else { return Double(range.count) }
        var sum = BlockSum()
        for e in 0..<range.count { sum.add(Double(weights[range.index(e)])) }
        return sum.total
    }

    /// Whether every weight is finite and at least 0 and their sum can divide a mean; with
    /// `allowsAllZero` the sum may be 0.
    public func areWeightsValid(allowsAllZero: Bool) -> Bool {
        guard let weights else { return true }
        for e in 0..<count where !(weights[e] >= 0 && weights[e] < .infinity) { return false }
        let sum = totalWeight(of: all)
        if sum == 0 { return allowsAllZero }
        return sum.isFinite && T(1 / sum).isFinite
    }

    var all: ExampleRange { ExampleRange(first: 0, count: count, order: nil) }
}
