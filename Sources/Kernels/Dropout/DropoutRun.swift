import CLanes
import KernelInterface

/// Elements that are dropped at once. The registers of the oldest CPUs do not hold two runs.
@inline(__always) private var dropoutStep: Int { isBaseline ? 32 : 64 }

/// What words are xored with, so that they can be compared as signed numbers.
@inline(__always) var flip: UInt32 { 0x8000_0000 }

extension DropoutDraw {
    /// A word is kept that, flipped, is at most this. "At most threshold - 1" fits keep-all, 2^32, in
    /// 32 bits; keep-none is left to the caller.
    @inline(__always) var flippedLimit: Int32 {
        Int32(bitPattern: UInt32(truncatingIfNeeded: threshold &- 1) ^ flip)
    }
}

/// Dropout of a contiguous run of elements, and its mask: see the contract in swiftreg.h.
struct DropoutRun<V: Lanes> {
    private let philox: Philox
    private let limit: Int32
    private let scale: V.Element
    private let kept: UInt8

    @inline(__always) init(_ draw: DropoutDraw) {
        philox = Philox(seed: draw.seed, stream: draw.stream)
        limit = draw.flippedLimit
        kept = draw.threshold == 0 ? 0 : 1
        scale = draw.threshold == 0 ? 0 : V.Element(draw.scale)
    }

    /// `dropoutStep` elements.
    @inline(__always)
    private func apply(
        block: UInt64, _ a: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>,
        _ mask: UnsafeMutablePointer<UInt8>?
    ) {
        if dropoutStep == 64 {
            let (first, second) = philox.runs(block: block, flip: flip)
            apply(first, a, out, mask)
            apply(second, a + 32, out + 32, mask.map { $0 + 32 })
        } else {
            apply(philox.run(block: block, flip: flip), a, out, mask)
        }
    }

    @inline(__always)
    private func apply(
        _ words: (lanes_u32, lanes_u32), _ a: UnsafePointer<V.Element>,
        _ out: UnsafeMutablePointer<V.Element>, _ mask: UnsafeMutablePointer<UInt8>?
    ) {
        V.multiply(a, by: scale, keeping: words.0, upTo: limit, into: out)
        V.multiply(a + 16, by: scale, keeping: words.1, upTo: limit, into: out + 16)
        if let mask { mark(words, mask) }
    }

    @inline(__always)
    private func mark(_ words: (lanes_u32, lanes_u32), _ mask: UnsafeMutablePointer<UInt8>) {
        let mask = UnsafeMutableRawPointer(mask)
        mask.storeBytes(of: lanes_u32_keep_bytes(words.0, limit, kept), as: lanes_u8.self)
        mask.storeBytes(
            of: lanes_u32_keep_bytes(words.1, limit, kept), toByteOffset: 16, as: lanes_u8.self)
    }

    /// out = a * mask * scale, and the mask itself if it is wanted, for elements
    /// `offset ..< offset + count`.
    @inline(__always)
    func multiply(
        _ a: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>,
        _ mask: UnsafeMutablePointer<UInt8>?, count: Int, offset: UInt64
    ) {
        withBuffer(of: V.Element.self) { buffer in
            withBuffer(of: UInt8.self) { marks in
                forEachRun(of: dropoutStep, count: count, offset: offset) { i, n, skip, block in
                    let isWhole = n == dropoutStep
                    if !isWhole {
                        for j in 0..<n { buffer[skip + j] = a[i + j] }
                    }
                    let marksHere = mask.map { isWhole ? $0 + i : marks }
                    apply(
                        block: block, isWhole ? a + i : UnsafePointer(buffer),
                        isWhole ? out + i : buffer, marksHere)
                    if isWhole { return }
                    for j in 0..<n { out[i + j] = buffer[skip + j] }
                    if let mask {
                        for j in 0..<n { mask[i + j] = marks[skip + j] }
                    }
                }
            }
        }
    }

    /// mask = 1 or 0 for elements `offset ..< offset + count`.
    @inline(__always)
    func mask(_ mask: UnsafeMutablePointer<UInt8>, count: Int, offset: UInt64) {
        withBuffer(of: UInt8.self) { marks in
            forEachRun(of: 32, count: count, offset: offset) { i, n, skip, block in
                mark(philox.run(block: block, flip: flip), n == 32 ? mask + i : marks)
                if n == 32 { return }
                for j in 0..<n { mask[i + j] = marks[skip + j] }
            }
        }
    }
}

/// Room on the stack for the elements of one run, up to 64 of eight bytes.
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

/// Covers elements `offset ..< offset + count` by runs of `length` words, a power of two: `body(i, n,
/// skip, block)` takes n elements from index i on, whose words are `skip ..< skip + n` of those that
/// begin with the Philox block `block`. All but the first and the last run are whole (n = length).
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
        var run = philox.run(block: block, flip: 0)
        withUnsafeBytes(of: &run) {
            for j in 0..<n {
                words[i + j] = $0.loadUnaligned(fromByteOffset: 4 * (skip + j), as: UInt32.self)
            }
        }
    }
}
