import CSwiftReg
import Network

/// Why a call was refused: a reg_status that is an error.
struct Failure: Error {
    let status: reg_status

    init(_ status: reg_status) { self.status = status }
}

/// Runs the body of an entry point. Everything that can throw stands before the first write.
@inline(__always)
func status(of body: () throws(Failure) -> Void) -> reg_status {
    do throws(Failure) {
        try body()
        return REG_OK
    } catch {
        return error.status
    }
}

/// The kernels, or the reason that there are none.
@inline(__always)
func runtime() throws(Failure) -> UnsafePointer<Runtime> {
    guard let runtime = Runtime.current else { throw Failure(REG_ERROR_ISA) }
    return runtime
}

@inline(__always)
func operations<T: Scalar>(_: T.Type) throws(Failure) -> Operations<T> {
    Operations(try runtime())
}

@inline(__always)
func require(_ condition: Bool, else status: reg_status) throws(Failure) {
    if !condition { throw Failure(status) }
}

/// rows * columns, neither of which may be negative, as a number of elements that memory can hold.
@inline(__always)
func elements<T>(_: T.Type, _ rows: Int, _ columns: Int = 1) throws(Failure) -> Int {
    let (count, overflow1) = rows.multipliedReportingOverflow(by: columns)
    let (bytes, overflow2) = count.multipliedReportingOverflow(by: MemoryLayout<T>.stride)
    // No memory is half the address space, and rounding up below that cannot overflow.
    try require(
        rows >= 0 && columns >= 0 && !overflow1 && !overflow2 && bytes <= Int.max / 2,
        else: REG_ERROR_SIZE)
    return count
}

/// A pointer that is needed if there are elements; without them any address will do.
@inline(__always)
func input<T>(_ pointer: UnsafePointer<T>?, _ count: Int) throws(Failure) -> UnsafePointer<T> {
    if let pointer { return pointer }
    try require(count == 0, else: REG_ERROR_NULL)
    return UnsafePointer(bitPattern: MemoryLayout<T>.alignment).unsafelyUnwrapped
}

@inline(__always)
func output<T>(
    _ pointer: UnsafeMutablePointer<T>?, _ count: Int
) throws(Failure) -> UnsafeMutablePointer<T> {
    UnsafeMutablePointer(mutating: try input(UnsafePointer(pointer), count))
}

func checkKeepProb(_ keepProb: Double) throws(Failure) {
    try require(keepProb > 0 && keepProb <= 1, else: REG_ERROR_KEEP_PROB)
}

func checkLambda(_ lambda: Double) throws(Failure) {
    try require(lambda >= 0 && lambda < .infinity, else: REG_ERROR_LAMBDA)
}

func activation(_ value: reg_activation) throws(Failure) -> Activation {
    guard let activation = Activation(rawValue: value.rawValue) else {
        throw Failure(REG_ERROR_ACTIVATION)
    }
    return activation
}

extension reg_strides {
    /// The strides of `units` x `examples` elements, which must not reach beyond what memory can
    /// hold. An output's elements must also be distinct.
    func checked<T>(
        _: T.Type, units: Int, examples: Int, isOutput: Bool
    ) throws(Failure) -> Strides {
        let (up, overflow1) = unit.multipliedReportingOverflow(by: units - 1)
        let (across, overflow2) = example.multipliedReportingOverflow(by: examples - 1)
        let (sum, overflow3) = up.magnitude.addingReportingOverflow(across.magnitude)
        let (bytes, overflow4) = sum.multipliedReportingOverflow(by: UInt(MemoryLayout<T>.stride))
        try require(
            !overflow1 && !overflow2 && !overflow3 && !overflow4 && bytes < UInt(Int.max),
            else: REG_ERROR_SIZE)
        if isOutput {
            // One direction must step over the whole of the other.
            let areDistinct =
                (units == 1 || unit > 0) && (examples == 1 || example > 0)
                && (units == 1 || examples == 1 || unit > across || example > up)
            try require(areDistinct, else: REG_ERROR_SHAPE)
        }
        return Strides(unit: unit, example: example)
    }
}
