import CLanes
import KernelInterface

/// out = a * mask * scale, and the mask unless it is nil.
func dropout(
    _ a: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>,
    _ mask: UnsafeMutablePointer<UInt8>?, _ count: Int, _ draw: DropoutDraw
) {
    let keep = Keep(draw)
    Philox(draw).forEachWord(count, offset: draw.offset) { i, word in
        out[i] = a[i] * keep.factor(word)
        mask?[i] = keep(word)
    }
}

func dropoutMask(_ mask: UnsafeMutablePointer<UInt8>, _ count: Int, _ draw: DropoutDraw) {
    let keep = Keep(draw)
    Philox(draw).forEachWord(count, offset: draw.offset) { i, word in
        mask[i] = keep(word)
    }
}

func philoxWords(_ words: UnsafeMutablePointer<UInt32>, _ count: Int, _ draw: DropoutDraw) {
    Philox(draw).forEachWord(count, offset: draw.offset) { i, word in words[i] = word }
}

/// Dropout of units `units` in place: column e is row `draw.offset` + e of the batch. A block serves four units
/// of a row.
func dropoutUnits(_ a: UnitRows<Float>, _ units: Range<Int>, _ draw: DropoutDraw) {
    let (philox, keep) = (Philox(draw), Keep(draw))
    let firstRow = UInt32(truncatingIfNeeded: draw.offset)
    for u in stride(from: units.lowerBound, to: units.upperBound, by: 4) {
        let left = units.upperBound - u
        var p = a.data + u * a.rowStride
        for e in 0..<a.columns {
            let row = (firstRow &+ UInt32(e)) & (1 << UInt32(StreamLayout.rowBits) - 1)
            let words = philox.words(UInt32(u / 4), row)
            p[0] *= keep.factor(words.0)
            if left > 1 { p[a.rowStride] *= keep.factor(words.1) }
            if left > 2 { p[2 * a.rowStride] *= keep.factor(words.2) }
            if left > 3 { p[3 * a.rowStride] *= keep.factor(words.3) }
            p += 1
        }
    }
}
