// The data and the hash of measure.c.

struct SplitMix {
    var state: UInt64 = 1

    /// In [-1, 1).
    mutating func next() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float((z ^ (z >> 31)) >> 40) / 8_388_608 - 1
    }
}

/// FNV-1a, 64 bits, of the bytes of weights, in 16 digits.
func hash(of weights: some Sequence<Float>) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for weight in weights {
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            hash = (hash ^ UInt64(weight.bitPattern >> shift & 0xFF)) &* 0x100_0000_01B3
        }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}
