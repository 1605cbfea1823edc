import CSwiftReg
import Testing

/// Lengths near the four words of a Philox block, and the 32 words of the eight blocks of a vector.
private let counts = [0, 1, 3, 4, 5, 31, 32, 33, 63, 64, 65, 1000]

/// Every position in a block, rows of a batch (r * 2^34), and the wrap of the element number.
private let offsets: [UInt64] =
    Array(0...5) + [1, 7, 1 << 20].map { $0 << 34 } + [.max - 1002, .max - 64, .max - 33, .max]

@Suite struct DropoutTests {
    private let philox = ScalarPhilox(seed: 0x0123_4567_89ab_cdef, stream: 0xfedc_ba98_7654_3210)

    /// a * mask / keep_prob by the header: times the scale or 0.
    private func oracle<T: Element>(_ a: [T], _ mask: [UInt8], keepProb: Double) -> [T] {
        let scale = T(1 / keepProb)
        return zip(a, mask).map { $0 * ($1 != 0 ? scale : 0) }
    }

    @Test(arguments: elementTypes, offsets)
    func forwardBackwardAndMaskFollowTheFormula(_ type: any Element.Type, offset: UInt64) {
        func check<T: Element>(_: T.Type) {
            let keepProb = 0.7
            let words = philox.words(1000, offset: offset)
            let allMarks = ScalarPhilox.mask(words, keepProb: keepProb)
            var random = SplitMix64(offset)
            let a: [T] = random.values(1000)
            let expected = oracle(a, allMarks, keepProb: keepProb).bits
            for count in counts {
                // An extra element shows a write past the end.
                var forward = [T](repeating: 7, count: count + 1)
                var plain = forward
                var backward = forward
                var mask = [UInt8](repeating: 7, count: count + 1)
                var maskAlone = mask
                let (seed, stream) = (philox.seed, philox.stream)
                #expect(
                    T.abi.forwardDropout(a, count, keepProb, seed, stream, offset, &forward, &mask)
                        == REG_OK)
                #expect(
                    T.abi.forwardDropout(a, count, keepProb, seed, stream, offset, &plain, nil)
                        == REG_OK)
                #expect(
                    T.abi.backwardDropout(a, count, keepProb, seed, stream, offset, &backward)
                        == REG_OK)
                #expect(
                    reg_dropout_mask(count, keepProb, seed, stream, offset, &maskAlone) == REG_OK)
                #expect(forward.bits == expected.prefix(count) + [T(7).bits])
                #expect(plain.bits == forward.bits)
                #expect(backward.bits == forward.bits)
                #expect(mask == allMarks.prefix(count) + [7])
                #expect(maskAlone == mask)
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes) func inPlaceGivesTheSame(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(1)
            for count in counts {
                let a: [T] = random.values(count)
                var out = a
                #expect(T.abi.forwardDropout(a, count, 0.4, 1, 2, 3, &out, nil) == REG_OK)
                let forward = inPlace(a) {
                    T.abi.forwardDropout($0, count, 0.4, 1, 2, 3, $1, nil)
                }
                let backward = inPlace(a) { T.abi.backwardDropout($0, count, 0.4, 1, 2, 3, $1) }
                #expect(forward.status == REG_OK && backward.status == REG_OK)
                #expect(forward.values.bits == out.bits)
                #expect(backward.values.bits == out.bits)
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes) func buffersNeedNoVectorAlignment(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(2)
            let a: [T] = random.values(80)
            let mask = ScalarPhilox.mask(philox.words(70, offset: 9), keepProb: 0.5)
            for shift in 0..<8 {
                var out = [T](repeating: 7, count: 80)
                let status = a.withUnsafeBufferPointer { a in
                    out.withUnsafeMutableBufferPointer { out in
                        T.abi.forwardDropout(
                            a.baseAddress! + shift, 70, 0.5, philox.seed, philox.stream, 9,
                            out.baseAddress! + (7 - shift), nil)
                    }
                }
                #expect(status == REG_OK)
                let middle = oracle(Array(a[shift..<shift + 70]), mask, keepProb: 0.5)
                let expected =
                    [T](repeating: 7, count: 7 - shift) + middle
                    + [T](repeating: 7, count: shift + 3)
                #expect(out.bits == expected.bits)
            }
        }
        check(type)
    }

    @Test(arguments: elementTypes)
    func nanIsKeptAndADroppedNegativeIsMinusZero(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            let count = 64
            var mask = [UInt8](repeating: 0, count: count)
            var out = [T](repeating: 0, count: count)
            let nan = [T](repeating: .nan, count: count)
            #expect(T.abi.forwardDropout(nan, count, 0.5, 1, 0, 0, &out, &mask) == REG_OK)
            #expect(out.allSatisfy { $0.isNaN })
            #expect(Set(mask) == [0, 1])

            let negative = [T](repeating: -3, count: count)
            #expect(T.abi.forwardDropout(negative, count, 0.5, 1, 0, 0, &out, nil) == REG_OK)
            #expect(out.bits == mask.map { ($0 == 1 ? T(-6) : T(-0.0)).bits })

            let infinite = [T](repeating: .infinity, count: count)
            #expect(T.abi.forwardDropout(infinite, count, 0.5, 1, 0, 0, &out, nil) == REG_OK)
            // 0 * infinity
            #expect(zip(out, mask).allSatisfy { $1 == 1 ? $0 == .infinity : $0.isNaN })
        }
        check(type)
    }

    @Test(arguments: elementTypes) func keepProbOneKeepsAll(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(3)
            let a: [T] = random.values(1000)
            var (out, mask) = (a, [UInt8](repeating: 7, count: 1000))
            #expect(T.abi.forwardDropout(a, 1000, 1, 4, 5, 6, &out, &mask) == REG_OK)
            #expect(out.bits == a.bits)
            #expect(mask.allSatisfy { $0 == 1 })
        }
        check(type)
    }

    /// keep_prob * 2^32 rounds to 0, so no word is below it, and no product may use the huge
    /// 1 / keep_prob.
    @Test(arguments: elementTypes, [1e-12, 1e-300, .leastNonzeroMagnitude])
    func tinyKeepProbKeepsNone(_ type: any Element.Type, keepProb: Double) {
        func check<T: Element>(_: T.Type) {
            let a: [T] = (0..<1000).map { $0 % 2 == 0 ? 5 : -5 }
            var (out, mask) = (a, [UInt8](repeating: 7, count: 1000))
            #expect(T.abi.forwardDropout(a, 1000, keepProb, 4, 5, 6, &out, &mask) == REG_OK)
            #expect(out.bits == a.map { ($0 < 0 ? T(-0.0) : T(0)).bits })
            #expect(mask.allSatisfy { $0 == 0 })
            #expect(reg_dropout_mask(1000, keepProb, 4, 5, 6, &mask) == REG_OK)
            #expect(mask.allSatisfy { $0 == 0 })
        }
        check(type)
    }

    /// The rounding of the threshold: a keep_prob of w / 2^32 drops the word w, one of (w + 1) /
    /// 2^32 keeps it; a half rounds up.
    @Test func theThresholdIsExact() {
        let word = Double(philox.word(0))
        for (numerator, isKept) in [(word, 0), (word + 0.49, 0), (word + 0.5, 1), (word + 1, 1)] {
            var mask: [UInt8] = [7]
            let keepProb = numerator / 0x1p32
            #expect(reg_dropout_mask(1, keepProb, philox.seed, philox.stream, 0, &mask) == REG_OK)
            #expect(mask == [UInt8(isKept)], "numerator \(numerator)")
        }
    }

    @Test(arguments: elementTypes) func applyMaskTakesTheCallersMask(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(4)
            for count in counts {
                var a: [T] = random.values(count)
                if count > 2 { a[1] = .nan }
                // Every byte except 0 keeps.
                let mask = (0..<count).map { _ in
                    [0, 1, 2, 255].randomElement(using: &random)! as UInt8
                }
                var out = [T](repeating: 7, count: count + 1)
                #expect(T.abi.applyMask(a, mask, count, 0.3, &out) == REG_OK)
                let expected = oracle(a, mask, keepProb: 0.3) + [7]
                #expect(
                    zip(out, expected).allSatisfy { $0.bits == $1.bits || $0.isNaN && $1.isNaN })
                let same = inPlace(a) { T.abi.applyMask($0, mask, count, 0.3, $1) }
                #expect(same.status == REG_OK)
                #expect(same.values.bits == out.dropLast().map(\.bits))
            }
        }
        check(type)
    }

    /// Applying the mask of a dropout gives the same result.
    @Test(arguments: elementTypes) func applyMaskRepeatsAForward(_ type: any Element.Type) {
        func check<T: Element>(_: T.Type) {
            var random = SplitMix64(5)
            let a: [T] = random.values(333)
            var (out, again, mask) = (a, a, [UInt8](repeating: 0, count: 333))
            #expect(T.abi.forwardDropout(a, 333, 0.86, 9, 8, 7, &out, &mask) == REG_OK)
            #expect(T.abi.applyMask(a, mask, 333, 0.86, &again) == REG_OK)
            #expect(again.bits == out.bits)
        }
        check(type)
    }
}
