/// Which elements dropout keeps, and what those are multiplied by.
public struct DropoutDraw: Sendable {
    /// Kept iff word < threshold; 2^32 keeps all.
    public var threshold: UInt64
    /// 1 / keep_prob.
    public var scale: Double
    public var seed: UInt64
    public var stream: UInt64
    /// The number of the first element.
    public var offset: UInt64

    public init(keepProb: Double, seed: UInt64, stream: UInt64, offset: UInt64) {
        // Halves round away from zero; the sum is below 2^33, so the truncation is exact.
        threshold = UInt64(keepProb * 0x1p32 + 0.5)
        scale = 1 / keepProb
        self.seed = seed
        self.stream = stream
        self.offset = offset
    }
}

public enum Activation: UInt32, Sendable {
    case identity = 0
    case relu = 1
    case sigmoid = 2
    case leakyRelu = 3
    case tanh = 4
}

/// What a leaky ReLU multiplies negatives by.
public let leakySlope = 0.01

public enum Loss: UInt32, Sendable {
    case binaryCrossEntropy = 0
    case softmaxCrossEntropy = 1
    case squaredError = 2
}

public enum OptimizerKind: UInt32, Sendable {
    case sgd = 0
    case momentum = 1
    case nesterov = 2
    case adam = 3
    case adamw = 4

    /// Values of state that it keeps for each parameter.
    public var moments: Int {
        switch self {
        case .sgd: 0
        case .momentum, .nesterov: 1
        case .adam, .adamw: 2
        }
    }
}

/// One update of parameters: see reg_optimizer in swiftreg_network.h for the formulas.
public struct OptimizerStep: Sendable {
    public var kind: OptimizerKind
    /// What the gradient is multiplied by first.
    public var gradientScale = 1.0
    /// What the parameters are multiplied by first.
    public var shrinkage = 1.0
    /// The learning rate; of Adam divided by 1 - beta1^t.
    public var rate: Double
    public var momentum = 0.0
    public var beta1 = 0.0
    public var beta2 = 0.0
    public var epsilon = 0.0
    /// 1 / (1 - beta2^t).
    public var correction = 1.0

    public init(kind: OptimizerKind, rate: Double) {
        self.kind = kind
        self.rate = rate
    }
}

/// Values of `units` units for `columns` examples: that of unit u of example e at u * row + e. A
/// network computes with whole vectors of examples, so its `columns` and `row` are multiples of 16.
public struct UnitRows<Element>: @unchecked Sendable {
    public var data: UnsafeMutablePointer<Element>
    public var units: Int
    public var columns: Int
    public var row: Int

    public init(data: UnsafeMutablePointer<Element>, units: Int, columns: Int, row: Int) {
        self.data = data
        self.units = units
        self.columns = columns
        self.row = row
    }

    /// Elements from the first row to the end of the last, with what lies between rows.
    public var span: Int { units * row }
}

/// `rows` rows of `count` elements that are summed: they begin `row` apart, and the elements of each
/// are `stride` apart.
public struct SummedRows: Sendable {
    public var rows: Int
    public var row: Int
    public var count: Int
    public var stride: Int

    public init(rows: Int, row: Int, count: Int, stride: Int) {
        self.rows = rows
        self.row = row
        self.count = count
        self.stride = stride
    }
}

/// c = W a, finished, for few enough weights that they need no packing: W(u, k) lies at
/// u * row + k * step of `weights`.
public struct UnitProduct<Element>: @unchecked Sendable {
    public var weights: UnsafePointer<Element>
    public var row: Int
    public var step: Int
    public var a: UnitRows<Element>
    public var c: UnitRows<Element>
    /// c = activation(W a + bias).
    public var bias: UnsafePointer<Element>?
    public var activation = Activation.identity
    /// c = W a * gate where c, the output of a ReLU, was above 0; else 0.
    public var gate: Element?

    public init(
        weights: UnsafePointer<Element>, row: Int, step: Int, a: UnitRows<Element>,
        c: UnitRows<Element>
    ) {
        self.weights = weights
        self.row = row
        self.step = step
        self.a = a
        self.c = c
    }
}

/// Examples `first ..< first + count` of a data set, in its own order or in one of an epoch.
public struct ExampleRange: @unchecked Sendable {
    public var first: Int
    public var count: Int
    public var order: UnsafePointer<Int>?

    public init(first: Int, count: Int, order: UnsafePointer<Int>?) {
        self.first = first
        self.count = count
        self.order = order
    }

    /// Where example e of the range stands in the data set.
    @inlinable public func index(_ e: Int) -> Int {
        if let order { order[first + e] } else { first + e }
    }
}

public enum ElementaryFunction: UInt32, Sendable {
    case exp = 0
    case log = 1
    case log1p = 2
    case sigmoid = 3
    case softplus = 4
    case tanh = 5
}

/// Where unit u of example r lies: element `u * unit + r * example`.
public struct Strides: Sendable {
    public var unit: Int
    public var example: Int

    public init(unit: Int, example: Int) {
        self.unit = unit
        self.example = example
    }
}

/// C = finish(A B) for A of rows x depth, B of depth x columns. Element (i, j) of an operand lies at
/// `i * row + j * column` of its buffer, that of C at `i * cRow + j`.
///
/// A sum over a long depth may be made in several calls: the first does not finish, the last
/// accumulates and finishes, those between accumulate only. If the depths of all but the last are
/// multiples of a chain's, the bits are those of one call.
public struct MatrixProduct<Element>: @unchecked Sendable {
    public struct Operand {
        public var data: UnsafePointer<Element>
        public var row: Int
        public var column: Int

        public init(_ data: UnsafePointer<Element>, row: Int, column: Int) {
            self.data = data
            self.row = row
            self.column = column
        }

        public var transposed: Self { Self(data, row: column, column: row) }
    }

    public var rows: Int
    public var columns: Int
    public var depth: Int
    public var a: Operand
    public var b: Operand
    public var c: UnsafeMutablePointer<Element>
    public var cRow: Int
    public var finish: Finish<Element>
    /// Whether C holds sums already, to which A B is added.
    public var accumulates: Bool
    /// Whether the elements are finished; otherwise C receives the sums as they are.
    public var finishes: Bool

    public init(
        rows: Int, columns: Int, depth: Int, a: Operand, b: Operand,
        c: UnsafeMutablePointer<Element>, cRow: Int, finish: Finish<Element>,
        accumulates: Bool = false, finishes: Bool = true
    ) {
        self.rows = rows
        self.columns = columns
        self.depth = depth
        self.a = a
        self.b = b
        self.c = c
        self.cRow = cRow
        self.finish = finish
        self.accumulates = accumulates
        self.finishes = finishes
    }
}

/// What is done to an element x of a product, (i, j), before it is stored:
/// x = scale * x + decay * W, or x = x + bias; z = x; then x = activation(x).
public struct Finish<Element> {
    public var scale: Element?
    /// W has the strides of C.
    public var decay: (weight: UnsafePointer<Element>, factor: Element)?
    public var bias: UnsafePointer<Element>?
    public var biasIsPerRow = true
    /// Receives x before the activation; has the strides of C.
    public var preActivation: UnsafeMutablePointer<Element>?
    public var activation = Activation.identity
    /// W = W + factor * x, with what was stored: a step down the gradient. W has the strides of C.
    public var descent: (weight: UnsafeMutablePointer<Element>, factor: Element)?

    public init() {}
}
