import CLanes

@inline(__always) var philoxMultiplier0: UInt64 { 0xd251_1f53 }
@inline(__always) var philoxMultiplier1: UInt64 { 0xcd9e_8d57 }

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
/// SC11): four 32-bit words from a 128-bit counter and a 64-bit key, by ten rounds of multiply
/// and xor.
///
/// A counter word is the low half of a 64-bit lane: the 32 x 32 -> 64 multiply of every instruction
/// set reads only that half, so the upper half is never cleared. Baseline kernels do not inline it.
struct Philox {
    private let seed: UInt64
    private let stream: UInt64

    @inline(__always) init(seed: UInt64, stream: UInt64) {
        self.seed = seed
        self.stream = stream
    }

    /// The four words of each of eight counters, in the lower halves of the lanes.
    struct Words {
        var x0: lanes_u64
        var x1: lanes_u64
        var x2: lanes_u64
        var x3: lanes_u64

        @inline(__always) var products: (p0: lanes_u64, p1: lanes_u64) {
            (
                lanes_u64_product(x0, UInt32(philoxMultiplier0)),
                lanes_u64_product(x2, UInt32(philoxMultiplier1))
            )
        }

        @inline(__always) mutating func round(_ keys: Keys) {
            let (p0, p1) = products
            x0 = lanes_u64_xor(lanes_u64_upper(p1), lanes_u64_xor(x1, lanes_u64_all(keys.k0)))
            x2 = lanes_u64_xor(lanes_u64_upper(p0), lanes_u64_xor(x3, lanes_u64_all(keys.k1)))
            (x1, x3) = (p1, p0)
        }

        /// The last round. Interleaves the words so that those of each counter are adjacent, for counters
        /// 0, 2, 1, 3 and 4, 6, 5, 7; all XORed with `xorMask`.
        @inline(__always)
        fileprivate func interleaved(_ keys: Keys, _ xorMask: UInt32) -> (lanes_u32, lanes_u32) {
            let (p0, p1) = products
            var keys = keys
            keys.xor(xorMask)
            let x = lanes_u64_swap_xor(p1, lanes_u64_xor(x1, lanes_u64_all(keys.k0)), xorMask)
            let y = lanes_u64_swap_xor(p0, lanes_u64_xor(x3, lanes_u64_all(keys.k1)), xorMask)
            return (lanes_u64_interleave_low(x, y), lanes_u64_interleave_high(x, y))
        }
    }

    /// The keys of a round, in the low halves.
    struct Keys {
        private(set) var k0: UInt64
        private(set) var k1: UInt64

        @inline(__always) init(_ seed: UInt64) {
            k0 = seed & 0xffff_ffff
            k1 = seed >> 32
        }

        /// Prepares the keys of a last round whose words are XORed with `mask`.
        @inline(__always) mutating func xor(_ mask: UInt32) {
            k0 ^= UInt64(mask)
            k1 ^= UInt64(mask)
        }

        @inline(__always) mutating func advance() {
            k0 = (k0 &+ 0x9e37_79b9) & 0xffff_ffff
            k1 = (k1 &+ 0xbb67_ae85) & 0xffff_ffff
        }
    }

    /// The part of the first three rounds that depends on c0, seed and stream alone, as scalars: what c1
    /// and the words of later rounds are XORed with.
    struct CommonRounds {
        let c1: UInt64
        let secondX2: UInt64
        let x0: UInt64
        let x2: UInt64
        let x3: UInt64
        /// Of the third round.
        let keys: Keys

        @inline(__always) init(_ philox: Philox, c0: UInt32) {
            func product(_ a: UInt64, _ b: UInt64) -> (high: UInt64, low: UInt64) {
                let p = (a & 0xffff_ffff) &* b
                return (p >> 32, p & 0xffff_ffff)
            }
            var keys = Keys(philox.seed)
            let fromC0 = product(UInt64(c0), philoxMultiplier0)
            let fromStream = product(philox.stream, philoxMultiplier1)
            c1 = fromStream.high ^ keys.k0
            let second = product(fromC0.high ^ philox.stream >> 32 ^ keys.k1, philoxMultiplier1)
            keys.advance()
            secondX2 = fromC0.low ^ keys.k1
            let third = product(second.high ^ fromStream.low ^ keys.k0, philoxMultiplier0)
            keys.advance()
            x0 = second.low ^ keys.k0
            x2 = third.high ^ keys.k1
            x3 = third.low
            self.keys = keys
        }
    }

    /// Counters (c0, c1, stream); only the lower halves of c0 and c1 count.
    @inline(__always) private func counters(_ c0: lanes_u64, _ c1: lanes_u64) -> Words {
        Words(x0: c0, x1: c1, x2: lanes_u64_all(stream), x3: lanes_u64_all(stream >> 32))
    }

    /// The 32 words of blocks `block ..< block + 8`, in order, for a multiple of 8, XORed with
    /// `xorMask`. Blocks count modulo 2^62, as a 64-bit element number divided by four does. Only the
    /// lowest word differs among the lanes, which saves one and a half of the ten rounds.
    #if REG_FMA
        @inline(__always)
    #else
        @inline(never)
    #endif
    func run(block: UInt64, xorMask: UInt32) -> (lanes_u32, lanes_u32) {
        var a = start(block)
        var keys = Keys(seed)
        for _ in 0..<9 {
            a.round(keys)
            keys.advance()
        }
        return a.interleaved(keys, xorMask)
    }

    /// Two runs, of blocks `block ..< block + 16`, for a multiple of 16.
    @inline(__always)
    func runs(block: UInt64, xorMask: UInt32) -> ((lanes_u32, lanes_u32), (lanes_u32, lanes_u32)) {
        var (a, b) = (start(block), start(block | 8))
        var keys = Keys(seed)
        for _ in 0..<9 {
            a.round(keys)
            b.round(keys)
            keys.advance()
        }
        return (a.interleaved(keys, xorMask), b.interleaved(keys, xorMask))
    }

    @inline(__always) private func start(_ block: UInt64) -> Words {
        // Interleaving takes lanes 0, 2, 1, 3, so those hold the blocks in order.
        let order = lanes_u64(0, 2, 1, 3, 4, 6, 5, 7)
        return counters(
            lanes_u64_add(lanes_u64_all(block), order),
            lanes_u64_all((block >> 32) & ((1 << 30) - 1)))
    }
}
