import CSwiftReg
import Foundation
import Testing

/// Lengths near the 8 doubles and 16 floats of a vector.
private let counts = [0, 1, 7, 8, 9, 15, 16, 17, 31, 33]

/// Special numbers: signed zeros, subnormals, the ends of the range.
private func edges<T: Element>(_: T.Type) -> [T] {
    let positive: [T] = [
        0, .leastNonzeroMagnitude, .leastNormalMagnitude, .ulpOfOne, 0.5, 1, 2, 17, 88, 104, 709,
        746, 1e30, .greatestFiniteMagnitude, .infinity,
    ]
    return positive + positive.map { -$0 } + [.nan]
}

/// Whether `x` is the nearest number to `expected`, or at most `ulps` away from it.
private func isNear<T: Element>(_ x: T, _ expected: Double, ulps: Double) -> Bool {
    if expected.isNaN { return x.isNaN }
    let nearest = T(expected)
    if nearest.isInfinite || x.isInfinite { return x == nearest }
    return abs(x.double - expected) <= ulps * nearest.ulp.double
}

@Suite struct ActivationTests {
    private func outputs<T: Element>(_ z: [T], _ activation: reg_activation) -> [T] {
        var a = [T](repeating: 7, count: z.count)
        #expect(T.abi.forwardActivation(z, z.count, activation, &a) == REG_OK)
        return a
    }

    @Test(arguments: elementTypes) func identityAndReLU(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(9)
            let z: [T] = edges(T.self) + random.values(100, in: -5...5)
            #expect(
                zip(outputs(z, REG_IDENTITY), z).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
            for (a, z) in zip(outputs(z, REG_RELU), z) {
                #expect(z.isNaN ? a.isNaN : a == (z > 0 ? z : 0))
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes) func sigmoid(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(10)
            let z: [T] = edges(T.self) + random.values(500, in: -120...120)
            for (a, z) in zip(outputs(z, REG_SIGMOID), z) {
                // The oracle's exp, sum and quotient are rounded too.
                let expected = 1 / (1 + exp(-z.double))
                #expect(isNear(a, expected, ulps: 4), "sigmoid(\(z)) = \(a), not \(expected)")
            }
            #expect(
                outputs([.infinity, -.infinity, 0, -0.0] as [T], REG_SIGMOID) == [1, 0, 0.5, 0.5])
        }
        check(type)
    }

    @Test(arguments: elementTypes) func anyLengthAndInPlace(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(11)
            let all: [T] = random.values(40, in: -5...5)
            for activation in [REG_IDENTITY, REG_RELU, REG_SIGMOID] {
                let expected = outputs(all, activation)
                for count in counts {
                    var a = [T](repeating: 7, count: count + 1)
                    #expect(T.abi.forwardActivation(all, count, activation, &a) == REG_OK)
                    #expect(a == expected.prefix(count) + [7])
                    let same = inPlace(Array(all.prefix(count))) {
                        T.abi.forwardActivation($0, count, activation, $1)
                    }
                    #expect(same.status == REG_OK)
                    #expect(same.values == Array(expected.prefix(count)))
                }
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes) func gradients(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(12)
            for count in counts {
                let da: [T] = random.values(count, in: -5...5)
                // Half of the outputs of a ReLU after dropout are 0.
                let a: [T] = (0..<count).map { _ in
                    Bool.random(using: &random) ? 0 : T(Double.random(in: 0...1, using: &random))
                }
                for activation in [REG_IDENTITY, REG_RELU, REG_SIGMOID] {
                    var dz = [T](repeating: 7, count: count + 1)
                    #expect(T.abi.backwardActivation(da, a, count, activation, &dz) == REG_OK)
                    #expect(dz[count] == 7)
                    for i in 0..<count {
                        switch activation {
                        case REG_IDENTITY: #expect(dz[i] == da[i])
                        case REG_RELU: #expect(dz[i] == (a[i] > 0 ? da[i] : 0))
                        default:
                            let expected = da[i].double * a[i].double * (1 - a[i].double)
                            let bound = sumBound(3, T.self) * abs(expected)
                            #expect(abs(dz[i].double - expected) <= bound)
                        }
                    }
                    let same = inPlace(da) {
                        T.abi.backwardActivation($0, a, count, activation, $1)
                    }
                    #expect(same.status == REG_OK)
                    #expect(same.values.bits == dz.dropLast().map(\.bits))
                }
            }
        }
        check(type)
    }

    /// Where a ReLU is inactive, the gradient is 0, whatever the gradient from above.
    @Test(arguments: elementTypes) func aClosedReLUGivesZero(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let da: [T] = [.infinity, -.infinity, .nan, -3, .infinity, .nan, -3]
            let a: [T] = [0, 0, 0, -0.0, 1, 1, 1]
            var dz = [T](repeating: 7, count: 7)
            #expect(T.abi.backwardActivation(da, a, 7, REG_RELU, &dz) == REG_OK)
            #expect(dz.prefix(4).allSatisfy { $0 == 0 })
            #expect(dz[4] == .infinity && dz[5].isNaN && dz[6] == -3)
        }
        check(type)
    }
}

@Suite struct ElementaryTests {
    private struct Function: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var value: reg_function
        /// By libm; its error is below 2 ULP of Double.
        var oracle: @Sendable (Double) -> Double
    }

    private static let functions = [
        Function(testDescription: "exp", value: REG_FUNCTION_EXP, oracle: { exp($0) }),
        Function(testDescription: "log", value: REG_FUNCTION_LOG, oracle: { log($0) }),
        Function(testDescription: "log1p", value: REG_FUNCTION_LOG1P, oracle: { log1p($0) }),
        Function(
            testDescription: "sigmoid", value: REG_FUNCTION_SIGMOID, oracle: { 1 / (1 + exp(-$0)) }),
        Function(
            testDescription: "softplus", value: REG_FUNCTION_SOFTPLUS,
            oracle: { $0.isNaN ? $0 : max($0, 0) + log1p(exp(-abs($0))) }),
        Function(testDescription: "tanh", value: REG_FUNCTION_TANH, oracle: { tanh($0) }),
    ]

    @Test(arguments: elementTypes, functions)
    private func isWithinTwoULP(_ type: any Element.Type, function: Function) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(13)
            var x: [T] = edges(T.self)
            x += random.values(300, in: -1...1)
            x += random.values(300, in: -110...110)
            x += (random.values(200, in: -700...700) as [Double]).map { T(exp($0)) }
            var out = [T](repeating: 7, count: x.count + 1)
            #expect(T.abi.elementary(x, x.count, function.value, &out) == REG_OK)
            #expect(out[x.count] == 7)
            // The oracle's own error counts if it has no more digits than the result.
            let ulps = T.self == Float.self ? 2.0 : 4.0
            for (x, y) in zip(x, out) {
                let expected = function.oracle(x.double)
                #expect(isNear(y, expected, ulps: ulps), "of \(x): \(y), not \(expected)")
            }
            let same = inPlace(x) { T.abi.elementary($0, x.count, function.value, $1) }
            #expect(same.status == REG_OK)
            #expect(same.values.bits == out.dropLast().map(\.bits))
        }
        check(type)
    }
}

@Suite struct UpdateTests {
    @Test(arguments: elementTypes, [0, 0.3, -2, 1e-3])
    func updateFollowsTheFormula(_ type: any Element.Type, rate: Double) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(14)
            for count in counts {
                let (w, dw): ([T], [T]) = (random.values(count), random.values(count))
                var out = [T](repeating: 7, count: count + 1)
                #expect(T.abi.update(w, dw, count, rate, &out) == REG_OK)
                #expect(out[count] == 7)
                for i in 0..<count {
                    let expected = w[i].double - rate * dw[i].double
                    // The rate, the product and the difference are rounded.
                    let size = abs(w[i].double) + abs(rate * dw[i].double)
                    #expect(abs(out[i].double - expected) <= sumBound(3, T.self) * size)
                    if rate == 0 { #expect(out[i] == w[i]) }
                }
                let same = inPlace(w) { T.abi.update($0, dw, count, rate, $1) }
                #expect(same.status == REG_OK)
                #expect(same.values.bits == out.dropLast().map(\.bits))
            }
        }
        check(type)
    }
}
