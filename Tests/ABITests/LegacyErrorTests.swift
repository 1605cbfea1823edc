import CSwiftReg
import Testing

@Suite struct LegacyErrorTests {
    private typealias Draw =
        @Sendable (UnsafeMutablePointer<reg_legacy_rng>?, Int, UnsafeMutablePointer<Double>?) ->
        reg_status

    private static let draws: [Draw] = [
        { reg_legacy_uniform($0, $1, $2) }, { reg_legacy_normal($0, $1, $2) },
    ]

    private func bytes(_ rng: reg_legacy_rng) -> [UInt8] {
        withUnsafeBytes(of: rng) { Array($0) }
    }

    @Test func seed() {
        #expect(reg_legacy_seed(nil, 1) == REG_ERROR_NULL)
    }

    @Test func nullAndSize() {
        var rng = reg_legacy_rng()
        #expect(reg_legacy_seed(&rng, 1) == REG_OK)
        let before = bytes(rng)
        for draw in Self.draws {
            var out = [Double](repeating: 123, count: 8)
            #expect(draw(nil, 8, &out) == REG_ERROR_NULL)
            #expect(draw(&rng, 8, nil) == REG_ERROR_NULL)
            for count in [-1, .min, .max, overflowing(Double.self)] {
                #expect(draw(&rng, count, &out) == REG_ERROR_SIZE)
            }
            #expect(out.allSatisfy { $0 == 123 })
            #expect(draw(&rng, 0, nil) == REG_OK)
        }
        #expect(bytes(rng) == before)
    }

    /// Zeroed memory, and positions that seeding never produces.
    @Test(arguments: [nil, -1, 625, Int32.min, Int32.max]) func state(position: Int32?) {
        var rng = reg_legacy_rng()
        if let position {
            #expect(reg_legacy_seed(&rng, 1) == REG_OK)
            rng.position = position
        }
        let before = bytes(rng)
        for draw in Self.draws {
            var out = [Double](repeating: 123, count: 8)
            #expect(draw(&rng, 8, &out) == REG_ERROR_STATE)
            #expect(out.allSatisfy { $0 == 123 })
        }
        #expect(bytes(rng) == before)
    }
}
