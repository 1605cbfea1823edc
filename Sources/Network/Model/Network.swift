import CPlatform

/// Why a network operation failed. Caller data is unchanged. (An enum without a raw type gets a hash
/// function, which needs a newer C library than everything else here.)
public enum NetworkError: UInt8, Error {
    case memory
    /// A cost or a gradient is infinite or NaN.
    case notFinite
    /// The total weight of the examples is out of range.
    case sampleWeight
    case file
    case format
    /// A safetensors file of tensors without a network's metadata.
    case foreignFile
    /// In a version of the format that this library does not know.
    case newerFile
    /// The file has a value of an enum that this build leaves out.
    case omitted
}

/// A network and the memory it owns. All of it comes from malloc: an allocation by Swift ends the process
/// if it fails.
public struct Network<T: Scalar> {
    public typealias Handle = UnsafeMutablePointer<Network<T>>

    public var settings: Settings
    public let layerCount: Int
    public let layers: UnsafeMutablePointer<Layer>
    /// A copy of the layers' properties as arrays.
    public let layerArrays: LayerArrays
    public let parameterCount: Int
    public let parameters: UnsafeMutablePointer<T>
    /// The gradient and the optimizer's state; nil until the first use.
    private(set) var gradientBuffer: UnsafeMutablePointer<T>?
    private(set) var stateBuffer: UnsafeMutablePointer<T>?
    public private(set) var optimizer = Optimizer()
    public var position = Position()
    let runtime: UnsafePointer<Runtime>
    let operations: Operations<T>
    var workspace = Workspace<T>()
    /// The memory of `FitMemory`, kept between calls.
    var fitWorkspace = Workspace<T>()
    /// Whether a report of the network's training runs: code of the caller, which may use the network.
    public internal(set) var isReporting = false
    /// The layout (see `Propagation.layout`) in which the workspace has weights of 1 for all examples; 0: none.
    var unitWeights: Int16 = 0

    /// Creates a network whose parameters are all 0. The caller has checked that the sizes of the layers
    /// match and that the parameter count does not overflow.
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
        guard let layerArrays = LayerArrays(source, count) else {
            free(layers)
            free(handle)
            throw .memory
        }
        guard let parameters = allocate(T.self, total) else {
            layerArrays.release()
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
                settings: settings, layerCount: count, layers: layers, layerArrays: layerArrays,
                parameterCount: total,
                parameters: parameters, runtime: runtime))
        return handle
    }

    public static func destroy(_ handle: Handle) {
        handle.pointee.workspace.release()
        handle.pointee.fitWorkspace.release()
        free(handle.pointee.stateBuffer)
        free(handle.pointee.gradientBuffer)
        free(handle.pointee.parameters)
        handle.pointee.layerArrays.release()
        free(handle.pointee.layers)
        free(handle)
    }

    private init(
        settings: Settings, layerCount: Int, layers: UnsafeMutablePointer<Layer>,
        layerArrays: LayerArrays, parameterCount: Int, parameters: UnsafeMutablePointer<T>,
        runtime: UnsafePointer<Runtime>
    ) {
        self.settings = settings
        self.layerCount = layerCount
        self.layers = layers
        self.layerArrays = layerArrays
        self.parameterCount = parameterCount
        self.parameters = parameters
        self.runtime = runtime
        operations = Operations(runtime)
    }

    /// Frees what calls keep for the next one.
    mutating func releaseWorkingMemory() {
        workspace.release()
        fitWorkspace.release()
    }

    public var inputs: Int { layers[0].nIn }
    public var outputs: Int { layers[layerCount - 1].nOut }

    // MARK: Buffers

    public mutating func gradients() throws(NetworkError) -> UnsafeMutablePointer<T> {
        if let gradientBuffer { return gradientBuffer }
        guard let new = allocate(T.self, parameterCount) else { throw .memory }
        new.clear(parameterCount)
        gradientBuffer = new
        return new
    }

    /// The length of the optimizer's state: the first moments of all parameters, then the second.
    public var stateCount: Int { optimizer.kind.moments * parameterCount }

    public mutating func state() throws(NetworkError) -> UnsafeMutablePointer<T> {
        if let stateBuffer { return stateBuffer }
        guard let new = allocate(T.self, max(1, stateCount)) else { throw .memory }
        new.clear(stateCount)
        stateBuffer = new
        return new
    }

    /// Sets the optimizer. The state is kept only if the kind stays the same.
    public mutating func setOptimizer(_ new: Optimizer) {
        if new.kind != optimizer.kind {
            free(stateBuffer)
            stateBuffer = nil
        }
        optimizer = new
    }
}
