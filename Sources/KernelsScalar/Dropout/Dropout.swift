import CLanes
import KernelInterface

/// out = a * mask * scale, and the mask unless it is nil.
func dropout(
    _ a: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>,
    _ mask: UnsafeMutablePointer<UInt8>?, _ count: Int, _ draw: DropoutDraw
) {
    let keep = Keep(draw)
    forEachWord(count, draw) { i, word in
        out[i] = a[i] * keep.factor(word)
        mask?[i] = keep(word)
    }
}

func dropoutMask(_ mask: UnsafeMutablePointer<UInt8>, _ count: Int, _ draw: DropoutDraw) {
    let keep = Keep(draw)
    forEachWord(count, draw) { i, word in mask[i] = keep(word) }
}

/// Calls body(i, word) for the words of `count` elements.
@inline(__always)
private func forEachWord(
    _ count: Int, _ draw: DropoutDraw, _ body: (_ i: Int, _ word: UInt32) -> Void
) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { words in
        guard let words = words.baseAddress else { return }
        var (i, draw) = (0, draw)
        while i < count {
            // Whole blocks but for the first and the last.
            let n = min(16 - Int(draw.offset & 3), count - i)
            philoxWords(words, n, draw)
            for k in 0..<n { body(i + k, words[k]) }
            i += n
            draw.offset &+= UInt64(n)
        }
    }
}

/// Dropout of units `units` in place: column e is row `draw.offset` + e of the batch. A block serves four units
/// of a row; blocks are made for sixteen rows at a time.
func dropoutUnits(_ a: UnitRows<Float>, _ units: Range<Int>, _ draw: DropoutDraw) {
    let (philox, keep) = (Philox(draw), Keep(draw))
    let firstRow = UInt32(truncatingIfNeeded: draw.offset)
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
        guard let words = words.baseAddress else { return }
        for u in stride(from: units.lowerBound, to: units.upperBound, by: 4) {
            let rounds = Philox.CommonRounds(philox, c0: UInt32(truncatingIfNeeded: u / 4))
            for e in stride(from: 0, to: a.columns, by: 16) {
                rounds.write(words, counters: 16, from: firstRow &+ UInt32(truncatingIfNeeded: e))
                for k in 0..<min(4, units.upperBound - u) {
                    multiply(a.data + (u + k) * a.rowStride + e, words + k, keep)
                }
            }
        }
    }
}

/// Multiplies sixteen elements whose words are four apart.
@inline(never)
private func multiply(
    _ a: UnsafeMutablePointer<Float>, _ words: UnsafePointer<UInt32>, _ keep: Keep
) {
    var (a, words, left) = (a, words, 4)
    while left > 0 {
        a[0] *= keep.factor(words[0])
        a[1] *= keep.factor(words[4])
        a[2] *= keep.factor(words[8])
        a[3] *= keep.factor(words[12])
        a += 4
        words += 16
        left -= 1
    }
}
