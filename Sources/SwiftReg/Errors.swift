import CPlatform
import CSwiftReg
import Network

// Every error of the boundary is made here, by `Failure`, which records what it is about for the
// thread. A call that succeeds leaves the record alone: it costs nothing.

/// Why a call was refused: a reg_status that is an error.
struct Failure: Error {
    let status: reg_status

    /// An error about no argument.
    init(_ status: reg_status) {
        self.init(status, nil, index: -1, .none, nil)
    }

    /// An error about an argument, or one element of it, that must be as `wanted` says.
    @inline(__always)
    init(
        _ status: reg_status, _ argument: StaticString, index: Int = -1, is value: Value = .none,
        _ wanted: StaticString
    ) {
        self.init(status, text(argument), index: index, value, sentence(wanted))
    }

    /// An error about no argument, in other words than those of its status.
    @inline(__always)
    init(_ status: reg_status, saying words: StaticString) {
        self.init(status, nil, index: -1, .none, sentence(words))
    }

    /// An error of the host, whose words are a constant; nil: those of the status.
    init(_ status: reg_status, reason: UnsafePointer<CChar>?) {
        self.init(status, nil, index: -1, .none, reason)
    }

    @inline(never)
    private init(
        _ status: reg_status, _ argument: UnsafePointer<CChar>?, index: Int, _ value: Value,
        _ wanted: UnsafePointer<CChar>?
    ) {
        self.status = status
        let record = errorRecord()
        record.pointee.status = Int32(bitPattern: status.rawValue)
        record.pointee.argument = argument
        record.pointee.wanted = wanted
        record.pointee.index = index
        (record.pointee.real, record.pointee.integer) = (0, 0)
        switch value {
        case .none: record.pointee.kind = PLATFORM_NO_VALUE
        case .real(let real):
            record.pointee.kind = PLATFORM_REAL
            record.pointee.real = real
        case .float(let real):
            record.pointee.kind = PLATFORM_FLOAT
            record.pointee.real = Double(real)
        case .signed(let integer):
            record.pointee.kind = PLATFORM_SIGNED
            record.pointee.integer = Int64(integer)
            record.pointee.real = Double(integer)
        case .unsigned(let integer):
            record.pointee.kind = PLATFORM_UNSIGNED
            record.pointee.integer = Int64(bitPattern: integer)
            record.pointee.real = Double(integer)
        }
    }
}

/// The value of an argument.
enum Value {
    case none
    case real(Double)
    case float(Float)
    case signed(Int)
    case unsigned(UInt64)

    /// A size_t, which arrives as an Int.
    static func size(_ value: Int) -> Value { .unsigned(UInt64(UInt(bitPattern: value))) }

    /// An element of an array.
    @inline(__always)
    static func element<T: Scalar>(_ value: T) -> Value {
        MemoryLayout<T>.size == 4 ? .float(Float(value)) : .real(Double(value))
    }
}

/// Runs the body of an entry point, which throws only before its first write.
@inline(__always)
func status(of body: () throws(Failure) -> Void) -> reg_status {
    do throws(Failure) {
        try body()
        return REG_OK
    } catch {
        return error.status
    }
}

/// This file alone uses the record: in a build of several object files, each would have its own.
private func errorRecord() -> UnsafeMutablePointer<platform_error> { platform_error_record() }

/// The words of an error; nil in a library that has the codes alone.
@inline(__always)
private func sentence(_ literal: StaticString) -> UnsafePointer<CChar>? {
    #if REG_ERROR_CODES
        nil
    #else
        text(literal)
    #endif
}

/// A literal as a C string.
func text(_ literal: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
}

// MARK: Words

/// Text in the record, cut off where there is no more room.
private struct ErrorText {
    let record: UnsafeMutablePointer<platform_error>
    var count = 0

    private var bytes: UnsafeMutablePointer<CChar> { platform_error_text(record) }

    mutating func write(byte: UInt8) {
        guard count < MemoryLayout.size(ofValue: record.pointee.text) - 1 else { return }
        bytes[count] = CChar(bitPattern: byte)
        count += 1
        bytes[count] = 0
    }

    // Named, because a literal would rather become a String, and then such a pointer.
    mutating func write(cString string: UnsafePointer<CChar>) {
        var at = 0
        while string[at] != 0 {
            write(byte: UInt8(bitPattern: string[at]))
            at += 1
        }
    }

    mutating func write(_ literal: StaticString) { write(cString: text(literal)) }

    mutating func write(_ number: UInt64) {
        if number >= 10 { write(number / 10) }
        write(byte: 0x30 + UInt8(number % 10))
    }

    mutating func write(_ number: Int64) {
        if number < 0 { write("-") }
        write(number.magnitude)
    }

    /// The shortest decimal number that is the same double, or float, in Python's form; of very large and very
    /// small numbers it may have more digits.
    mutating func write(_ number: Double, isFloat: Bool) {
        if number.isNaN { return write("nan") }
        if number.sign == .minus { write("-") }
        if number.isInfinite { return write("inf") }
        if number == 0 { return write("0") }
        // number = digits / 10^places
        var (digits, places) = shortest(number.magnitude, isFloat: isFloat)
        while digits % 10 == 0 {
            digits /= 10
            places -= 1
        }
        var length = 1
        while length < 18 && digits / power(length) > 0 { length += 1 }
        let exponent = length - 1 - places
        if exponent < -4 || exponent >= 16 {
            write(digits, pointAfter: 1, of: length)
            write(exponent < 0 ? "e-" : "e+")
            if exponent.magnitude < 10 { write("0") }
            write(UInt64(exponent.magnitude))
        } else if exponent < 0 {
            write("0.")
            for _ in 1..<(-exponent) { write("0") }
            write(digits)
        } else {
            write(digits, pointAfter: exponent + 1, of: length)
        }
    }

    private mutating func write(_ digits: UInt64, pointAfter before: Int, of length: Int) {
        if before >= length {
            write(digits)
            for _ in length..<before { write("0") }
        } else {
            write(digits / power(length - before))
            write(".")
            var place = length - before - 1
            while place >= 0 {
                write(byte: 0x30 + UInt8(digits / power(place) % 10))
                place -= 1
            }
        }
    }

    private func power(_ exponent: Int) -> UInt64 {
        var power: UInt64 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }

    private func shortest(_ number: Double, isFloat: Bool) -> (digits: UInt64, places: Int) {
        var (leading, exponent) = (number, 0)
        while leading >= 10 {
            leading /= 10
            exponent += 1
        }
        while leading < 1 {
            leading *= 10
            exponent -= 1
        }
        var length = 1
        while true {
            let places = length - 1 - exponent
            let digits = UInt64(scaled(number, places) + 0.5)
            let same = scaled(Double(digits), -places)
            if length == 17 || same == number || (isFloat && Float(same) == Float(number)) {
                return (digits, places)
            }
            length += 1
        }
    }

    /// number * 10^exponent; exact up to 10^22, but for the last rounding.
    private func scaled(_ number: Double, _ exponent: Int) -> Double {
        var (number, rest) = (number, exponent.magnitude)
        while rest > 0 {
            let step = min(rest, 22)
            var power = 1.0
            for _ in 0..<step { power *= 10 }
            if exponent > 0 { number *= power } else { number /= power }
            rest -= step
        }
        return number
    }

    /// "keep_prob[1] is 1.5; it must be in (0, 1]"
    mutating func writeAll() -> UnsafePointer<CChar> {
        let error = record.pointee
        guard let argument = error.argument else {
            if let words = error.wanted { return words }
            return reg_status_message(reg_status(UInt32(bitPattern: error.status)))
        }
        write(cString: argument)
        if error.index >= 0 {
            write("[")
            write(Int64(error.index))
            write("]")
        }
        if error.kind != PLATFORM_NO_VALUE { write(" is ") }
        switch error.kind {
        case PLATFORM_REAL: write(error.real, isFloat: false)
        case PLATFORM_FLOAT: write(error.real, isFloat: true)
        case PLATFORM_SIGNED: write(error.integer)
        case PLATFORM_UNSIGNED: write(UInt64(bitPattern: error.integer))
        default: break
        }
        if let wanted = error.wanted {
            write(error.kind == PLATFORM_NO_VALUE ? " " : "; it ")
            write(cString: wanted)
        }
        return UnsafePointer(bytes)
    }
}

@c @implementation
public func reg_error_message() -> UnsafePointer<CChar>! {
    var text = ErrorText(record: errorRecord())
    return text.writeAll()
}

@c @implementation
public func reg_last_error(_ out: UnsafeMutablePointer<reg_error>?) -> reg_status {
    status { () throws(Failure) in
        let out = try result(out, "error")
        let record = errorRecord().pointee
        var error = reg_error()
        error.status = reg_status(UInt32(bitPattern: record.status))
        error.has_value = record.kind == PLATFORM_NO_VALUE ? 0 : 1
        error.argument = record.argument
        error.index = record.index
        error.value = record.real
        error.message = reg_error_message()
        out.write(error)
    }
}
