import CPlatform

/// NumPy's legacy generator, bit for bit: MT19937 (Matsumoto and Nishimura, "Mersenne Twister",
/// ACM TOMACS 1998) seeded by one word, doubles of 53 bits, normals by Marsaglia's polar method.
/// The state is in the caller's memory.
public struct LegacyGenerator {
    public static let size = 624
    private static let shift = 397

    private let key: UnsafeMutablePointer<UInt32>
    public private(set) var position: Int
    /// The second normal of a pair, if it is still unused.
    public private(set) var spare: Double?

    public init(key: UnsafeMutablePointer<UInt32>, position: Int, spare: Double?) {
        self.key = key
        self.position = position
        self.spare = spare
    }

    public init(key: UnsafeMutablePointer<UInt32>, seed: UInt32) {
        self.init(key: key, position: Self.size, spare: nil)
        key[0] = seed
        for i in 1..<Self.size {
            key[i] = 1_812_433_253 &* (key[i - 1] ^ (key[i - 1] >> 30)) &+ UInt32(i)
        }
    }

    private mutating func refill() {
        func twist(_ i: Int, _ next: Int, _ far: Int) {
            let y = (key[i] & 0x8000_0000) | (key[next] & 0x7fff_ffff)
            key[i] = key[far] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
        }
        let (n, m) = (Self.size, Self.shift)
        for i in 0..<n - m { twist(i, i + 1, i + m) }
        for i in n - m..<n - 1 { twist(i, i + 1, i + m - n) }
        twist(n - 1, 0, m - 1)
        position = 0
    }

    private mutating func word() -> UInt32 {
        if position == Self.size { refill() }
        var y = key[position]
        position += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9d2c_5680
        y ^= (y << 15) & 0xefc6_0000
        return y ^ (y >> 18)
    }

    /// Uniform in [0, 1).
    public mutating func uniform() -> Double {
        let high = word() >> 5
        let low = word() >> 6
        return (Double(high) * 67_108_864 + Double(low)) / 9_007_199_254_740_992
    }

    public mutating func normal() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        while true {
            let x = 2 * uniform() - 1
            let y = 2 * uniform() - 1
            let square = x * x + y * y
            if square < 1 && square != 0 {
                // libm's log, as in NumPy: the only result that depends on libm.
                let factor = (-2 * log(square) / square).squareRoot()
                spare = factor * x
                return factor * y
            }
        }
    }
}
