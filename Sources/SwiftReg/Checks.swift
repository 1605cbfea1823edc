import CSwiftReg
import Network

// Arguments that are checked: each check names its argument. Ranges come from `Option`.

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
func arrayOperations<T: Scalar>(_: T.Type) throws(Failure) -> ArrayOperations<T> {
    ArrayOperations(try runtime())
}

@inline(__always)
func require(
    _ condition: Bool, else status: reg_status, _ argument: StaticString, index: Int = -1,
    is value: Value = .none, _ wanted: StaticString
) throws(Failure) {
    if !condition { throw Failure(status, argument, index: index, is: value, wanted) }
}

// MARK: Sizes

/// A size_t with the name of its argument.
struct Size {
    let value: Int
    let name: StaticString

    @inline(__always)
    init(_ value: Int, _ name: StaticString) {
        self.value = value
        self.name = name
    }
}

/// Elements of `bytes` each, in rows and columns, as a number that memory can hold.
@inline(never)
private func count(_ rows: Size, _ columns: Size, bytes: Int) throws(Failure) -> Int {
    let (count, overflow1) = rows.value.multipliedReportingOverflow(by: columns.value)
    let (size, overflow2) = count.multipliedReportingOverflow(by: bytes)
    // No memory is half the address space, and rounding up below that cannot overflow.
    if rows.value >= 0 && columns.value >= 0 && !overflow1 && !overflow2 && size <= Int.max / 2 {
        return count
    }
    let blamed = UInt(bitPattern: rows.value) > UInt(bitPattern: columns.value) ? rows : columns
    throw Failure(REG_ERROR_SIZE, blamed.name, is: .size(blamed.value), "is too large for memory")
}

@inline(__always)
func elements<T>(
    _: T.Type, _ rows: Size, _ columns: Size = Size(1, "")
) throws(Failure) -> Int {
    try count(rows, columns, bytes: MemoryLayout<T>.stride)
}

/// Any size_t but a negative number that became one.
@inline(__always)
func requireSize(_ size: Size) throws(Failure) {
    try require(
        size.value >= 0, else: REG_ERROR_SIZE, size.name, is: .size(size.value),
        "is too large for memory")
}

@inline(__always)
func requireSome(_ size: Size) throws(Failure) {
    try require(
        size.value > 0, else: REG_ERROR_SHAPE, size.name, is: .size(size.value), "must not be 0")
}

// MARK: Pointers

/// A pointer that is needed if there are elements; without them any address will do.
@inline(__always)
func input<T>(
    _ pointer: UnsafePointer<T>?, _ count: Int, _ name: StaticString
) throws(Failure) -> UnsafePointer<T> {
    if let pointer { return pointer }
    try require(count == 0, else: REG_ERROR_NULL, name, "is NULL")
    return UnsafePointer(bitPattern: MemoryLayout<T>.alignment).unsafelyUnwrapped
}

@inline(__always)
func output<T>(
    _ pointer: UnsafeMutablePointer<T>?, _ count: Int, _ name: StaticString
) throws(Failure) -> UnsafeMutablePointer<T> {
    UnsafeMutablePointer(mutating: try input(UnsafePointer(pointer), count, name))
}

// MARK: Strides

extension reg_strides {
    /// The strides of `units` x `examples` elements, a number that memory can hold. They must not reach beyond
    /// what memory can hold, and an output's elements must be distinct: those of a contiguous matrix are.
    @inline(__always)
    func checked<T>(
        _: T.Type, _ name: StaticString, units: Int, examples: Int, isOutput: Bool
    ) throws(Failure) -> Strides {
        if unit == examples && example == 1 || unit == 1 && example == units {
            return Strides(unit: unit, example: example)
        }
        return try checkedForReach(
            T.self, name, units: units, examples: examples, isOutput: isOutput)
    }

    @inline(never)
    private func checkedForReach<T>(
        _: T.Type, _ name: StaticString, units: Int, examples: Int, isOutput: Bool
    ) throws(Failure) -> Strides {
        let (up, overflow1) = unit.multipliedReportingOverflow(by: units - 1)
        let (across, overflow2) = example.multipliedReportingOverflow(by: examples - 1)
        let (sum, overflow3) = up.magnitude.addingReportingOverflow(across.magnitude)
        let (bytes, overflow4) = sum.multipliedReportingOverflow(by: UInt(MemoryLayout<T>.stride))
        try require(
            !overflow1 && !overflow2 && !overflow3 && !overflow4 && bytes < UInt(Int.max),
            else: REG_ERROR_SIZE, name, "reach beyond what memory can hold")
        if isOutput {
            // One direction must step over the whole of the other.
            let areDistinct =
                (units == 1 || unit > 0) && (examples == 1 || example > 0)
                && (units == 1 || examples == 1 || unit > across || example > up)
            try require(
                areDistinct, else: REG_ERROR_SHAPE, name, "make elements of the output overlap")
        }
        return Strides(unit: unit, example: example)
    }
}

// MARK: Options

/// A number in the range of an option, under the name that it has in this call.
@inline(never)
func check(
    _ value: Double, as option: Option, _ name: StaticString? = nil, index: Int = -1
) throws(Failure) {
    if option.info.range.contains(value) { return }
    throw Failure(
        option.field.status, name ?? option.field.name, index: index, is: .real(value),
        option.info.range.words)
}

/// A value of an enum, by its number.
@inline(__always)
func choice<E: Choice>(
    _: E.Type, _ number: UInt32, _ status: reg_status, _ name: StaticString, index: Int = -1,
    _ wanted: StaticString
) throws(Failure) -> E {
    guard let value = E(rawValue: number) else {
        throw Failure(status, name, index: index, is: .unsigned(UInt64(number)), wanted)
    }
    try require(
        value.isBuilt, else: status, name, index: index, is: .unsigned(UInt64(number)),
        "is not in this build")
    return value
}

@inline(__always)
func activation(
    _ value: reg_activation, _ name: StaticString = "activation", index: Int = -1
) throws(Failure) -> Activation {
    try choice(
        Activation.self, value.rawValue, REG_ERROR_ACTIVATION, name, index: index,
        "must be a value of reg_activation")
}

extension Failure {
    init(_ error: NetworkError) {
        switch error {
        case .memory: self.init(REG_ERROR_MEMORY)
        case .notFinite: self.init(REG_ERROR_NOT_FINITE)
        case .sampleWeight: self.init(REG_ERROR_SAMPLE_WEIGHT)
        case .file: self.init(REG_ERROR_FILE, reason: fileErrorWords())
        case .format: self.init(REG_ERROR_FORMAT)
        case .foreignFile:
            self.init(
                REG_ERROR_FORMAT,
                saying: "tensors without a network's layers and settings: no metadata of swiftreg")
        case .omitted:
            self.init(REG_ERROR_FORMAT, saying: "has an option that is not in this build")
        case .newerFile:
            self.init(
                REG_ERROR_FORMAT,
                saying: "written by a newer swiftreg, whose format this one does not know")
        }
    }

    init(_ problem: OptionProblem, index: Int = -1) {
        let (info, field) = (problem.option.info, problem.option.field)
        let value: Value =
            info.kind == .real ? .real(problem.real) : .unsigned(problem.integer)
        self.init(
            field.status, field.name, index: index, is: value,
            problem.isForAnotherLoss ? "must be 0 with this loss" : info.range.words)
    }
}

/// Runs what a network does, its errors as those of the boundary.
@inline(__always)
func networkDoes<R>(_ body: () throws(NetworkError) -> R) throws(Failure) -> R {
    do throws(NetworkError) { return try body() } catch { throw Failure(error) }
}

@inline(__always)
func options(index: Int = -1, _ body: () throws(OptionProblem) -> Void) throws(Failure) {
    do throws(OptionProblem) { try body() } catch { throw Failure(error, index: index) }
}

/// The network behind a handle of the C API.
@inline(__always)
func network<T: Scalar>(_: T.Type, _ handle: OpaquePointer?) throws(Failure) -> Network<T>.Handle {
    guard let handle else { throw Failure(REG_ERROR_NULL, "network", "is NULL") }
    return UnsafeMutablePointer(handle)
}

/// The network for a call that trains it or sets its position, which a report of its training must not do.
@inline(never)
func networkToTrain<T: Scalar>(
    _: T.Type, _ handle: OpaquePointer?
) throws(Failure) -> Network<T>.Handle {
    let network = try network(T.self, handle)
    try require(
        !network.pointee.isReporting, else: REG_ERROR_STATE, "network",
        "is in training: a report must not train it or set its position")
    return network
}
