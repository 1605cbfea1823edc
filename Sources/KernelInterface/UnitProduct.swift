/// C = epilogue(W A) for a weight matrix small enough to be used without packing. W(i, p) is
/// `weights[i * rowStride + p * columnStride]`.
public struct UnitProduct<Element>: @unchecked Sendable {
    public var weights: UnsafePointer<Element>
    public var rowStride: Int
    public var columnStride: Int
    public var a: UnitRows<Element>
    public var c: UnitRows<Element>
    /// C = activation(W A + bias).
    public var bias: UnsafePointer<Element>?
    public var activation = Activation.identity
    /// If set, the ReLU mask of a backward pass: C holds the outputs of a ReLU, and becomes
    /// W A * reluMaskScale where those are positive, 0 elsewhere.
    public var reluMaskScale: Element?

    public init(
        weights: UnsafePointer<Element>, rowStride: Int, columnStride: Int, a: UnitRows<Element>,
        c: UnitRows<Element>
    ) {
        self.weights = weights
        self.rowStride = rowStride
        self.columnStride = columnStride
        self.a = a
        self.c = c
    }
}
