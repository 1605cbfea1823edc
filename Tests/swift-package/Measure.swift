// Trains the networks of measure.c through Regularized: for each, a hash of its weights and nanoseconds an epoch.
import Regularized

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

func measure(_ name: String, _ widths: [Int], examples m: Int, batchSize: Int, epochs: UInt64)
    throws
{
    var random = SplitMix()
    let x = (0..<m * widths[0]).map { _ in random.next() }
    let y = (0..<m * widths[widths.count - 1]).map { _ in random.next() > 0 ? Float(1) : 0 }
    let network = try Network<Float>(
        widths, options: NetworkOptions(seed: 1, keepProb: 0.86, l2: 0.7),
        optimizer: OptimizerOptions(.adam))
    let fit = FitOptions(epochs: epochs, batchSize: batchSize, shuffle: true)
    let clock = ContinuousClock()
    let least = try (0..<20).map { _ in
        try clock.measure { try network.fit(x: x.span, y: y.span, options: fit) }
    }.min()!
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for parameter in try network.parameters {
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            hash = (hash ^ UInt64(parameter.bitPattern >> shift & 0xFF)) &* 0x100_0000_01B3
        }
    }
    let digits = String(hash, radix: 16)
    let (seconds, attoseconds) = least.components
    let nanoseconds = Int((Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(epochs))
    print(name, String(repeating: "0", count: 16 - digits.count) + digits, nanoseconds)
}

try measure("2-20-3-1", [2, 20, 3, 1], examples: 211, batchSize: 32, epochs: 20)
try measure("64-128-64-10", [64, 128, 64, 10], examples: 1024, batchSize: 128, epochs: 1)
