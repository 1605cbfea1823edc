import KernelInterface

/// Philox4x32-10: see the file of this name in Kernels.
struct Philox {
    /// Counter words 2 and 3.
    private let stream: UInt64
    private let seed: UInt64

    @inline(__always) init(_ draw: DropoutDraw) {
        (stream, seed) = (draw.stream, draw.seed)
    }

    /// The four words of a counter.
    @inline(never)
    func words(_ c0: UInt32, _ c1: UInt32) -> (UInt32, UInt32, UInt32, UInt32) {
        var (x0, x1) = (c0, c1)
        var (x2, x3) = (
            UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)
        )
        var (k0, k1) = (
            UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)
        )
        for _ in 0..<10 {
            let p0 = x0.multipliedFullWidth(by: 0xd251_1f53)
            let p1 = x2.multipliedFullWidth(by: 0xcd9e_8d57)
            (x0, x1, x2, x3) = (p1.high ^ x1 ^ k0, p1.low, p0.high ^ x3 ^ k1, p0.low)
            k0 &+= 0x9e37_79b9
            k1 &+= 0xbb67_ae85
        }
        return (x0, x1, x2, x3)
    }

    /// Calls body(i, word) for the words of elements `offset ..< offset + count`. Four elements share a
    /// block; blocks count modulo 2^62.
    @inline(__always)
    func forEachWord(_ count: Int, offset: UInt64, _ body: (_ i: Int, _ word: UInt32) -> Void) {
        var block = offset >> 2
        // The first block may begin before the first element.
        var i = -Int(offset & 3)
        while i < count {
            let words = words(
                UInt32(truncatingIfNeeded: block),
                UInt32(truncatingIfNeeded: block >> 32) & (1 << 30 - 1))
            if i >= 0 { body(i, words.0) }
            if i + 1 >= 0 && i + 1 < count { body(i + 1, words.1) }
            if i + 2 >= 0 && i + 2 < count { body(i + 2, words.2) }
            if i + 3 < count { body(i + 3, words.3) }
            i += 4
            block &+= 1
        }
    }
}

/// What becomes of an element with a random word.
struct Keep {
    private let limit: UInt32
    private let scale: Float
    private let kept: UInt8

    @inline(__always) init(_ draw: DropoutDraw) {
        // No word is below a threshold of 0.
        kept = draw.threshold == 0 ? 0 : 1
        scale = draw.threshold == 0 ? 0 : Float(draw.scale)
        limit = UInt32(truncatingIfNeeded: draw.threshold &- 1)
    }

    /// 1 if the element is kept, otherwise 0.
    @inline(__always) func callAsFunction(_ word: UInt32) -> UInt8 { word <= limit ? kept : 0 }

    /// What it is multiplied by.
    @inline(__always) func factor(_ word: UInt32) -> Float { word <= limit ? scale : 0 }
}
