// Learns which points are in a circle; shows an error, the progress of a training and its cancellation.
import Regularized

@main struct Circle {
    /// Points in a square, from a dropout mask's bits: the same on every machine.
    static func points(_ count: Int) throws(NetworkError) -> (x: [Float], y: [Float]) {
        let bits = try Library.dropoutMask(count: 2 * 16 * count, keepProb: 0.5, seed: 7)
        func coordinate(_ i: Int) -> Float {
            var value: Float = -1
            for bit in 0..<16 { value += Float(bits[16 * i + bit]) / Float(1 << bit) }
            return value
        }
        var (x, y): ([Float], [Float]) = ([], [])
        for i in 0..<count {
            let (u, v) = (coordinate(2 * i), coordinate(2 * i + 1))
            x += [u, v]
            y.append(u * u + v * v < 0.6 ? 1 : 0)
        }
        return (x, y)
    }

    static func main() async throws {
        print("swiftreg", Library.version)
        let (x, y) = try points(400)
        let examples = Examples(x: x, y: y)
        let network = try Network<Float>(
            [2, 32, 16, 1], options: NetworkOptions(seed: 1, keepProb: 0.9, l2: 0.01),
            optimizer: OptimizerOptions(.adam))
        let batches = FitOptions(epochs: 300, batchSize: 32, shuffle: true, reportEvery: 100)
        for try await progress in network.progress(of: examples, options: batches) {
            print("epoch \(progress.epoch): cost \(progress.cost)")
        }
        let right = zip(try network.predict(x), y).count { ($0 > 0.5) == ($1 == 1) }
        print("right: \(right) of \(y.count)")

        do {
            try network.setRegularization(NetworkOptions(keepProb: 1.5))
        } catch {
            print("refused: \(error)")
        }

        let training = Task {
            try await network.fit(examples, options: FitOptions(epochs: 1 << 40, batchSize: 32))
        }
        try await Task.sleep(for: .milliseconds(50))
        training.cancel()
        do {
            _ = try await training.value
        } catch is CancellationError {
            print("cancelled: the network keeps its epochs:", try network.position.epoch > 300)
        }
    }
}
