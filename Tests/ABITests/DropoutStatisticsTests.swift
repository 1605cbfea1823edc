import CSwiftReg
import Foundation
import Testing

/// Bounds by Hoeffding's inequality: a sum of n independent terms, each within a range r, differs
/// from its expectation by t or more with a probability of at most 2 exp(-2 t^2 / (n r^2)). With
/// the t below, each comparison of truly random masks would fail for less than one of 10^9 seeds.
@Suite struct DropoutStatisticsTests {
    private static let errorRate = 1e-9
    private let count = 1 << 15

    private func deviation(sumOfSquaredRanges: Double) -> Double {
        (log(2 / Self.errorRate) * sumOfSquaredRanges / 2).squareRoot()
    }

    @Test(arguments: elementTypes, [0.1, 0.5, 0.86])
    func theExpectedActivationIsKept(_ type: any Element.Type, keepProb: Double) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(6)
            let a: [T] = random.values(count, in: 0...2)
            let expected = a.doubles.reduce(0, +)
            let squares = a.doubles.reduce(0) { $0 + ($1 / keepProb) * ($1 / keepProb) }
            for stream in 0..<4 as Range<UInt64> {
                var out = a
                #expect(
                    T.abi.forwardDropout(a, count, keepProb, 17, stream, 0, &out, nil) == REG_OK)
                let sum = out.doubles.reduce(0, +)
                #expect(abs(sum - expected) < deviation(sumOfSquaredRanges: squares))
            }
        }
        check(type)
    }

    /// Each of the four words of a block has the right share, and neighbours are kept together as
    /// often as independent ones.
    @Test(arguments: [0.1, 0.5, 0.86])
    func theShareKeptIsRightForEachWordAndPair(keepProb: Double) {
        var mask = [UInt8](repeating: 0, count: count)
        #expect(reg_dropout_mask(count, keepProb, 23, 1 << 16, 5 << 34, &mask) == REG_OK)
        let perWord = count / 4
        for word in 0..<4 {
            let kept = stride(from: word, to: count, by: 4).reduce(0) { $0 + Int(mask[$1]) }
            let expected = keepProb * Double(perWord)
            #expect(
                abs(Double(kept) - expected) < deviation(sumOfSquaredRanges: Double(perWord)),
                "word \(word)")
        }
        for lag in [1, 2, 4, 32] {
            // Pairs that share no element, so that they are independent.
            let firsts = (0..<count - lag).filter { $0 / lag % 2 == 0 }
            let both = firsts.reduce(0) { $0 + Int(mask[$1] & mask[$1 + lag]) }
            let expected = keepProb * keepProb * Double(firsts.count)
            #expect(
                abs(Double(both) - expected) < deviation(sumOfSquaredRanges: Double(firsts.count)),
                "lag \(lag)")
        }
    }

    /// Masks of other seeds, streams and rows agree only as often as independent ones.
    @Test func masksOfOtherSeedsStreamsAndRowsAreIndependent() {
        let draws: [(seed: UInt64, stream: UInt64, offset: UInt64)] = [
            (1, 0, 0), (2, 0, 0), (1 << 32, 0, 0), (1, 1, 0), (1, 1 << 16, 0), (1, 1 << 32, 0),
            (1, 0, 1 << 34), (1, 0, 2 << 34),
        ]
        let masks = draws.map { draw in
            var mask = [UInt8](repeating: 0, count: count)
            #expect(
                reg_dropout_mask(count, 0.5, draw.seed, draw.stream, draw.offset, &mask) == REG_OK)
            return mask
        }
        for i in masks.indices {
            for j in 0..<i {
                let agreeing = zip(masks[i], masks[j]).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
                #expect(
                    abs(Double(agreeing) - Double(count) / 2)
                        < deviation(sumOfSquaredRanges: Double(count)), "\(draws[i]), \(draws[j])")
            }
        }
    }
}
