import CSwiftReg
import Network

// The examples of a call, of either element type.

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
    _ pointer: UnsafePointer<D>?, _ name: StaticString = "data",
    for network: Network<D.Element>.Handle, allowsAllZero: Bool = false
) throws(Failure) -> Examples<D.Element> {
    let data = try read(pointer, name)
    let (nIn, nOut) = (network.pointee.inputs, network.pointee.outputs)
    let m = Size(data.m, "m")
    let xCount = try elements(D.Element.self, Size(nIn, "n_in"), m)
    let yCount = try elements(D.Element.self, Size(nOut, "n_out"), m)
    try requireSome(m)
    let examples = Examples(
        count: data.m, x: try input(data.x, xCount, "x"),
        xStrides: try data.x_strides.checked(
            D.Element.self, "x_strides", units: nIn, examples: data.m, isOutput: false),
        y: try input(data.y, yCount, "y"),
        yStrides: try data.y_strides.checked(
            D.Element.self, "y_strides", units: nOut, examples: data.m, isOutput: false),
        weights: data.weights)
    if !examples.areWeightsValid(allowsAllZero: allowsAllZero) {
        throw weightFailure(data.weights, data.m)
    }
    return examples
}

/// What is wrong with the weights of the examples.
@inline(never)
private func weightFailure<T: Scalar>(_ weights: UnsafePointer<T>?, _ count: Int) -> Failure {
    let name: StaticString = "weights"
    guard let weights else { return Failure(REG_ERROR_SAMPLE_WEIGHT) }
    var sum = 0.0
    for i in 0..<count {
        let weight = Double(weights[i])
        if !(weight >= 0 && weight < .infinity) {
            return Failure(
                REG_ERROR_SAMPLE_WEIGHT, name, index: i, is: .real(weight),
                "must be finite and at least 0")
        }
        sum += weight
    }
    if sum == 0 { return Failure(REG_ERROR_SAMPLE_WEIGHT, name, "must not be all 0") }
    return Failure(
        REG_ERROR_SAMPLE_WEIGHT, name, "must have a sum that is finite, as must be 1 / the sum")
}
