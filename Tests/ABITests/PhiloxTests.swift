import CSwiftReg
import Testing

@Suite struct PhiloxTests {
    /// From Random123's kat_vectors: counter, key, words.
    private static let knownAnswers: [([UInt32], [UInt32], [UInt32])] = [
        (
            [0, 0, 0, 0], [0, 0],
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        ),
        (
            [UInt32](repeating: .max, count: 4), [.max, .max],
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        ),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        ),
    ]

    @Test(arguments: knownAnswers)
    func theOracleGivesTheKnownAnswers(
        counter: [UInt32], key: [UInt32], words: [UInt32]
    ) {
        #expect(ScalarPhilox.block(counter, key: key) == words)
    }

    @Test func theLibraryGivesTheKnownAnswers() {
        for (counter, key, expected) in Self.knownAnswers {
            let block = UInt64(counter[1]) << 32 | UInt64(counter[0])
            // An element number has 64 bits, so a block number has 62: only the first of the
            // vectors can be reached.
            guard block < 1 << 62 else { continue }
            var words = [UInt32](repeating: 0, count: 4)
            let status = reg_philox(
                4, UInt64(key[1]) << 32 | UInt64(key[0]),
                UInt64(counter[3]) << 32 | UInt64(counter[2]), 4 * block, &words)
            #expect(status == REG_OK)
            #expect(words == expected)
        }
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5, 1 << 34, .max - 10, .max - 63] as [UInt64])
    func wordsFollowTheFormula(offset: UInt64) {
        let philox = ScalarPhilox(seed: 0xa409_3822_299f_31d0, stream: 0x0370_7344_1319_8a2e)
        let expected = philox.words(100, offset: offset)
        for count in [0, 1, 3, 4, 5, 31, 32, 33, 100] {
            var words = [UInt32](repeating: 0xdead_beef, count: count + 1)
            #expect(reg_philox(count, philox.seed, philox.stream, offset, &words) == REG_OK)
            #expect(words == expected.prefix(count) + [0xdead_beef])
        }
    }
}
