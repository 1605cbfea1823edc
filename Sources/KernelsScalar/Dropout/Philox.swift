import KernelInterface

/// Philox4x32-10: see the file of this name in Kernels.
struct Philox {
    /// Counter words 2 and 3.
    private let stream: UInt64
    private let seed: UInt64

    @inline(__always) init(_ draw: DropoutDraw) {
        (stream, seed) = (draw.stream, draw.seed)
    }

    /// The part of the first three rounds that depends on c0, seed and stream alone: what c1 and the words of
    /// later rounds are XORed with. Two and a half of ten rounds, made once for all c1.
    struct CommonRounds {
        private let c1: UInt32
        private let secondX2: UInt32
        private let x0: UInt32
        private let x2: UInt32
        private let x3: UInt32
        /// Of the third round.
        private let keys: Keys

        @inline(never) init(_ philox: Philox, c0: UInt32) {
            var keys = Keys(philox.seed)
            let fromC0 = product0(c0)
            let fromStream = product1(UInt32(truncatingIfNeeded: philox.stream))
            let upperStream = UInt32(truncatingIfNeeded: philox.stream >> 32)
            c1 = fromStream.high ^ keys.k0
            let second = product1(fromC0.high ^ upperStream ^ keys.k1)
            keys.advance()
            secondX2 = fromC0.low ^ keys.k1
            let third = product0(second.high ^ fromStream.low ^ keys.k0)
            keys.advance()
            x0 = second.low ^ keys.k0
            x2 = third.high ^ keys.k1
            x3 = third.low
            self.keys = keys
        }

        /// Writes the words of the counters (c0, c1), (c0, c1 + 1), ..., four for each. c1 has 30 bits.
        @inline(never)
        func write(_ out: UnsafeMutablePointer<UInt32>, counters: Int, from c1: UInt32) {
            var (out, c1, left) = (out, c1, counters)
            while left > 0 {
                let p0 = product0((c1 & (1 << UInt32(StreamLayout.rowBits) - 1)) ^ self.c1)
                let p1 = product1(p0.high ^ secondX2)
                var words = Words(x0: p1.high ^ x0, x1: p1.low, x2: p0.low ^ x2, x3: x3, keys: keys)
                // Not a loop: this is most of the time of a dropout.
                words.round()
                words.round()
                words.round()
                words.round()
                words.round()
                words.round()
                words.round()
                (out[0], out[1], out[2], out[3]) = (words.x0, words.x1, words.x2, words.x3)
                out += 4
                c1 &+= 1
                left -= 1
            }
        }
    }

    private struct Words {
        var x0: UInt32
        var x1: UInt32
        var x2: UInt32
        var x3: UInt32
        /// Of the last round.
        var keys: Keys

        @inline(__always) mutating func round() {
            keys.advance()
            let (p0, p1) = (product0(x0), product1(x2))
            (x0, x1, x2, x3) = (p1.high ^ x1 ^ keys.k0, p1.low, p0.high ^ x3 ^ keys.k1, p0.low)
        }
    }

    private struct Keys {
        private(set) var k0: UInt32
        private(set) var k1: UInt32

        @inline(__always) init(_ seed: UInt64) {
            k0 = UInt32(truncatingIfNeeded: seed)
            k1 = UInt32(truncatingIfNeeded: seed >> 32)
        }

        @inline(__always) mutating func advance() {
            k0 &+= 0x9e37_79b9
            k1 &+= 0xbb67_ae85
        }
    }
}

/// Writes the words of elements `draw.offset ..< draw.offset + count`. Four elements share a block; blocks count
/// modulo 2^62.
@inline(never)
func philoxWords(_ words: UnsafeMutablePointer<UInt32>, _ count: Int, _ draw: DropoutDraw) {
    var block = draw.offset >> 2
    // The first block may begin before the first element.
    var i = -Int(draw.offset & 3)
    var four = InlineArray<4, UInt32>(repeating: 0)
    while i < count {
        withUnsafeMutableBytes(of: &four) {
            Philox.CommonRounds(Philox(draw), c0: UInt32(truncatingIfNeeded: block)).write(
                $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt32.self),
                counters: 1, from: UInt32(truncatingIfNeeded: block >> 32))
        }
        for k in 0..<4 where i + k >= 0 && i + k < count { words[i + k] = four[k] }
        i += 4
        block &+= 1
    }
}

@inline(__always) private func product0(_ x: UInt32) -> (high: UInt32, low: UInt32) {
    x.multipliedFullWidth(by: 0xd251_1f53)
}

@inline(__always) private func product1(_ x: UInt32) -> (high: UInt32, low: UInt32) {
    x.multipliedFullWidth(by: 0xcd9e_8d57)
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
