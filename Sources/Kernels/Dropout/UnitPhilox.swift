import CLanes
import KernelInterface

/// The four words of each of sixteen counters.
struct RowWords {
    var x0: lanes_u32
    var x1: lanes_u32
    var x2: lanes_u32
    var x3: lanes_u32
}

extension Philox {
    /// The words of the counters (c0, row), (c0, row + 1), ..., (c0, row + 15), XORed with `xorMask`. A
    /// row number has 30 bits.
    #if !arch(wasm32)
        @inline(__always)
        func rowWords(c0: UInt32, row: UInt64, xorMask: UInt32) -> RowWords {
            // Packing takes lanes 0, 1, 4, 5, 2, 3, 6, 7, so those hold the rows in order.
            let order = lanes_u64(0, 1, 4, 5, 2, 3, 6, 7)
            let rowMask = lanes_u64_all(1 << UInt64(StreamLayout.rowBits) - 1)
            @inline(__always) func words(_ row: UInt64) -> Words {
                let rows = lanes_u64_and(lanes_u64_add(lanes_u64_all(row), order), rowMask)
                return self.words(c0: c0, c1: rows, xorMask: xorMask)
            }
            let (first, second) = (words(row), words(row &+ 8))
            return RowWords(
                x0: lanes_u64_pack(first.x0, second.x0), x1: lanes_u64_pack(first.x1, second.x1),
                x2: lanes_u64_pack(first.x2, second.x2), x3: lanes_u64_pack(first.x3, second.x3))
        }
    #else
        // A multiply of WebAssembly takes two words of a vector, the lower or the upper ones: whole
        // vectors of words cost half as much as words in the lower halves of 64-bit lanes.
        @inline(never)
        func rowWords(c0: UInt32, row: UInt64, xorMask: UInt32) -> RowWords {
            let (a, b) = (fourRows(c0, row, xorMask), fourRows(c0, row &+ 4, xorMask))
            let (c, d) = (fourRows(c0, row &+ 8, xorMask), fourRows(c0, row &+ 12, xorMask))
            return RowWords(
                x0: lanes_u32x4_join(a.x0, b.x0, c.x0, d.x0),
                x1: lanes_u32x4_join(a.x1, b.x1, c.x1, d.x1),
                x2: lanes_u32x4_join(a.x2, b.x2, c.x2, d.x2),
                x3: lanes_u32x4_join(a.x3, b.x3, c.x3, d.x3))
        }

        @inline(__always)
        private func fourRows(_ c0: UInt32, _ row: UInt64, _ xorMask: UInt32) -> QuarterWords {
            let first = lanes_u32x4_all(UInt32(truncatingIfNeeded: row))
            let rows = lanes_u32x4_and(
                lanes_u32x4_add(first, lanes_u32x4(0, 1, 2, 3)),
                lanes_u32x4_all(1 << UInt32(StreamLayout.rowBits) - 1))
            let common = CommonRounds(self, c0: c0)
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
            keys.xor(xorMask)
            a.round(keys)
            let mask = lanes_u32x4_all(xorMask)
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
