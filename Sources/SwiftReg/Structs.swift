import CLayout
import CPlatform
import CSwiftReg

// Structs that begin with their size, as the caller's header knows it. They grow at their end only.
// An older caller's struct is shorter: what it lacks is the default. A newer caller's is longer: what
// is not known here must be 0, the default.

/// A struct of the header that begins with its size.
protocol Sized {
    init()
    var struct_size: Int { get set }
    static var firstSize: Int { get }
}

extension reg_build: Sized {
    static var firstSize: Int { Int(first_size_reg_build) }
}
extension reg_error: Sized {
    static var firstSize: Int { Int(first_size_reg_error) }
}
extension reg_network_options: Sized {
    static var firstSize: Int { Int(first_size_reg_network_options) }
}
extension reg_layer: Sized {
    static var firstSize: Int { Int(first_size_reg_layer) }
}
extension reg_position: Sized {
    static var firstSize: Int { Int(first_size_reg_position) }
}
extension reg_optimizer_options: Sized {
    static var firstSize: Int { Int(first_size_reg_optimizer_options) }
}
extension reg_data: Sized {
    static var firstSize: Int { Int(first_size_reg_data) }
}
extension reg_data_f64: Sized {
    static var firstSize: Int { Int(first_size_reg_data_f64) }
}
extension reg_sparse: Sized {
    static var firstSize: Int { Int(first_size_reg_sparse) }
}
extension reg_fit_job: Sized {
    static var firstSize: Int { Int(first_size_reg_fit_job) }
}
extension reg_fit_job_f64: Sized {
    static var firstSize: Int { Int(first_size_reg_fit_job_f64) }
}
extension reg_part: Sized {
    static var firstSize: Int { Int(first_size_reg_part) }
}
extension reg_fit_options: Sized {
    static var firstSize: Int { Int(first_size_reg_fit_options) }
}
extension reg_fit_result: Sized {
    static var firstSize: Int { Int(first_size_reg_fit_result) }
}
extension reg_export_options: Sized {
    static var firstSize: Int { Int(first_size_reg_export_options) }
}
extension reg_enum_value: Sized {
    static var firstSize: Int { Int(first_size_reg_enum_value) }
}
extension reg_option: Sized {
    static var firstSize: Int { Int(first_size_reg_option) }
}

/// No struct will ever be as large: a size beyond it was never set.
private let maxSize = 4096

/// The size that a caller has set, which is one that a struct can have.
@inline(never)
private func checkedSize(
    _ address: UnsafeRawPointer?, _ name: StaticString, firstSize: Int
) throws(Failure) -> Int {
    guard let address else { throw Failure(REG_ERROR_NULL, name, "is NULL") }
    let size = address.loadUnaligned(as: Int.self)
    if size < firstSize || size > maxSize {
        throw Failure(
            REG_ERROR_SIZE, "struct_size", is: .size(size), "must be set to sizeof(the struct)")
    }
    return size
}

/// Copies what both sides know to `known` bytes of memory; all else must be 0.
@inline(never)
private func copyKnown(
    _ address: UnsafeRawPointer, _ size: Int, _ memory: UnsafeMutableRawPointer, _ known: Int
) throws(Failure) {
    memory.copyMemory(from: address, byteCount: min(size, known))
    var offset = known
    while offset < size {
        if address.load(fromByteOffset: offset, as: UInt8.self) != 0 {
            throw Failure(
                REG_ERROR_SIZE, "struct_size", is: .size(size),
                "must not be that of a newer header with options that this library does not know")
        }
        offset += 1
    }
}

/// A struct of the caller, with `defaults` for what it lacks.
@inline(__always)
func read<S: Sized>(
    _ pointer: UnsafePointer<S>?, _ name: StaticString, defaults: S = S()
) throws(Failure) -> S {
    let size = try checkedSize(pointer, name, firstSize: S.firstSize)
    var value = defaults
    guard let pointer else { return value }
    let known = MemoryLayout<S>.size
    try withUnsafeMutablePointer(to: &value) { memory throws(Failure) in
        try copyKnown(pointer, size, memory, known)
    }
    value.struct_size = known
    return value
}

/// A struct of the caller that receives results.
struct ResultPlace<S: Sized> {
    fileprivate let pointer: UnsafeMutablePointer<S>
    fileprivate let size: Int

    /// Writes what both sides know; what only the caller knows stays.
    @inline(__always)
    func write(_ value: S) {
        var value = value
        value.struct_size = size
        _ = withUnsafePointer(to: &value) { memcpy(pointer, $0, min(MemoryLayout<S>.size, size)) }
    }
}

/// The place of a result, whose pointer and size are right.
@inline(__always)
func result<S: Sized>(
    _ pointer: UnsafeMutablePointer<S>?, _ name: StaticString
) throws(Failure) -> ResultPlace<S> {
    let size = try checkedSize(pointer, name, firstSize: S.firstSize)
    guard let pointer else { throw Failure(REG_ERROR_NULL, name, "is NULL") }
    return ResultPlace(pointer: pointer, size: size)
}
