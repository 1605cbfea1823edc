/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
/// SC11): four 32-bit words from a 128-bit counter and a 64-bit key, by ten rounds of multiply
/// and xor.
///
/// A counter word lives in the low half of a 64-bit lane: the 32 x 32 -> 64 multiply of every
/// instruction set reads only that half, so what stands above it is never cleaned away.
struct Philox {
    typealias Words = SIMD8<UInt64>

    /// The round keys, the same for every counter: `key + round * Weyl constant`.
    private let seed: UInt64
    private let stream: UInt64

    @inline(__always) init(seed: UInt64, stream: UInt64) {
        self.seed = seed
        self.stream = stream
    }

    @inline(__always) private static func product(_ a: Words, _ b: UInt64) -> Words {
        (a & Words(repeating: 0xffff_ffff)) &* Words(repeating: b)
    }

    /// The four words of each of eight counters (c0, c1, stream), in the low halves of the lanes;
    /// only the low halves of c0 and c1 count.
    @inline(__always)
    func words(c0: Words, c1: Words) -> (Words, Words, Words, Words) {
        var x0 = c0
        var x1 = c1
        var x2 = Words(repeating: stream)
        var x3 = Words(repeating: stream >> 32)
        var k0 = UInt32(truncatingIfNeeded: seed)
        var k1 = UInt32(truncatingIfNeeded: seed >> 32)
        for _ in 0..<10 {
            let p0 = Self.product(x0, 0xd251_1f53)
            let p1 = Self.product(x2, 0xcd9e_8d57)
            x0 = (p1 &>> 32) ^ x1 ^ Words(repeating: UInt64(k0))
            x2 = (p0 &>> 32) ^ x3 ^ Words(repeating: UInt64(k1))
            x1 = p1
            x3 = p0
            k0 &+= 0x9e37_79b9
            k1 &+= 0xbb67_ae85
        }
        return (x0, x1, x2, x3)
    }

    /// The lane order that makes `run` come out in the order of the elements: interleaving two
    /// vectors works inside pairs of lanes.
    @inline(__always) private static var order: Words { Words(0, 2, 1, 3, 4, 6, 5, 7) }

    /// The 32 words of blocks `block ..< block + 8`, in order. Blocks count modulo 2^62, as a
    /// 64-bit element number divided by four does.
    @inline(__always)
    func run(block: UInt64) -> (SIMD16<UInt32>, SIMD16<UInt32>) {
        let blocks = (Words(repeating: block) &+ Self.order) & Words(repeating: (1 << 62) - 1)
        let (x0, x1, x2, x3) = words(c0: blocks, c1: blocks &>> 32)
        let low = Words(repeating: 0xffff_ffff)
        let first = (x0 & low) | (x1 &<< 32)
        let second = (x2 & low) | (x3 &<< 32)
        return (
            unsafeBitCast(
                Words(
                    first[0], second[0], first[2], second[2], first[1], second[1], first[3],
                    second[3]), to: SIMD16<UInt32>.self),
            unsafeBitCast(
                Words(
                    first[4], second[4], first[6], second[6], first[5], second[5], first[7],
                    second[7]), to: SIMD16<UInt32>.self)
        )
    }
}
