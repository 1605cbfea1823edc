import CLanes
import KernelInterface

// Dropout in the layout of `UnitRows`.

/// Dropout of units `units` in place: column e is row `draw.offset` + e of the batch. Lanes are rows, and
/// a Philox block serves four units of a row, so that narrow layers waste no word.
@inline(__always)
func dropoutUnits<V: Lanes>(
    _: V.Type, _ a: UnitRows<V.Element>, _ units: Range<Int>, _ draw: DropoutDraw
) {
    if draw.threshold == 0 { return clearUnits(V.self, a, units) }
    let philox = Philox(seed: draw.seed, stream: draw.stream)
    let limit = draw.limit
    let scale = V.Element(draw.scale)
    // Words of sixteen rows for sixteen blocks, and what the columns have in common for each block.
    let zero = lanes_u32_all(0)
    let eight: InlineArray<8, lanes_u32> = [zero, zero, zero, zero, zero, zero, zero, zero]
    var words: InlineArray<8, InlineArray<8, lanes_u32>> = [
        eight, eight, eight, eight, eight, eight, eight, eight,
    ]
    let maxUnits = 64
    withUnsafeTemporaryAllocation(of: Philox.CommonRounds.self, capacity: maxUnits / 4) { common in
        withUnsafeMutableBytes(of: &words) {
            let words = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: lanes_u32.self)
            for first in stride(from: units.lowerBound, to: units.upperBound, by: maxUnits) {
                let count = min(maxUnits, units.upperBound - first)
                let blocks = UnitBlocks(rebasing: common[..<((count + 3) / 4)])
                for i in 0..<blocks.count {
                    blocks[i] = Philox.CommonRounds(philox, c0: UInt32(first / 4 + i))
                    // Here and below: keeps the compiler from vectorizing or unrolling.
                    lanes_barrier()
                }
                for e in stride(from: 0, to: a.columns, by: 16) {
                    philox.rowWords(blocks, row: draw.offset &+ UInt64(e), to: words)
                    for u in 0..<count {
                        let p = a.data + (first + u) * a.rowStride + e
                        V.multiply(
                            p, by: scale, keeping: words[u], upTo: limit, into: p,
                            count: a.columns - e)
                        lanes_barrier()
                    }
                }
            }
        }
    }
}

/// Dropout for a keep_prob so small that no word is below its threshold.
@inline(__always)
private func clearUnits<V: Lanes>(_: V.Type, _ a: UnitRows<V.Element>, _ units: Range<Int>) {
    for u in units {
        for e in stride(from: 0, to: a.columns, by: V.width) {
            let p = a.data + u * a.rowStride + e
            (V.load(p) * V(0)).store(p)
        }
    }
}
