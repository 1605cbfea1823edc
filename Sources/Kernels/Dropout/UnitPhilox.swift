import CLanes
import KernelInterface

/// What the counters of four units have in common, for a block of units.
typealias UnitBlocks = UnsafeMutableBufferPointer<Philox.CommonRounds>

extension Philox {
    /// A row number has 30 bits.
    @inline(__always) private var rowMask: UInt64 { 1 << UInt64(StreamLayout.rowBits) - 1 }

    /// Writes the words of the counters (c0, row), (c0, row + 1), ..., (c0, row + 15), XORed with `orderMask`, for
    /// the c0 of each block: four vectors for each, the word of a unit in the lanes of one.
    #if !arch(wasm32)
        @inline(never)
        func rowWords(
            _ blocks: UnitBlocks, row: UInt64, to words: UnsafeMutablePointer<lanes_u32>
        ) {
            // Even and odd rows apart, so that their words can be the halves of 64-bit lanes.
            @inline(__always) func firstProduct(_ order: lanes_u64) -> lanes_u64 {
                let rows = lanes_u64_and(
                    lanes_u64_add(lanes_u64_all(row), order), lanes_u64_all(rowMask))
                return lanes_u64_product(
                    lanes_u64_xor(rows, lanes_u64_all(blocks[0].c1)), UInt32(philoxMultiplier0))
            }
            let firstEven = firstProduct(lanes_u64(0, 2, 4, 6, 8, 10, 12, 14))
            let firstOdd = firstProduct(lanes_u64(1, 3, 5, 7, 9, 11, 13, 15))
            let thirdKeys = blocks[0].keys
            for i in 0..<blocks.count {
                // The two and a half rounds that do not depend on the row are scalars.
                let common = blocks[i]
                @inline(__always) func begin(_ p0: lanes_u64) -> Words {
                    let x2 = lanes_u64_xor(lanes_u64_upper(p0), lanes_u64_all(common.secondX2))
                    let p1 = lanes_u64_product(x2, UInt32(philoxMultiplier1))
                    return Words(
                        x0: lanes_u64_xor(lanes_u64_upper(p1), lanes_u64_all(common.x0)), x1: p1,
                        x2: lanes_u64_xor(p0, lanes_u64_all(common.x2)),
                        x3: lanes_u64_all(common.x3))
                }
                var (even, odd) = (begin(firstEven), begin(firstOdd))
                var keys = thirdKeys
                // In turns: each round waits for the one before.
                for _ in 0..<6 {
                    keys.advance()
                    even.round(keys)
                    odd.round(keys)
                    // Unrolled, it would be several times as long and no faster where registers are few.
                    if isBaseline { lanes_barrier() }
                }
                keys.advance()
                keys.xor(orderMask)
                let (p, q) = (even.products, odd.products)
                @inline(__always)
                func put(_ k: Int, _ word: lanes_u32, _ key: UInt64) {
                    words[4 * i + k] = lanes_u32_xor(
                        word, lanes_u32_all(UInt32(truncatingIfNeeded: key)))
                }
                put(
                    0,
                    lanes_u32_xor(
                        lanes_u64_join_upper(p.p1, q.p1), lanes_u64_join_lower(even.x1, odd.x1)),
                    keys.k0)
                put(1, lanes_u64_join_lower(p.p1, q.p1), UInt64(orderMask))
                put(
                    2,
                    lanes_u32_xor(
                        lanes_u64_join_upper(p.p0, q.p0), lanes_u64_join_lower(even.x3, odd.x3)),
                    keys.k1)
                put(3, lanes_u64_join_lower(p.p0, q.p0), UInt64(orderMask))
            }
        }
    #else
        // A multiply of WebAssembly takes two words of a vector, the lower or the upper ones: whole
        // vectors of words cost half as much as words in the lower halves of 64-bit lanes.
        @inline(never)
        func rowWords(
            _ blocks: UnitBlocks, row: UInt64, to words: UnsafeMutablePointer<lanes_u32>
        ) {
            for i in 0..<blocks.count {
                @inline(__always) func four(_ first: UInt64) -> QuarterWords {
                    fourRows(blocks[i], row &+ first)
                }
                let (a, b, c, d) = (four(0), four(4), four(8), four(12))
                words[4 * i] = lanes_u32x4_join(a.x0, b.x0, c.x0, d.x0)
                words[4 * i + 1] = lanes_u32x4_join(a.x1, b.x1, c.x1, d.x1)
                words[4 * i + 2] = lanes_u32x4_join(a.x2, b.x2, c.x2, d.x2)
                words[4 * i + 3] = lanes_u32x4_join(a.x3, b.x3, c.x3, d.x3)
            }
        }

        @inline(__always)
        private func fourRows(_ common: CommonRounds, _ row: UInt64) -> QuarterWords {
            let first = lanes_u32x4_all(UInt32(truncatingIfNeeded: row))
            let rows = lanes_u32x4_and(
                lanes_u32x4_add(first, lanes_u32x4(0, 1, 2, 3)),
                lanes_u32x4_all(UInt32(rowMask)))
            var keys = common.keys
            let (p0, upper0) = product(
                lanes_u32x4_xor(rows, all(common.c1)), UInt32(philoxMultiplier0))
            let (p1, upper1) = product(
                lanes_u32x4_xor(upper0, all(common.secondX2)), UInt32(philoxMultiplier1))
            var a = QuarterWords(
                x0: lanes_u32x4_xor(upper1, all(common.x0)), x1: p1,
                x2: lanes_u32x4_xor(p0, all(common.x2)), x3: all(common.x3))
            for _ in 0..<6 {
                keys.advance()
                a.round(keys)
            }
            keys.advance()
            keys.xor(orderMask)
            a.round(keys)
            let mask = lanes_u32x4_all(orderMask)
            (a.x1, a.x3) = (lanes_u32x4_xor(a.x1, mask), lanes_u32x4_xor(a.x3, mask))
            return a
        }
    #endif
}

#if arch(wasm32)
    /// The four words of each of four counters.
    private struct QuarterWords {
        var x0: lanes_u32x4
        var x1: lanes_u32x4
        var x2: lanes_u32x4
        var x3: lanes_u32x4

        @inline(__always) mutating func round(_ keys: Philox.Keys) {
            let (p0, upper0) = product(x0, UInt32(philoxMultiplier0))
            let (p1, upper1) = product(x2, UInt32(philoxMultiplier1))
            x0 = lanes_u32x4_xor(upper1, lanes_u32x4_xor(x1, all(keys.k0)))
            x2 = lanes_u32x4_xor(upper0, lanes_u32x4_xor(x3, all(keys.k1)))
            (x1, x3) = (p1, p0)
        }
    }

    @inline(__always) private func all(_ word: UInt64) -> lanes_u32x4 {
        lanes_u32x4_all(UInt32(truncatingIfNeeded: word))
    }

    /// The lower and the upper words of the products.
    @inline(__always)
    private func product(_ a: lanes_u32x4, _ b: UInt32) -> (lower: lanes_u32x4, upper: lanes_u32x4)
    {
        var upper = a
        let lower = lanes_u32x4_product(a, b, &upper)
        return (lower, upper)
    }
#endif
