// Trains the networks of measure.c through Regularized: for each, a hash of its weights and nanoseconds an epoch.
import Regularized

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
    let digits = hash(of: try network.parameters)
    let (seconds, attoseconds) = least.components
    let nanoseconds = Int((Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(epochs))
    print(name, digits, nanoseconds)
}

try measure("2-20-3-1", [2, 20, 3, 1], examples: 211, batchSize: 32, epochs: 20)
try measure("64-128-64-10", [64, 128, 64, 10], examples: 1024, batchSize: 128, epochs: 1)
