/// The mask formula of the header in scalar Swift, one element at a time: the oracle of every
/// dropout test.
struct ScalarPhilox {
    var seed: UInt64
    var stream: UInt64

    /// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC11).
    static func block(_ counter: [UInt32], key: [UInt32]) -> [UInt32] {
        var (c, k) = (counter, key)
        for _ in 0..<10 {
            let first = c[0].multipliedFullWidth(by: 0xd251_1f53)
            let second = c[2].multipliedFullWidth(by: 0xcd9e_8d57)
            c = [second.high ^ c[1] ^ k[0], second.low, first.high ^ c[3] ^ k[1], first.low]
            k = [k[0] &+ 0x9e37_79b9, k[1] &+ 0xbb67_ae85]
        }
        return c
    }

    func word(_ i: UInt64) -> UInt32 {
        func halves(_ x: UInt64) -> [UInt32] {
            [UInt32(truncatingIfNeeded: x), UInt32(truncatingIfNeeded: x >> 32)]
        }
        return Self.block(halves(i / 4) + halves(stream), key: halves(seed))[Int(i % 4)]
    }

    func words(_ count: Int, offset: UInt64) -> [UInt32] {
        (0..<count).map { word(offset &+ UInt64($0)) }
    }

    /// 1 for kept, 0 for dropped.
    static func mask(_ words: [UInt32], keepProb: Double) -> [UInt8] {
        let threshold = UInt64((keepProb * 0x1p32).rounded(.toNearestOrAwayFromZero))
        return words.map { UInt64($0) < threshold ? 1 : 0 }
    }
}
