import CSwiftReg

/// Why a call failed. After an error, the network and the outputs are as they were.
///
/// ```swift
/// do {
///     _ = try Network<Float>([2, 8, 1], options: NetworkOptions(keepProb: 1.5))
/// } catch {
///     print(error)          // keepProb[1] is 1.5; it must be in (0, 1]
///     print(error.argument) // Optional("keepProb")
/// }
/// ```
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// An argument is out of its range, or the lengths of arrays do not fit together.
        case argument
        /// A cost, a gradient or a parameter became infinite or NaN. The network is as after its last good epoch.
        case notFinite
        /// Memory could not be allocated.
        case memory
        /// A file could not be read or written.
        case file
        /// Bytes are no network, or one of the other element type.
        case format
        /// The network is in use by the call whose closure made this call; of a fit, its report, which may not train it.
        case inUse
        /// `SWIFTREG_ISA` names an instruction set that the CPU lacks.
        case instructionSet
    }

    public let kind: Kind
    /// The name of the argument in this module; nil if the error is about none.
    public let argument: String?
    /// The element of an argument that is an array.
    public let index: Int?
    /// The value of the argument or of its element.
    public let value: Double?
    /// The error in words, without a full stop.
    public let description: String
}

extension NetworkError {
    init(
        _ argument: String, is value: String, number: Double? = nil, index: Int? = nil, must: String
    ) {
        self.init(
            kind: .argument, argument: argument, index: index, value: number,
            description: "\(argument)\(index.map { "[\($0)]" } ?? "") \(value); it must \(must)")
    }

    /// An array of a wrong length.
    init(_ argument: String, has count: Int, must: String) {
        self.init(
            argument, is: "has \(count) value\(count == 1 ? "" : "s")", number: Double(count),
            must: must)
    }

    /// An element of an array of integers.
    init(_ argument: String, index: Int, is value: Int, must: String) {
        self.init(argument, is: "is \(value)", number: Double(value), index: index, must: must)
    }

    static var inUse: NetworkError {
        NetworkError(
            kind: .inUse, argument: nil, index: nil, value: nil,
            description: "the network is in use by the call that this closure belongs to")
    }

    /// The last error of this thread.
    init(_ status: reg_status) {
        var error = reg_error()
        error.struct_size = MemoryLayout<reg_error>.size
        guard reg_last_error(&error) == REG_OK, error.status == status else {
            self.init(
                kind: Kind(status), argument: nil, index: nil, value: nil,
                description: String(cString: reg_status_message(status)))
            return
        }
        let message = String(cString: error.message)
        let name = error.argument.map { String(cString: $0) }
        let argument = name.map(swiftName)
        self.init(
            kind: Kind(status), argument: argument, index: error.index < 0 ? nil : error.index,
            value: error.has_value == 0 ? nil : error.value,
            description: name.flatMap { name in
                message.hasPrefix(name) ? (argument ?? "") + message.dropFirst(name.count) : nil
            } ?? message)
    }
}

extension NetworkError.Kind {
    init(_ status: reg_status) {
        switch status {
        case REG_ERROR_NOT_FINITE: self = .notFinite
        case REG_ERROR_MEMORY: self = .memory
        case REG_ERROR_FILE: self = .file
        case REG_ERROR_FORMAT: self = .format
        case REG_ERROR_ISA: self = .instructionSet
        case REG_ERROR_STATE: self = .inUse
        default: self = .argument
        }
    }
}

/// A name of the C interface as this module has it: "keep_prob" is keepProb.
func swiftName(_ name: String) -> String {
    if name == "init" { return "initialWeights" }
    let parts = name.split(separator: "_")
    guard let first = parts.first else { return name }
    return parts.dropFirst().reduce(String(first)) {
        $0 + $1.prefix(1).uppercased() + $1.dropFirst()
    }
}

func check(_ status: reg_status) throws(NetworkError) {
    if status != REG_OK { throw NetworkError(status) }
}
