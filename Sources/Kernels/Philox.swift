import CLanes

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
/// SC11): four 32-bit words from a 128-bit counter and a 64-bit key, by ten rounds of multiply
/// and xor.
///
/// A counter word lives in the low half of a 64-bit lane: the 32 x 32 -> 64 multiply of every
/// instruction set reads only that half, so what stands above it is never cleaned away.
struct Philox {
    private let seed: UInt64
    private let stream: UInt64

    @inline(__always) init(seed: UInt64, stream: UInt64) {
        self.seed = seed
        self.stream = stream
    }

    /// The four words of each of eight counters (c0, c1, stream), in the lower halves of the
    /// lanes; only the lower halves of c0 and c1 count.
    @inline(__always)
    func words(
        c0: lanes_u64, c1: lanes_u64
    ) -> (x0: lanes_u64, x1: lanes_u64, x2: lanes_u64, x3: lanes_u64) {
        var (x0, x1) = (c0, c1)
        var (x2, x3) = (lanes_u64_all(stream), lanes_u64_all(stream >> 32))
        var k0 = UInt32(truncatingIfNeeded: seed)
        var k1 = UInt32(truncatingIfNeeded: seed >> 32)
        for _ in 0..<10 {
            let p0 = lanes_u64_product(x0, 0xd251_1f53)
            let p1 = lanes_u64_product(x2, 0xcd9e_8d57)
            x0 = lanes_u64_xor(
                lanes_u64_xor(lanes_u64_upper(p1), x1), lanes_u64_all(UInt64(k0)))
            x2 = lanes_u64_xor(
                lanes_u64_xor(lanes_u64_upper(p0), x3), lanes_u64_all(UInt64(k1)))
            (x1, x3) = (p1, p0)
            k0 &+= 0x9e37_79b9
            k1 &+= 0xbb67_ae85
        }
        return (x0, x1, x2, x3)
    }

    /// The 32 words of blocks `block ..< block + 8`, in order, for a multiple of 8. Blocks count
    /// modulo 2^62, as a 64-bit element number divided by four does. Only the lowest word differs
    /// among the lanes, which spares a round and a half of the ten.
    @inline(__always)
    func run(block: UInt64) -> (lanes_u32, lanes_u32) {
        // Weaving takes lanes 0, 2, 1, 3: so those hold the blocks in order.
        let order = lanes_u64(0, 2, 1, 3, 4, 6, 5, 7)
        let (x0, x1, x2, x3) = words(
            c0: lanes_u64_add(lanes_u64_all(block), order),
            c1: lanes_u64_all((block >> 32) & ((1 << 30) - 1)))
        return (lanes_u64_weave_first(x0, x1, x2, x3), lanes_u64_weave_second(x0, x1, x2, x3))
    }
}
