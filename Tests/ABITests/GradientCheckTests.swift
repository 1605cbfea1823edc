import CSwiftReg
import Testing

/// A network of two layers over the double functions: dense, activation, dropout, dense, sigmoid;
/// the cost with L2.
private struct TwoLayerNetwork: Sendable, CustomTestStringConvertible {
    let nIn = 4
    let nHidden = 6
    let nOut = 2
    let m = 5
    let seed: UInt64 = 99
    let stream: UInt64 = 1 << 16 | 1
    var layout: Layout
    var activation: reg_activation
    var keepProb: Double
    var lambda: Double

    var testDescription: String {
        "\(layout), activation \(activation.rawValue), keep_prob \(keepProb), lambda \(lambda)"
    }

    /// w1, b1, w2, b2 and the input x: the arguments of the cost.
    typealias Arguments = [[Double]]

    var arguments: Arguments {
        var random = SplitMix64(15)
        return [nHidden * nIn, nHidden, nOut * nHidden, nOut, nIn * m].map { random.values($0) }
    }

    var labels: [Double] { (0..<nOut * m).map { $0 % 3 == 0 ? 1 : 0 } }

    struct Pass {
        var z1, a1, dropped, out: [Double]
        var cost = 0.0
    }

    func forward(_ p: Arguments) -> Pass {
        let hidden = [Double](repeating: 0, count: nHidden * m)
        var pass = Pass(
            z1: hidden, a1: hidden, dropped: hidden, out: [Double](repeating: 0, count: nOut * m))
        let strides = strides
        #expect(
            reg_forward_dense_f64(
                p[0], p[1], nHidden, nIn, m, p[4], strides.input, activation, &pass.z1, &pass.a1,
                strides.hidden) == REG_OK)
        #expect(
            reg_forward_dropout_f64(
                pass.a1, hidden.count, keepProb, seed, stream, 0, &pass.dropped, nil) == REG_OK)
        #expect(
            reg_forward_dense_f64(
                p[2], p[3], nOut, nHidden, m, pass.dropped, strides.hidden, REG_SIGMOID, nil,
                &pass.out, strides.output) == REG_OK)
        let status = p[0].withUnsafeBufferPointer { w1 in
            p[2].withUnsafeBufferPointer { w2 in
                reg_cost_l2_f64(
                    pass.out, labels, nOut, m, [w1.baseAddress, w2.baseAddress],
                    [w1.count, w2.count], 2, lambda, &pass.cost, nil)
            }
        }
        #expect(status == REG_OK)
        return pass
    }

    /// The gradients by the arguments, in order; the gradient by x is that of m * cost.
    func backward(_ p: Arguments, _ pass: Pass) -> Arguments {
        var dz2 = pass.out
        var d1 = pass.a1
        var (dw1, db1, dw2, db2, dx) = (p[0], p[1], p[2], p[3], p[4])
        let strides = strides
        #expect(reg_backward_cost_f64(pass.out, labels, dz2.count, &dz2) == REG_OK)
        #expect(
            reg_backward_l2_f64(
                p[2], nOut, nHidden, m, dz2, strides.output, pass.dropped, strides.hidden, lambda,
                &dw2, &db2, &d1, strides.hidden) == REG_OK)
        d1 =
            inPlace(d1) {
                reg_backward_dropout_f64($0, d1.count, keepProb, seed, stream, 0, $1)
            }.values
        d1 =
            inPlace(d1) {
                reg_backward_activation_f64($0, pass.a1, d1.count, activation, $1)
            }.values
        #expect(
            reg_backward_l2_f64(
                p[0], nHidden, nIn, m, d1, strides.hidden, p[4], strides.input, lambda,
                &dw1, &db1, &dx, strides.input) == REG_OK)
        return [dw1, db1, dw2, db2, dx]
    }

    private var strides: (input: reg_strides, hidden: reg_strides, output: reg_strides) {
        (
            layout.strides(units: nIn, examples: m), layout.strides(units: nHidden, examples: m),
            layout.strides(units: nOut, examples: m)
        )
    }
}

@Suite struct GradientCheckTests {
    private static let networks: [TwoLayerNetwork] =
        [Layout.featuresFirst, .examplesFirst].flatMap { layout in
            [REG_SIGMOID, REG_RELU, REG_IDENTITY].flatMap { activation in
                [(1.0, 0.0), (1.0, 0.7), (0.6, 0.0), (0.6, 0.7)].map {
                    TwoLayerNetwork(
                        layout: layout, activation: activation, keepProb: $0.0, lambda: $0.1)
                }
            }
        }

    /// Central differences of the whole cost. With h = 1e-5 their own error is below h^2 |f'''| +
    /// u |f| / h, some 1e-10 here, and a wrong gradient is off by more than 1e-3.
    @Test(arguments: networks)
    private func gradientsAreThoseOfTheCost(network: TwoLayerNetwork) {
        let step = 1e-5
        let arguments = network.arguments
        let pass = network.forward(arguments)
        let gradients = network.backward(arguments, pass)
        // No kink of the ReLU may be within a step.
        #expect(pass.z1.allSatisfy { abs($0) > 10 * step })
        for part in arguments.indices {
            let factor = part == 4 ? Double(network.m) : 1
            for i in arguments[part].indices {
                func cost(_ change: Double) -> Double {
                    var moved = arguments
                    moved[part][i] += change
                    return network.forward(moved).cost
                }
                let difference = factor * (cost(step) - cost(-step)) / (2 * step)
                #expect(
                    abs(gradients[part][i] - difference) < 1e-8, "argument \(part), element \(i)")
            }
        }
        #expect(gradients[0].contains { abs($0) > 1e-3 })
    }
}
