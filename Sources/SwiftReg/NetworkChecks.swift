import CSwiftReg
import Network

extension Failure {
    init(_ error: NetworkError) {
        switch error {
        case .memory: self.init(REG_ERROR_MEMORY)
        case .notFinite: self.init(REG_ERROR_NOT_FINITE)
        case .sampleWeight: self.init(REG_ERROR_SAMPLE_WEIGHT)
        case .file: self.init(REG_ERROR_FILE)
        case .format: self.init(REG_ERROR_FORMAT)
        }
    }

    init(_ problem: OptionProblem) {
        switch problem {
        case .keepProb: self.init(REG_ERROR_KEEP_PROB)
        case .lambda: self.init(REG_ERROR_LAMBDA)
        case .labelSmoothing: self.init(REG_ERROR_LABEL_SMOOTHING)
        case .maxNorm: self.init(REG_ERROR_MAX_NORM)
        case .learningRate: self.init(REG_ERROR_LEARNING_RATE)
        case .momentum: self.init(REG_ERROR_MOMENTUM)
        case .epsilon: self.init(REG_ERROR_EPSILON)
        case .weightDecay: self.init(REG_ERROR_WEIGHT_DECAY)
        case .clipNorm: self.init(REG_ERROR_CLIP_NORM)
        case .schedule: self.init(REG_ERROR_SCHEDULE)
        }
    }
}

/// Runs what a network does, its errors as those of the boundary.
@inline(__always)
func networkDoes<R>(_ body: () throws(NetworkError) -> R) throws(Failure) -> R {
    do throws(NetworkError) { return try body() } catch { throw Failure(error) }
}

@inline(__always)
func options(_ body: () throws(OptionProblem) -> Void) throws(Failure) {
    do throws(OptionProblem) { try body() } catch { throw Failure(error) }
}

/// The network behind a handle of the C API.
@inline(__always)
func network<T: Scalar>(_: T.Type, _ handle: OpaquePointer?) throws(Failure) -> Network<T>.Handle {
    guard let handle else { throw Failure(REG_ERROR_NULL) }
    return UnsafeMutablePointer(handle)
}

/// A struct that begins with its size, as the caller's header knows it.
protocol Sized {
    var struct_size: Int { get }
}

extension reg_network_options: Sized {}
extension reg_layer: Sized {}
extension reg_position: Sized {}
extension reg_optimizer_options: Sized {}
extension reg_data: Sized {}
extension reg_data_f64: Sized {}
extension reg_part: Sized {}
extension reg_fit_options: Sized {}
extension reg_fit_result: Sized {}

@inline(__always)
func sized<S: Sized>(_ pointer: UnsafePointer<S>?) throws(Failure) -> UnsafePointer<S> {
    guard let pointer else { throw Failure(REG_ERROR_NULL) }
    try require(pointer.pointee.struct_size >= MemoryLayout<S>.size, else: REG_ERROR_SIZE)
    return pointer
}

@inline(__always)
func sized<S: Sized>(
    _ pointer: UnsafeMutablePointer<S>?
) throws(Failure) -> UnsafeMutablePointer<S> {
    UnsafeMutablePointer(mutating: try sized(UnsafePointer(pointer)))
}

/// The examples of a call, of either element type.
protocol DataOfC: Sized {
    associatedtype Element: Scalar
    var m: Int { get }
    var x: UnsafePointer<Element>! { get }
    var x_strides: reg_strides { get }
    var y: UnsafePointer<Element>! { get }
    var y_strides: reg_strides { get }
    var weights: UnsafePointer<Element>! { get }
}

extension reg_data: DataOfC {}
extension reg_data_f64: DataOfC {}

@inline(__always)
func examples<D: DataOfC>(
    _ data: UnsafePointer<D>?, for network: Network<D.Element>.Handle,
    mayWeighNothing: Bool = false
) throws(Failure) -> Examples<D.Element> {
    let data = try sized(data).pointee
    let (nIn, nOut) = (network.pointee.inputs, network.pointee.outputs)
    let xCount = try elements(D.Element.self, nIn, data.m)
    let yCount = try elements(D.Element.self, nOut, data.m)
    try require(data.m > 0, else: REG_ERROR_SHAPE)
    let examples = Examples(
        count: data.m, x: try input(data.x, xCount),
        xStrides: try data.x_strides.checked(
            D.Element.self, units: nIn, examples: data.m, isOutput: false),
        y: try input(data.y, yCount),
        yStrides: try data.y_strides.checked(
            D.Element.self, units: nOut, examples: data.m, isOutput: false),
        weights: data.weights)
    try require(
        examples.areWeightsValid(allowsAllZero: mayWeighNothing), else: REG_ERROR_SAMPLE_WEIGHT)
    return examples
}
