import CPlatform

/// Writes bytes to a caller's memory, or to its own, which grows. Bytes that do not fit the caller's are
/// only counted.
struct ByteWriter {
    private var memory: UnsafeMutableRawPointer?
    private var capacity: Int
    private let grows: Bool
    private(set) var count = 0

    init(_ memory: UnsafeMutableRawPointer, capacity: Int) {
        self.memory = memory
        self.capacity = capacity
        grows = false
    }

    /// Allocates its memory.
    fileprivate init() {
        memory = nil
        capacity = 0
        grows = true
    }

    /// All bytes that were written, or nil if memory was exhausted.
    fileprivate var written: UnsafeMutableRawPointer? { count <= capacity ? memory : nil }

    fileprivate func release() { free(memory) }

    // Out of line: they are called in many places, and none needs to be fast.

    @inline(never)
    private mutating func makeRoom(_ size: Int) {
        // After a failure, bytes are only counted.
        guard grows, size > capacity - count, count <= capacity else { return }
        let larger = max(2 * capacity, count + size, 1024)
        guard let memory = allocate(UInt8.self, larger) else { return }
        if let old = self.memory { memcpy(memory, old, count) }
        free(self.memory)
        self.memory = UnsafeMutableRawPointer(memory)
        capacity = larger
    }

    @inline(never)
    mutating func write(_ bytes: UnsafeRawPointer, _ size: Int) {
        makeRoom(size)
        if let memory, size <= capacity - count {
            (memory + count).copyMemory(from: bytes, byteCount: size)
        }
        count += size
    }

    @inline(never)
    mutating func write(byte: UInt8) {
        var byte = byte
        write(&byte, 1)
    }

    /// Overwrites bytes at an offset.
    func replace(at offset: Int, _ bytes: UnsafeRawPointer, _ size: Int) {
        if let memory, offset + size <= min(count, capacity) {
            (memory + offset).copyMemory(from: bytes, byteCount: size)
        }
    }

    @inline(never)
    mutating func write(_ text: StaticString) { write(text.utf8Start, text.utf8CodeUnitCount) }

    // The label is needed: without it a literal would become a String, and then such a pointer.
    @inline(never)
    mutating func write(cString text: UnsafePointer<CChar>) { write(text, strlen(text)) }

    @inline(never)
    mutating func write(_ number: UInt64) {
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            write(byte: ascii("0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// Writes a number that is not negative.
    mutating func write(_ number: Int) { write(UInt64(number)) }

    /// Writes the exact value in every locale, in the form of C's %a and Python's float.hex, without trailing
    /// zeros.
    mutating func write(_ value: Double) {
        let exponent = Int(value.exponentBitPattern)
        let significand = value.significandBitPattern
        if value.sign == .minus { write("-") }
        if exponent == 0x7ff {
            write(significand == 0 ? "inf" : "nan")
            return
        }
        write(exponent == 0 ? "0x0" : "0x1")
        if significand != 0 { write(".") }
        var rest = significand << 12
        while rest != 0 {
            let digit = UInt8(rest >> 60)
            write(byte: digit < 10 ? ascii("0") + digit : ascii("a") + digit - 10)
            rest <<= 4
        }
        let power = exponent == 0 ? (significand == 0 ? 0 : -1022) : exponent - 1023
        write(power < 0 ? "p-" : "p+")
        write(power.magnitude)
    }

    private mutating func write(_ number: UInt) { write(UInt64(number)) }
}

/// The bytes that were written, in allocated memory; free it with `free`.
struct WrittenBytes {
    let memory: UnsafeMutablePointer<UInt8>
    let count: Int

    init(_ write: (inout ByteWriter) -> Void) throws(NetworkError) {
        var writer = ByteWriter()
        write(&writer)
        guard let memory = writer.written else {
            writer.release()
            throw .memory
        }
        self.memory = memory.assumingMemoryBound(to: UInt8.self)
        count = writer.count
    }
}

/// The code of a literal of one ASCII character.
@inline(__always)
func ascii(_ character: Unicode.Scalar) -> UInt8 { UInt8(truncatingIfNeeded: character.value) }
