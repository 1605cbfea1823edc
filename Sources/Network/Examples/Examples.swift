import CPlatform
import KernelInterface

/// The caller's examples: see reg_data.
public struct Examples<T: Scalar>: @unchecked Sendable {
    public var count: Int
    public var inputs: Inputs<T>
    public var y: UnsafePointer<T>
    public var yStrides: Strides
    /// Nil: every example weighs 1.
    public var weights: UnsafePointer<T>?
    /// The row of x, y and weights for each example; nil: 0, 1, 2, ...
    public var rows: UnsafePointer<Int>?

    public init(
        count: Int, inputs: Inputs<T>, y: UnsafePointer<T>, yStrides: Strides,
        weights: UnsafePointer<T>?, rows: UnsafePointer<Int>?
    ) {
        self.count = count
        self.inputs = inputs
        self.y = y
        self.yStrides = yStrides
        self.weights = weights
        self.rows = rows
    }

    /// The divisor m of a mean over a range: the sum of its weights.
    func totalWeight(of range: ExampleRange) -> Double {
        guard let weights else { return Double(range.count) }
        var sum = BlockSum()
        for e in 0..<range.count { sum.add(Double(weights[range.row(e)])) }
        return sum.total
    }

    /// Whether every weight is finite and at least 0 and their sum can divide a mean; with
    /// `allowsAllZero` the sum may be 0.
    public func areWeightsValid(allowsAllZero: Bool) -> Bool {
        guard let weights else { return true }
        let all = all
        for e in 0..<count {
            let weight = weights[all.row(e)]
            if !(weight >= 0 && weight < .infinity) { return false }
        }
        let sum = totalWeight(of: all)
        if sum == 0 { return allowsAllZero }
        return sum.isFinite && T(1 / sum).isFinite
    }

    var all: ExampleRange { ExampleRange(first: 0, count: count, order: nil, rows: rows) }
}
