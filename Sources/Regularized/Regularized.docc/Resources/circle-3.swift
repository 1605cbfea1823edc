import Regularized

var (x, y): ([Float], [Float]) = ([], [])
for _ in 0..<400 {
    let (u, v) = (Float.random(in: -1..<1), Float.random(in: -1..<1))
    x += [u, v]
    y.append(u * u + v * v < 0.6 ? 1 : 0)
}
let examples = Examples(x: x, y: y)

let network = try Network<Float>(
    [2, 32, 16, 1], options: NetworkOptions(seed: 1, keepProb: 0.9, l2: 0.01),
    optimizer: OptimizerOptions(.adam))

let fit = FitOptions(epochs: 300, batchSize: 32, shuffle: true, reportEvery: 100)
for try await progress in network.progress(of: examples, options: fit) {
    print("epoch \(progress.epoch): cost \(progress.cost)")
}
