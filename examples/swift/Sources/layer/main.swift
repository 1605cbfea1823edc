// Draws a dropout mask and computes it again, trains a layer behind dropout with L2, and compares
// its gradient with differences of its cost. Exits with status 1 if a check fails.
import CSwiftReg
import Foundation

func expect(_ condition: Bool, _ what: String) throws {
    if !condition { throw Refused(description: "not so: \(what)") }
}

/// Computes a mask by its definition: words of the generator below a threshold.
func showMask() throws {
    let keepProb = 0.5
    var mask = [UInt8](repeating: 0, count: 12)
    try check(reg_dropout_mask(12, keepProb, 1, 0, 0, &mask))
    print("mask:", mask)

    var words = [UInt32](repeating: 0, count: 12)
    try check(reg_philox(12, 1, 0, 0, &words))
    let threshold = UInt32(keepProb * 4_294_967_296)
    try expect(mask == words.map { $0 < threshold ? 1 : 0 }, "the mask is that of its formula")
}

/// Points labelled by their side of a plane.
func generate(count: Int, features: Int) throws -> Examples {
    var words = [UInt32](repeating: 0, count: count * features)
    try check(reg_philox(words.count, 7, 0, 0, &words))
    let x = words.map { Double($0) / 2_147_483_648 - 1 }
    let y = (0..<count).map { r in
        x[r * features] > x[(r + 1) * features - 1] ? 1.0 : 0
    }
    return Examples(features: features, x: x, y: y)
}

/// The gradient against central differences of the cost, one weight after another.
func compareGradient(_ layer: Layer, _ examples: Examples) throws {
    let gradient = try layer.gradient(examples).w
    for i in gradient.indices {
        var above = layer
        var below = layer
        above.w[i] += 1e-5
        below.w[i] -= 1e-5
        let numeric = try (above.cost(examples) - below.cost(examples)) / 2e-5
        try expect(abs(gradient[i] - numeric) < 1e-8, "dw[\(i)] = \(gradient[i]) is \(numeric)")
    }
    print("gradient: as central differences within 1e-8")
}

func train() throws {
    let examples = try generate(count: 200, features: 6)
    var layer = Layer(w: .init(repeating: 0, count: 6), lambda: 0.5)
    let before = try layer.cost(examples)
    for step in 0..<300 {
        // Each step drops other inputs; step and layer make the stream, as in a whole network.
        var dropped = examples
        try check(
            reg_forward_dropout_f64(
                examples.x, examples.x.count, 0.9, 3, UInt64(step) << 16, 0, &dropped.x, nil))
        if step == 10 { try compareGradient(layer, dropped) }
        try layer.update(layer.gradient(dropped), rate: 1)
    }
    let after = try layer.cost(examples)
    let right = try zip(layer.probabilities(examples), examples.y)
        .filter { ($0 > 0.5) == ($1 > 0.5) }.count
    print("training: the cost fell from \(before) to \(after), \(right) of 200 are right")
    try expect(after < before / 2 && right > 180, "the layer learned")
}

do {
    print("swiftreg", String(cString: reg_version()))
    try showMask()
    try train()
} catch {
    print("layer: \(error)")
    exit(1)
}
