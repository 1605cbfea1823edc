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
    let limit = draw.signedLimit
    let scale = V.Element(draw.scale)
    for u in stride(from: units.lowerBound, to: units.upperBound, by: 4) {
        let left = units.upperBound - u
        for e in stride(from: 0, to: a.columns, by: 16) {
            let words = philox.rowWords(
                c0: UInt32(u / 4), row: draw.offset &+ UInt64(e), xorMask: signBit)
            @inline(__always)
            func apply(_ k: Int, _ words: lanes_u32) {
                if k >= left { return }
                let p = a.data + (u + k) * a.rowStride + e
                V.multiply(p, by: scale, keeping: words, upTo: limit, into: p)
            }
            apply(0, words.x0)
            apply(1, words.x1)
            apply(2, words.x2)
            apply(3, words.x3)
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
