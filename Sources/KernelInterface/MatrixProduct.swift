/// C = epilogue(A B) for A of m x k, B of k x n. Element (i, j) of an operand is
/// `data[i * rowStride + j * columnStride]`, that of C is `c[i * cRowStride + j]`.
///
/// A sum over a long k may be split over several calls: the first leaves out the epilogue, the last
/// accumulates and applies it, the others only accumulate. If k of all but the last is a multiple of
/// the kernel table's `blockK`, the bits are those of one call.
public struct MatrixProduct<Element>: @unchecked Sendable {
    public struct Operand {
        public var data: UnsafePointer<Element>
        public var rowStride: Int
        public var columnStride: Int

        public init(_ data: UnsafePointer<Element>, rowStride: Int, columnStride: Int) {
            self.data = data
            self.rowStride = rowStride
            self.columnStride = columnStride
        }

        public var transposed: Self {
            Self(data, rowStride: columnStride, columnStride: rowStride)
        }
    }

    public var m: Int
    public var n: Int
    public var k: Int
    public var a: Operand
    public var b: Operand
    public var c: UnsafeMutablePointer<Element>
    public var cRowStride: Int
    public var epilogue: Epilogue<Element>
    /// Whether C already holds partial sums, to which A B is added.
    public var accumulates: Bool
    /// Whether the epilogue is applied; otherwise C receives the plain sums.
    public var appliesEpilogue: Bool

    public init(
        m: Int, n: Int, k: Int, a: Operand, b: Operand, c: UnsafeMutablePointer<Element>,
        cRowStride: Int, epilogue: Epilogue<Element>, accumulates: Bool = false,
        appliesEpilogue: Bool = true
    ) {
        self.m = m
        self.n = n
        self.k = k
        self.a = a
        self.b = b
        self.c = c
        self.cRowStride = cRowStride
        self.epilogue = epilogue
        self.accumulates = accumulates
        self.appliesEpilogue = appliesEpilogue
    }

    /// Whether both operands are contiguous along k, and kernels can read four steps of it at once.
    @inlinable public var isContiguousAlongK: Bool {
        a.columnStride == 1 && b.rowStride == 1 && k >= 4
    }
}

/// The operations on element x = (A B)(i, j) of a product before it is stored, in this order:
/// x = scale * x; x = x + l2Term.factor * W; x = x + bias; preActivation = x; x = activation(x);
/// C = x; W = W + fusedUpdate.factor * x. Parts that are nil are left out.
public struct Epilogue<Element> {
    public var scale: Element?
    /// W has the strides of C.
    public var l2Term: (weight: UnsafePointer<Element>, factor: Element)?
    public var bias: UnsafePointer<Element>?
    /// Whether there is one bias per row of C; otherwise one per column.
    public var biasIsPerRow = true
    /// Receives x before the activation. Has the strides of C.
    public var preActivation: UnsafeMutablePointer<Element>?
    public var activation = Activation.identity
    /// A gradient descent step on W, which has the strides of C.
    public var fusedUpdate: (weight: UnsafeMutablePointer<Element>, factor: Element)?
    /// Whether C is read after the product. Otherwise its final elements need not be stored.
    public var needsC = true

    public init() {}
}
