import CPlatform

/// Why something that a network was asked for was not done. What was the caller's is as it was. (An
/// enum without a raw type gets a hash function, which needs a C library newer than all else here.)
public enum NetworkError: UInt8, Error {
    case memory
    /// A cost or a gradient is infinite or NaN.
    case notFinite
    /// The sum of the weights of the examples is not what it must be.
    case sampleWeight
    case file
    case format
}

public enum InitialWeights: UInt32, Sendable {
    case he = 0
    case xavier = 1
    case lecun = 2
    case notebook = 3
}

/// What belongs to one weight matrix. Its inputs are the units of the layer below.
public struct Layer: Sendable {
    public var nOut: Int
    public var nIn: Int
    /// Where W, (nOut, nIn), and b begin in the flat buffers.
    public var weights = 0
    public var biases = 0
    /// Units of all layers below its inputs.
    var unitsBelow = 0
    /// Of its outputs. That of the last layer is the identity: the loss has its own.
    public var activation: Activation
    /// Of its inputs.
    public var keepProb: Double
    public var l2: Double
    public var l1: Double

    public init(
        nOut: Int, nIn: Int, activation: Activation, keepProb: Double, l2: Double, l1: Double
    ) {
        self.nOut = nOut
        self.nIn = nIn
        self.activation = activation
        self.keepProb = keepProb
        self.l2 = l2
        self.l1 = l1
    }

    public var weightCount: Int { nOut * nIn }
}

/// What a network is, beyond its layers.
public struct Settings: Sendable {
    public var loss = Loss.binaryCrossEntropy
    public var initialWeights = InitialWeights.he
    public var seed: UInt64 = 0
    public var labelSmoothing = 0.0
    /// 0: none.
    public var maxNorm = 0.0

    public init() {}
}

/// How far training has come.
public struct Position: Sendable {
    public var step: UInt64 = 0
    public var epoch: UInt64 = 0

    /// Both are below this: the streams of random words have so much room for them.
    public static var most: UInt64 { 1 << 48 }

    public init() {}
}

/// A network and all that it owns. It lies in memory from malloc, as everything in it: memory that
/// Swift allocates itself ends the process where there is none.
public struct Network<T: Scalar> {
    public typealias Handle = UnsafeMutablePointer<Network<T>>

    public let settings: Settings
    public let layerCount: Int
    public let layers: UnsafeMutablePointer<Layer>
    /// The same once more, an array for each property: see `Columns`.
    public let columns: Columns
    public let parameterCount: Int
    public let parameters: UnsafeMutablePointer<T>
    /// The gradient, and the state of the optimizer, from the first use on.
    private(set) var gradientsMade: UnsafeMutablePointer<T>?
    private(set) var stateMade: UnsafeMutablePointer<T>?
    public private(set) var optimizer = Optimizer()
    public var position = Position()
    let runtime: UnsafePointer<Runtime>
    let operations: Operations<T>
    var workspace = Workspace<T>()
    /// Of FitMemory.
    var fitSpace = Workspace<T>()

    /// A network of these layers, whose parameters are all 0. The sizes of the layers fit each other,
    /// and memory can hold their parameters; both are the caller's to check.
    public static func create(
        layers source: UnsafePointer<Layer>, count: Int, settings: Settings,
        runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> Handle {
        var total = 0
        for l in 0..<count { total += source[l].weightCount + source[l].nOut }
        guard let handle = allocate(Network<T>.self, 1) else { throw .memory }
        guard let layers = allocate(Layer.self, count) else {
            free(handle)
            throw .memory
        }
        guard let columns = Columns(source, count) else {
            free(layers)
            free(handle)
            throw .memory
        }
        guard let parameters = allocate(T.self, total) else {
            columns.release()
            free(layers)
            free(handle)
            throw .memory
        }
        var at = 0
        var units = 0
        for l in 0..<count {
            layers[l] = source[l]
            layers[l].weights = at
            layers[l].biases = at + source[l].weightCount
            layers[l].unitsBelow = units
            at = layers[l].biases + source[l].nOut
            units += source[l].nIn
        }
        parameters.clear(total)
        handle.initialize(
            to: Network(
                settings: settings, layerCount: count, layers: layers, columns: columns,
                parameterCount: total,
                parameters: parameters, runtime: runtime))
        return handle
    }

    public static func destroy(_ handle: Handle) {
        handle.pointee.workspace.release()
        handle.pointee.fitSpace.release()
        free(handle.pointee.stateMade)
        free(handle.pointee.gradientsMade)
        free(handle.pointee.parameters)
        handle.pointee.columns.release()
        free(handle.pointee.layers)
        free(handle)
    }

    private init(
        settings: Settings, layerCount: Int, layers: UnsafeMutablePointer<Layer>,
        columns: Columns, parameterCount: Int, parameters: UnsafeMutablePointer<T>,
        runtime: UnsafePointer<Runtime>
    ) {
        self.settings = settings
        self.layerCount = layerCount
        self.layers = layers
        self.columns = columns
        self.parameterCount = parameterCount
        self.parameters = parameters
        self.runtime = runtime
        operations = Operations(runtime)
    }

    public var inputs: Int { layers[0].nIn }
    public var outputs: Int { layers[layerCount - 1].nOut }

    // MARK: Buffers

    public mutating func gradients() throws(NetworkError) -> UnsafeMutablePointer<T> {
        if let gradientsMade { return gradientsMade }
        guard let made = allocate(T.self, parameterCount) else { throw .memory }
        made.clear(parameterCount)
        gradientsMade = made
        return made
    }

    /// Values of the optimizer's state: the first moments of all parameters, then the second.
    public var stateCount: Int { optimizer.kind.moments * parameterCount }

    public mutating func state() throws(NetworkError) -> UnsafeMutablePointer<T> {
        if let stateMade { return stateMade }
        guard let made = allocate(T.self, max(1, stateCount)) else { throw .memory }
        made.clear(stateCount)
        stateMade = made
        return made
    }

    /// The state begins anew unless the kind stays the same.
    public mutating func setOptimizer(_ new: Optimizer) {
        if new.kind != optimizer.kind {
            free(stateMade)
            stateMade = nil
        }
        optimizer = new
    }
}

/// The properties of all layers as arrays, for callers that want them so: `count` of each, but one
/// more of the widths, and of the activations those of the hidden layers only.
public struct Columns {
    public let widths: UnsafeMutablePointer<Int>
    public let keepProb: UnsafeMutablePointer<Double>
    public let l2: UnsafeMutablePointer<Double>
    public let l1: UnsafeMutablePointer<Double>
    public let activations: UnsafeMutablePointer<UInt32>

    static func bytes(_ count: Int) -> Int {
        3 * count * MemoryLayout<Double>.stride + (count + 1) * MemoryLayout<Int>.stride
            + count * MemoryLayout<UInt32>.stride
    }

    /// Nil if there is no memory.
    init?(_ layers: UnsafePointer<Layer>, _ count: Int) {
        // One block, the most aligned arrays first.
        guard let block = allocate(UInt8.self, Self.bytes(count)) else { return nil }
        keepProb = UnsafeMutableRawPointer(block).assumingMemoryBound(to: Double.self)
        l2 = keepProb + count
        l1 = l2 + count
        widths = UnsafeMutableRawPointer(l1 + count).assumingMemoryBound(to: Int.self)
        activations = UnsafeMutableRawPointer(widths + count + 1)
            .assumingMemoryBound(to: UInt32.self)
        widths[0] = layers[0].nIn
        for l in 0..<count {
            widths[l + 1] = layers[l].nOut
            keepProb[l] = layers[l].keepProb
            l2[l] = layers[l].l2
            l1[l] = layers[l].l1
            activations[l] = layers[l].activation.rawValue
        }
    }

    func release() { free(keepProb) }
}
