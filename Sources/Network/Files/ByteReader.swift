import CPlatform

/// A part of a text.
typealias Slice = UnsafeRawBufferPointer

func == (left: Slice, right: Slice) -> Bool {
    guard left.count == right.count else { return false }
    guard let a = left.baseAddress, let b = right.baseAddress else { return true }
    return memcmp(a, b, left.count) == 0
}

func == (slice: Slice, text: StaticString) -> Bool {
    slice == Slice(start: text.utf8Start, count: text.utf8CodeUnitCount)
}

/// Parses untrusted numbers and JSON. Any deviation from the expected form is a format error.
struct ByteReader {
    private let bytes: Slice
    private var at = 0

    init(_ bytes: Slice) { self.bytes = bytes }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    var isAtEnd: Bool { at == bytes.count }

    /// Whether this is the next byte; if so, advances.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == ascii(character) else { return false }
        at += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(NetworkError) {
        if !take(character) { throw .format }
    }

    mutating func expectEnd() throws(NetworkError) {
        if !isAtEnd { throw .format }
    }

    private mutating func take(text: StaticString) -> Bool {
        let size = text.utf8CodeUnitCount
        guard size <= bytes.count - at, Slice(rebasing: bytes[at..<at + size]) == text else {
            return false
        }
        at += size
        return true
    }

    // MARK: Numbers

    /// Parses digits without a sign or leading zeros.
    mutating func integer() throws(NetworkError) -> UInt64 {
        let start = at
        var value: UInt64 = 0
        while let digit = next, digit >= ascii("0"), digit <= ascii("9") {
            let (tens, overflow1) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = tens.addingReportingOverflow(UInt64(digit - ascii("0")))
            if overflow1 || overflow2 { throw .format }
            value = sum
            at += 1
        }
        if at == start || (at > start + 1 && bytes[start] == ascii("0")) { throw .format }
        return value
    }

    /// Parses an integer that fits an Int.
    mutating func size() throws(NetworkError) -> Int {
        guard let size = Int(exactly: try integer()) else { throw .format }
        return size
    }

    /// Parses a number in exactly the form of `ByteWriter`.
    mutating func real() throws(NetworkError) -> Double {
        let sign: FloatingPointSign = take("-") ? .minus : .plus
        if take(text: "inf") { return sign == .minus ? -.infinity : .infinity }
        if !take(text: "0x") { throw .format }
        let isNormal = take("1")
        if !isNormal { try expect("0") }
        var significand: UInt64 = 0
        if take(".") {
            var shift = 52
            var digit: UInt8 = 0
            while let value = hexDigit() {
                shift -= 4
                if shift < 0 { throw .format }
                digit = value
                significand |= UInt64(value) << UInt64(shift)
            }
            // Trailing zeros are not written.
            if digit == 0 { throw .format }
        }
        try expect("p")
        let isNegative = take("-")
        if !isNegative { try expect("+") }
        let magnitude = try integer()
        if magnitude > 1023 || (isNegative && magnitude == 0) { throw .format }
        let power = isNegative ? -Int(magnitude) : Int(magnitude)
        if isNormal {
            if power < -1022 { throw .format }
        } else if power != (significand == 0 ? 0 : -1022) {
            throw .format
        }
        return Double(
            sign: sign, exponentBitPattern: isNormal ? UInt(power + 1023) : 0,
            significandBitPattern: significand)
    }

    private mutating func hexDigit() -> UInt8? {
        guard let byte = next else { return nil }
        switch byte {
        case ascii("0")...ascii("9"):
            at += 1
            return byte - ascii("0")
        case ascii("a")...ascii("f"):
            at += 1
            return byte - ascii("a") + 10
        default: return nil
        }
    }

    /// The bytes up to the next space or the end.
    mutating func word() -> Slice {
        let start = at
        while let byte = next, byte != ascii(" ") { at += 1 }
        return Slice(rebasing: bytes[start..<at])
    }

    // MARK: JSON

    private mutating func skipSpace() {
        while take(" ") || take("\n") || take("\r") || take("\t") {}
    }

    private mutating func takeToken(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        return take(character)
    }

    private mutating func expectToken(_ character: Unicode.Scalar) throws(NetworkError) {
        if !takeToken(character) { throw .format }
    }

    /// The text of a string, with its escapes as written. Headers of this library have none.
    mutating func string() throws(NetworkError) -> Slice {
        try expectToken("\"")
        let start = at
        while let byte = next, byte >= ascii(" ") {
            at += 1
            if byte == ascii("\"") { return Slice(rebasing: bytes[start..<at - 1]) }
            if byte == ascii("\\") { try escape() }
        }
        throw .format
    }

    /// Checks an escape after its backslash.
    private mutating func escape() throws(NetworkError) {
        guard let byte = next else { throw .format }
        at += 1
        switch byte {
        case ascii("\""), ascii("\\"), ascii("/"), ascii("b"), ascii("f"), ascii("n"), ascii("r"),
            ascii("t"):
            return
        case ascii("u"):
            for _ in 0..<4 {
                if let digit = next, digit >= ascii("A"), digit <= ascii("F") {
                    at += 1
                } else if hexDigit() == nil {
                    throw .format
                }
            }
        default:
            throw .format
        }
    }

    /// Calls `member` for each member of an object, before its value is read.
    mutating func object(
        _ member: (_ reader: inout ByteReader, _ name: Slice) throws(NetworkError) -> Void
    ) throws(NetworkError) {
        try expectToken("{")
        if takeToken("}") { return }
        repeat {
            let name = try string()
            try expectToken(":")
            try member(&self, name)
        } while takeToken(",")
        try expectToken("}")
    }

    /// Parses an array of one or two sizes.
    mutating func sizes() throws(NetworkError) -> (first: Int, second: Int?) {
        try expectToken("[")
        skipSpace()
        let first = try size()
        var second: Int?
        if takeToken(",") {
            skipSpace()
            second = try size()
        }
        try expectToken("]")
        return (first, second)
    }

    /// Checks that only spaces are left.
    mutating func padding() throws(NetworkError) {
        while take(" ") {}
        try expectEnd()
    }
}
