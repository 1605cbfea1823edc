/// The kernels of networks, of one instruction set for one element type. A network holds the table of the set
/// that was chosen; nothing else depends on which one that is.
///
/// Every kernel takes counts and strides in elements, trusts its arguments, uses one thread, and
/// gives the same bits on every instruction set that fuses multiply-add.
public struct KernelTable<Element: Sendable>: Sendable {
    public typealias Input = UnsafePointer<Element>
    public typealias Output = UnsafeMutablePointer<Element>

    /// (z, a, count, activation)
    public let activate: @Sendable (Input, Output, Int, Activation) -> Void
    /// (da, a or z, dz, count, activation, keepProb)
    public let activationGradient: @Sendable (Input, Input, Output, Int, Activation, Double) -> Void
    /// (w, count): the sum of the squares
    public let sumOfSquares: @Sendable (Input, Int) -> Double
    /// (x, rows, out): the sum of each row
    public let sumRows: @Sendable (Input, SummedRows, UnsafeMutablePointer<Double>) -> Void
    /// (loss, z, y, weights, smoothing): the sum of the losses; z becomes its gradient
    public let loss: @Sendable (Loss, UnitRows<Element>, Input, Input, Double) -> Double
    /// (loss, z): z becomes the outputs
    public let outputs: @Sendable (Loss, UnitRows<Element>) -> Void
    /// (source, strides, range, target)
    public let gather: @Sendable (Input, Strides, ExampleRange, UnitRows<Element>) -> Void
    /// (a, units, draw), in place; the draw's offset is the batch row of the first column
    public let dropoutUnits: @Sendable (UnitRows<Element>, Range<Int>, DropoutDraw) -> Void
    /// (a, mask, maskRowStride, range, scale), in place
    public let maskUnits:
        @Sendable (UnitRows<Element>, UnsafePointer<UInt8>, Int, ExampleRange, Double) -> Void
    /// (call, columns): computes those columns of the product; k <= blockK
    public let multiplyUnits: @Sendable (UnsafePointer<UnitProduct<Element>>, Range<Int>) -> Void
    /// (dz, a, dw, accumulates): dw = dz a^T, for any number of columns
    public let narrowWeightGradient:
        @Sendable (
            UnsafePointer<UnitRows<Element>>, UnsafePointer<UnitRows<Element>>, Output, Bool
        ) -> Void
    /// (w, g, m, v, count, step): see `OptimizerStep`
    public let optimize: @Sendable (Output, Input, Output, Output, Int, OptimizerStep) -> Void
    /// (g, w, count, scale, l2, l1): g = scale * g + l2 * w + l1 * sign(w)
    public let penalize: @Sendable (Output, Input, Int, Double, Double, Double) -> Void
    /// (w, count): the sum of the absolute values
    public let sumOfMagnitudes: @Sendable (Input, Int) -> Double
    /// (call, rows, columns, scratch): computes those outputs of the product
    public let multiply:
        @Sendable (
            UnsafePointer<MatrixProduct<Element>>, Range<Int>, Range<Int>, UnsafeMutableRawPointer
        ) -> Void
    /// The tile of C that `multiply` keeps in registers; a division by whole tiles costs nothing.
    public let tile: (m: Int, n: Int)
    /// Rows of a product, at most `max`, whose operands `multiply` reads in place if `isContiguousAlongK`. It computes
    /// `few` rows or `max`.
    public let contiguousRows: (few: Int, max: Int)
    /// The largest k for which an element of a product is one chain of multiply-adds.
    public let blockK: Int
    /// Bytes of scratch memory, aligned to 64, that `multiply` needs for a product.
    public let scratchBytes: @Sendable (_ m: Int, _ n: Int, _ k: Int) -> Int

    public init(
        activate: @escaping @Sendable (Input, Output, Int, Activation) -> Void,
        activationGradient:
            @escaping @Sendable (Input, Input, Output, Int, Activation, Double) -> Void,
        sumOfSquares: @escaping @Sendable (Input, Int) -> Double,
        sumRows:
            @escaping @Sendable (Input, SummedRows, UnsafeMutablePointer<Double>) -> Void,
        loss:
            @escaping @Sendable (Loss, UnitRows<Element>, Input, Input, Double) -> Double,
        outputs:
            @escaping @Sendable (Loss, UnitRows<Element>) -> Void,
        gather:
            @escaping @Sendable (Input, Strides, ExampleRange, UnitRows<Element>) -> Void,
        dropoutUnits:
            @escaping @Sendable (UnitRows<Element>, Range<Int>, DropoutDraw) -> Void,
        maskUnits:
            @escaping @Sendable (UnitRows<Element>, UnsafePointer<UInt8>, Int, ExampleRange, Double)
            -> Void,
        multiplyUnits:
            @escaping @Sendable (UnsafePointer<UnitProduct<Element>>, Range<Int>) -> Void,
        narrowWeightGradient:
            @escaping @Sendable (
                UnsafePointer<UnitRows<Element>>, UnsafePointer<UnitRows<Element>>, Output, Bool
            ) -> Void,
        optimize:
            @escaping @Sendable (Output, Input, Output, Output, Int, OptimizerStep) -> Void,
        penalize:
            @escaping @Sendable (Output, Input, Int, Double, Double, Double) -> Void,
        sumOfMagnitudes:
            @escaping @Sendable (Input, Int) -> Double,
        multiply:
            @escaping @Sendable (
                UnsafePointer<MatrixProduct<Element>>, Range<Int>, Range<Int>,
                UnsafeMutableRawPointer
            ) -> Void,
        tile: (m: Int, n: Int), contiguousRows: (few: Int, max: Int) = (0, 0), blockK: Int,
        scratchBytes: @escaping @Sendable (_ m: Int, _ n: Int, _ k: Int) -> Int
    ) {
        self.activate = activate
        self.activationGradient = activationGradient
        self.sumOfSquares = sumOfSquares
        self.sumRows = sumRows
        self.loss = loss
        self.outputs = outputs
        self.gather = gather
        self.dropoutUnits = dropoutUnits
        self.maskUnits = maskUnits
        self.multiplyUnits = multiplyUnits
        self.narrowWeightGradient = narrowWeightGradient
        self.optimize = optimize
        self.penalize = penalize
        self.sumOfMagnitudes = sumOfMagnitudes
        self.multiply = multiply
        self.tile = tile
        self.contiguousRows = contiguousRows
        self.blockK = blockK
        self.scratchBytes = scratchBytes
    }
}

/// The kernels that only functions of arrays call: apart from those of networks, so that a linker can leave them out of
/// a program without such functions.
public struct ArrayKernelTable<Element: Sendable>: Sendable {
    public typealias Input = UnsafePointer<Element>
    public typealias Output = UnsafeMutablePointer<Element>

    /// (a, out, mask or nil, count, draw)
    public let dropout:
        @Sendable (Input, Output, UnsafeMutablePointer<UInt8>?, Int, DropoutDraw) -> Void
    /// (a, mask, out, count, scale): out = a * (mask != 0) * scale
    public let applyMask: @Sendable (Input, UnsafePointer<UInt8>, Output, Int, Double) -> Void
    /// (x, out, count, function)
    public let elementary: @Sendable (Input, Output, Int, ElementaryFunction) -> Void
    /// (a, y, dz, count): dz = a - y
    public let subtract: @Sendable (Input, Input, Output, Int) -> Void
    /// (w, dw, out, count, rate): out = w - rate * dw
    public let update: @Sendable (Input, Input, Output, Int, Double) -> Void
    /// (a, y, count): the sum of the cross-entropies, and how many terms were NaN
    public let crossEntropy: @Sendable (Input, Input, Int) -> (sum: Double, ignored: Int)
    /// (x, rowStride, count, scale, out): scale times the sums over `count` rows of one vector of
    /// columns, with the bits of `sumRows`
    public let sumColumns: @Sendable (Input, Int, Int, Double, Output) -> Void
    /// (mask, count, draw), the same of each element type
    public let dropoutMask: @Sendable (UnsafeMutablePointer<UInt8>, Int, DropoutDraw) -> Void

    public init(
        dropout:
            @escaping @Sendable (Input, Output, UnsafeMutablePointer<UInt8>?, Int, DropoutDraw)
            -> Void,
        applyMask:
            @escaping @Sendable (Input, UnsafePointer<UInt8>, Output, Int, Double) -> Void,
        elementary: @escaping @Sendable (Input, Output, Int, ElementaryFunction) -> Void,
        subtract: @escaping @Sendable (Input, Input, Output, Int) -> Void,
        update: @escaping @Sendable (Input, Input, Output, Int, Double) -> Void,
        crossEntropy: @escaping @Sendable (Input, Input, Int) -> (sum: Double, ignored: Int),
        sumColumns: @escaping @Sendable (Input, Int, Int, Double, Output) -> Void,
        dropoutMask: @escaping @Sendable (UnsafeMutablePointer<UInt8>, Int, DropoutDraw) -> Void
    ) {
        self.dropout = dropout
        self.applyMask = applyMask
        self.elementary = elementary
        self.subtract = subtract
        self.update = update
        self.crossEntropy = crossEntropy
        self.sumColumns = sumColumns
        self.dropoutMask = dropoutMask
    }
}

/// The kernels of networks of one instruction set. Tables are held by pointer: a copy would retain every closure in
/// them.
public struct KernelSet: @unchecked Sendable {
    public let float: UnsafePointer<KernelTable<Float>>
    /// Nil in a library without functions over doubles.
    public let double: UnsafePointer<KernelTable<Double>>?
    /// A function of a double; a library with nil for `double` has log of numbers from 1, and exp of numbers to 0.
    public let elementary: @Sendable (ElementaryFunction, Double) -> Double
    /// (words, count, draw)
    public let philox: @Sendable (UnsafeMutablePointer<UInt32>, Int, DropoutDraw) -> Void
    /// Whether multiply-add is fused, so that results agree with the other sets bit for bit.
    public let isFused: Bool

    public init(
        float: UnsafePointer<KernelTable<Float>>, double: UnsafePointer<KernelTable<Double>>?,
        elementary: @escaping @Sendable (ElementaryFunction, Double) -> Double,
        philox: @escaping @Sendable (UnsafeMutablePointer<UInt32>, Int, DropoutDraw) -> Void,
        isFused: Bool
    ) {
        self.float = float
        self.double = double
        self.elementary = elementary
        self.philox = philox
        self.isFused = isFused
    }
}

/// The kernels of an instruction set that only functions of arrays call.
public struct ArrayKernelSet: @unchecked Sendable {
    public let float: UnsafePointer<ArrayKernelTable<Float>>
    /// Nil in a library without functions over doubles.
    public let double: UnsafePointer<ArrayKernelTable<Double>>?
    public init(
        float: UnsafePointer<ArrayKernelTable<Float>>,
        double: UnsafePointer<ArrayKernelTable<Double>>?
    ) {
        self.float = float
        self.double = double
    }
}
