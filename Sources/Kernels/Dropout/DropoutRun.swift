import CLanes
import KernelInterface

/// Elements per step: two runs of Philox, or one where registers are few.
@inline(__always) private var dropoutRunLength: Int { isBaseline ? 32 : 64 }

/// Words are XORed with it before they are compared.
@inline(__always) var orderMask: UInt32 { lanes_order_mask() }

extension DropoutDraw {
    /// An element is kept if its word, XORed with `orderMask`, is at most this. "At most threshold - 1"
    /// fits keep-all (2^32) into 32 bits; keep-none is left to the caller.
    @inline(__always) var limit: UInt32 {
        UInt32(truncatingIfNeeded: threshold &- 1) ^ orderMask
    }
}

/// Dropout of contiguous elements, and its mask. The contract is in swiftreg.h.
struct DropoutRun<V: Lanes> {
    private let philox: Philox
    private let limit: UInt32
    private let scale: V.Element
    private let keptByte: UInt8

    @inline(__always) init(_ draw: DropoutDraw) {
        philox = Philox(seed: draw.seed, stream: draw.stream)
        limit = draw.limit
        keptByte = draw.threshold == 0 ? 0 : 1
        scale = draw.threshold == 0 ? 0 : V.Element(draw.scale)
    }

    /// `dropoutRunLength` elements.
    @inline(__always)
    private func apply(
        block: UInt64, _ a: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>,
        _ mask: UnsafeMutablePointer<UInt8>?
    ) {
        if dropoutRunLength == 64 {
            let (first, second) = philox.runs(block: block, xorMask: orderMask)
            apply(first, a, out, mask)
            apply(second, a + 32, out + 32, mask.map { $0 + 32 })
        } else {
            apply(philox.run(block: block, xorMask: orderMask), a, out, mask)
        }
    }

    @inline(__always)
    private func apply(
        _ words: (lanes_u32, lanes_u32), _ a: UnsafePointer<V.Element>,
        _ out: UnsafeMutablePointer<V.Element>, _ mask: UnsafeMutablePointer<UInt8>?
    ) {
        V.multiply(a, by: scale, keeping: words.0, upTo: limit, into: out, count: 16)
        V.multiply(
            a + 16, by: scale, keeping: words.1, upTo: limit, into: out + 16, count: 16)
        if let mask { storeMask(words, mask) }
    }

    @inline(__always)
    private func storeMask(_ words: (lanes_u32, lanes_u32), _ mask: UnsafeMutablePointer<UInt8>) {
        let mask = UnsafeMutableRawPointer(mask)
        mask.storeBytes(of: lanes_u32_keep_bytes(words.0, limit, keptByte), as: lanes_u8.self)
        mask.storeBytes(
            of: lanes_u32_keep_bytes(words.1, limit, keptByte), toByteOffset: 16, as: lanes_u8.self)
    }

    /// out = a * mask * scale, and the mask unless it is nil, for elements `offset ..< offset + count`.
    @inline(__always)
    func multiply(
        _ a: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>,
        _ mask: UnsafeMutablePointer<UInt8>?, count: Int, offset: UInt64
    ) {
        withBuffer(of: V.Element.self) { buffer in
            withBuffer(of: UInt8.self) { maskBuffer in
                forEachRun(of: dropoutRunLength, count: count, offset: offset) {
                    i, n, skip, block in
                    let isWhole = n == dropoutRunLength
                    if !isWhole {
                        for j in 0..<n { buffer[skip + j] = a[i + j] }
                    }
                    let maskTarget = mask.map { isWhole ? $0 + i : maskBuffer }
                    apply(
                        block: block, isWhole ? a + i : UnsafePointer(buffer),
                        isWhole ? out + i : buffer, maskTarget)
                    if isWhole { return }
                    for j in 0..<n { out[i + j] = buffer[skip + j] }
                    if let mask {
                        for j in 0..<n { mask[i + j] = maskBuffer[skip + j] }
                    }
                }
            }
        }
    }

    /// mask = 1 or 0 for elements `offset ..< offset + count`.
    @inline(__always)
    func mask(_ mask: UnsafeMutablePointer<UInt8>, count: Int, offset: UInt64) {
        withBuffer(of: UInt8.self) { maskBuffer in
            forEachRun(of: 32, count: count, offset: offset) { i, n, skip, block in
                storeMask(
                    philox.run(block: block, xorMask: orderMask), n == 32 ? mask + i : maskBuffer)
                if n == 32 { return }
                for j in 0..<n { mask[i + j] = maskBuffer[skip + j] }
            }
        }
    }
}

/// Calls `body` with a zeroed stack buffer for one step, up to 64 elements of eight bytes.
@inline(__always)
private func withBuffer<T: BitwiseCopyable>(
    of _: T.Type, _ body: (UnsafeMutablePointer<T>) -> Void
) {
    let zero = lanes_u64_all(0)
    var buffer = (zero, zero, zero, zero, zero, zero, zero, zero)
    withUnsafeMutableBytes(of: &buffer) {
        body($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: T.self))
    }
}

/// Divides elements `offset ..< offset + count` into runs of `length` words, a power of two.
/// `body(i, n, skip, block)` takes n elements from index i; their words are `skip ..< skip + n` of those
/// that start with the Philox block `block`. All but the first and last run are whole (n = length).
@inline(__always)
func forEachRun(
    of length: Int, count: Int, offset: UInt64,
    _ body: (_ i: Int, _ n: Int, _ skip: Int, _ block: UInt64) -> Void
) {
    var i = 0
    var skip = Int(offset % UInt64(length))
    var block = offset / UInt64(length) * UInt64(length / 4)
    while i < count {
        let n = min(length - skip, count - i)
        body(i, n, skip, block)
        i += n
        skip = 0
        block &+= UInt64(length / 4)
    }
}

@inline(__always)
func dropoutForward<V: Lanes>(
    _: V.Type, _ a: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>,
    _ mask: UnsafeMutablePointer<UInt8>?, _ count: Int, _ draw: DropoutDraw
) {
    DropoutRun<V>(draw).multiply(a, out, mask, count: count, offset: draw.offset)
}

func dropoutMask(_ mask: UnsafeMutablePointer<UInt8>, _ count: Int, _ draw: DropoutDraw) {
    DropoutRun<F32x16>(draw).mask(mask, count: count, offset: draw.offset)
}

func philoxWords(_ words: UnsafeMutablePointer<UInt32>, _ count: Int, _ draw: DropoutDraw) {
    let philox = Philox(seed: draw.seed, stream: draw.stream)
    forEachRun(of: 32, count: count, offset: draw.offset) { i, n, skip, block in
        var run = philox.run(block: block, xorMask: 0)
        withUnsafeBytes(of: &run) {
            for j in 0..<n {
                words[i + j] = $0.loadUnaligned(fromByteOffset: 4 * (skip + j), as: UInt32.self)
            }
        }
    }
}
