import CLanes
import KernelInterface

/// Dropout of a contiguous run of elements, and its mask: see the contract in swiftreg.h.
struct DropoutRun<V: Lanes> {
    private let philox: Philox
    private let limit: UInt32
    private let scale: V.Element
    private let kept: UInt8

    @inline(__always) init(_ draw: DropoutDraw) {
        philox = Philox(seed: draw.seed, stream: draw.stream)
        // Comparing "at most threshold - 1" fits keep-all, 2^32, in 32 bits; keep-none is left.
        limit = UInt32(truncatingIfNeeded: draw.threshold &- 1)
        kept = draw.threshold == 0 ? 0 : 1
        scale = draw.threshold == 0 ? 0 : V.Element(draw.scale)
    }

    /// Thirty-two elements.
    @inline(__always)
    private func apply(
        block: UInt64, _ a: UnsafePointer<V.Element>, _ out: UnsafeMutablePointer<V.Element>,
        _ mask: UnsafeMutablePointer<UInt8>?
    ) {
        let (first, second) = philox.run(block: block)
        V.multiply(a, by: scale, keeping: first, upTo: limit, into: out)
        V.multiply(a + 16, by: scale, keeping: second, upTo: limit, into: out + 16)
        if let mask {
            mark(first, mask)
            mark(second, mask + 16)
        }
    }

    @inline(__always)
    private func mark(block: UInt64, _ mask: UnsafeMutablePointer<UInt8>) {
        let (first, second) = philox.run(block: block)
        mark(first, mask)
        mark(second, mask + 16)
    }

    @inline(__always)
    private func mark(_ words: lanes_u32, _ mask: UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(mask).storeBytes(
            of: lanes_u32_keep_bytes(words, limit, kept), as: lanes_u8.self)
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
                forEachRun(count: count, offset: offset) { i, n, skip, block in
                    let isWhole = n == 32
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
            forEachRun(count: count, offset: offset) { i, n, skip, block in
                mark(block: block, n == 32 ? mask + i : marks)
                if n == 32 { return }
                for j in 0..<n { mask[i + j] = marks[skip + j] }
            }
        }
    }
}

/// Room on the stack for the elements of one run, up to 32 of eight bytes.
@inline(__always)
private func withBuffer<T: BitwiseCopyable>(
    of _: T.Type, _ body: (UnsafeMutablePointer<T>) -> Void
) {
    let zero = lanes_u64_all(0)
    var buffer = (zero, zero, zero, zero)
    withUnsafeMutableBytes(of: &buffer) {
        body($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: T.self))
    }
}

/// Covers elements `offset ..< offset + count` by runs of eight Philox blocks: `body(i, n, skip,
/// block)` takes n elements from index i on, whose words are `skip ..< skip + n` of the 32 that
/// begin with `block`, a multiple of 8. All but the first and the last run are whole (n 32, skip 0).
@inline(__always)
func forEachRun(
    count: Int, offset: UInt64, _ body: (_ i: Int, _ n: Int, _ skip: Int, _ block: UInt64) -> Void
) {
    var i = 0
    var skip = Int(offset % 32)
    var block = offset / 32 * 8
    while i < count {
        let n = min(32 - skip, count - i)
        body(i, n, skip, block)
        i += n
        skip = 0
        block &+= 8
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
    forEachRun(count: count, offset: draw.offset) { i, n, skip, block in
        var run = philox.run(block: block)
        withUnsafeBytes(of: &run) {
            for j in 0..<n {
                words[i + j] = $0.loadUnaligned(fromByteOffset: 4 * (skip + j), as: UInt32.self)
            }
        }
    }
}
