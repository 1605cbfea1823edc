import CSwiftReg
import Foundation
import Testing

@Suite struct CostTests {
    private static let shapes = [
        (1, 1), (1, 7), (3, 5), (1, 211), (2, 8), (4, 4), (1, 17), (3, 11),
    ]

    /// The cost by the formula, in double, and a bound on the library's error: a and y are exact;
    /// two logs within 2 ULP (4 roundings), 1 - a, the products and their sum are rounded.
    private func oracle<T: Element>(_ a: [T], _ y: [T], m: Int) -> (cost: Double, bound: Double) {
        var (sum, bound) = (0.0, 0.0)
        for (a, y) in zip(a.doubles, y.doubles) {
            let right = -y * log(a)
            let wrong = -(1 - y) * log(1 - a)
            sum += right + wrong
            // Rounding 1 - a changes its logarithm by one unit roundoff.
            bound += gamma(8, T.self) * (abs(right) + abs(wrong)) + 2 * unitRoundoff(T.self)
        }
        return (sum / Double(m), (bound + gamma(a.count + 8, Double.self) * abs(sum)) / Double(m))
    }

    @Test(arguments: elementTypes, shapes)
    func costFollowsTheFormula(_ type: any Element.Type, shape: (n: Int, m: Int)) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(UInt64(shape.m))
            let count = shape.n * shape.m
            let a: [T] = random.values(count, in: 1e-6...(1 - 1e-6))
            let labels: [[T]] = [
                (0..<count).map { _ in Bool.random(using: &random) ? 1 : 0 },
                random.values(count, in: 0...1),
            ]
            for y in labels {
                let (expected, bound) = oracle(a, y, m: shape.m)
                var (cost, ignored, alone) = (-1.0, -1, -1.0)
                #expect(T.abi.cost(a, y, shape.n, shape.m, &cost, &ignored) == REG_OK)
                #expect(abs(cost - expected) <= bound)
                #expect(ignored == 0)
                #expect(T.abi.cost(a, y, shape.n, shape.m, &alone, nil) == REG_OK)
                #expect(alone == cost)
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes) func saturatedRightAnswersAreIgnored(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let a: [T] = [1, 0, 0.5, 1, .nan, 0.25]
            let y: [T] = [1, 0, 1, 1, 0, 0]
            var (cost, ignored) = (-1.0, -1)
            #expect(T.abi.cost(a, y, 1, 6, &cost, &ignored) == REG_OK)
            #expect(ignored == 4)
            #expect(abs(cost - (log(2) - log(0.75)) / 6) <= gamma(8, T.self))
        }
        check(type)
    }

    /// Ignored elements at any position, and only ignored elements.
    @Test(arguments: elementTypes) func everyElementCanBeIgnored(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            for count in [1, 7, 8, 15, 16, 17, 33] {
                let ones = [T](repeating: 1, count: count)
                var (cost, ignored) = (-1.0, -1)
                #expect(T.abi.cost(ones, ones, 1, count, &cost, &ignored) == REG_OK)
                #expect(cost == 0)
                #expect(ignored == count)
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes)
    func aSaturatedWrongAnswerIsInfinite(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            for (wrong, label) in [(0, 1), (1, 0)] as [(T, T)] {
                var (cost, ignored) = (-1.0, -1)
                let a: [T] = [0.5, wrong, 1]
                #expect(T.abi.cost(a, [1, label, 1], 1, 3, &cost, &ignored) == REG_OK)
                #expect(cost == .infinity)
                #expect(ignored == 1)
            }
        }
        check(type)
    }

    // MARK: L2

    private func costL2<T: Element>(
        _ a: [T], _ y: [T], m: Int, weights: [[T]], lambda: Double
    ) -> (status: reg_status, cost: Double, ignored: Int) {
        var (cost, ignored) = (-1.0, -1)
        // Pointers into one buffer; an empty matrix needs no pointer.
        let status = weights.flatMap { $0 }.withUnsafeBufferPointer { all in
            var start = 0
            let pointers = weights.map { matrix -> UnsafePointer<T>? in
                defer { start += matrix.count }
                return matrix.isEmpty ? nil : all.baseAddress! + start
            }
            return T.abi.costL2(
                a, y, a.count / m, m, pointers, weights.map(\.count), weights.count, lambda, &cost,
                &ignored)
        }
        return (status, cost, ignored)
    }

    @Test(arguments: elementTypes, [0, 0.01, 0.7, 300])
    func theL2TermSumsOverAllMatrices(_ type: any Element.Type, lambda: Double) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(7)
            let m = 9
            let a: [T] = random.values(m, in: 0.1...0.9)
            let y: [T] = (0..<m).map { _ in Bool.random(using: &random) ? 1 : 0 }
            var plain = -1.0
            #expect(T.abi.cost(a, y, 1, m, &plain, nil) == REG_OK)
            for sizes in [[], [1], [40, 60, 3], [0, 17], [7, 0, 8, 9, 15, 16, 17, 33]] {
                let weights: [[T]] = sizes.map { random.values($0, in: -3...3) }
                let squares = weights.joined().reduce(0) { $0 + $1.double * $1.double }
                let expected = plain + lambda / (2 * Double(m)) * squares
                let result = costL2(a, y, m: m, weights: weights, lambda: lambda)
                #expect(result.status == REG_OK)
                // Squares of doubles are rounded; those of floats are exact in double.
                #expect(
                    abs(result.cost - expected) <= 2 * gamma(sizes.reduce(8, +), Double.self)
                        * expected)
                #expect(result.ignored == 0)
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes) func theL2CostHasTheSameEdges(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let right = costL2([1, 0.5] as [T], [1, 1], m: 2, weights: [[2, 1]], lambda: 4)
            #expect(right.status == REG_OK)
            #expect(right.ignored == 1)
            #expect(abs(right.cost - (log(2) / 2 + 5)) <= 8 * unitRoundoff(T.self))
            let wrong = costL2([0, 0.5] as [T], [1, 1], m: 2, weights: [[2, 1]], lambda: 4)
            #expect(wrong.cost == .infinity)
        }
        check(type)
    }

    // MARK: Gradient

    @Test(arguments: elementTypes) func backwardCostSubtracts(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(8)
            for count in [0, 1, 7, 8, 9, 15, 16, 17, 33] {
                let (a, y): ([T], [T]) = (random.values(count), random.values(count))
                let expected = zip(a, y).map { ($0 - $1).bits }
                var dz = [T](repeating: 7, count: count + 1)
                #expect(T.abi.backwardCost(a, y, count, &dz) == REG_OK)
                #expect(dz.bits == expected + [T(7).bits])
                let same = inPlace(a) { T.abi.backwardCost($0, y, count, $1) }
                #expect(same.status == REG_OK)
                #expect(same.values.bits == expected)
            }
        }
        check(type)
    }
}
