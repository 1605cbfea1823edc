import CLanes
import KernelInterface

// C = A B in the order of Goto and van de Geijn ("Anatomy of high-performance matrix
// multiplication", TOMS 2008): a block of B is packed for the second-level cache, a block of A for
// the first, and tiles of C stay in registers. Each element is a sum of chains of chainDepth
// multiply-adds, whatever the tiles and blocks are.

@inline(__always) private func tileColumns<V: Lanes>(_: V.Type) -> Int { tileVectors * V.width }

/// Rows of A and columns of B that are packed at once.
@inline(__always) private var rowsPacked: Int { tileRows * 24 }
@inline(__always) private var columnsPacked: Int { 2048 }

@inline(__always) private func roundUp(_ n: Int, to unit: Int) -> Int {
    (n + unit - 1) / unit * unit
}

@inline(__always)
func productScratchBytes<V: Lanes>(_: V.Type, rows: Int, columns: Int, depth: Int) -> Int {
    let depth = min(depth, V.chainDepth)
    let a = roundUp(min(rows, rowsPacked), to: tileRows) * depth
    let b = roundUp(min(columns, columnsPacked), to: tileColumns(V.self)) * depth
    return (roundUp(a, to: V.width) + b) * MemoryLayout<V.Element>.stride
}

/// Strips of `width` elements side by side, one strip after another: target[strip][p][j]. What is
/// missing in the last strip stays as it is: a tile computes with it, and stores nothing of that.
@inline(__always)
private func pack<V: Lanes>(
    _: V.Type, _ source: UnsafePointer<V.Element>, count: Int, step: Int, depth: Int,
    depthStep: Int,
    width: Int, to target: UnsafeMutablePointer<V.Element>
) {
    var first = 0
    if step == 1 {
        // A few rows at a time across all strips: down one strip every row is another page.
        let whole = count / width * width
        for p in stride(from: 0, to: depth, by: 8) {
            for j in stride(from: 0, to: whole, by: width) {
                for q in p..<min(p + 8, depth) {
                    UnsafeMutableRawPointer(target + j * depth + q * width).copyMemory(
                        from: source + q * depthStep + j,
                        byteCount: width * MemoryLayout<V.Element>.stride)
                }
            }
        }
        first = whole
    }
    while first < count {
        packStrip(
            V.self, source + first * step, n: min(width, count - first), step: step, depth: depth,
            depthStep: depthStep, width: width, to: target + first * depth)
        first += width
    }
}

/// One strip of n <= width elements.
@inline(__always)
private func packStrip<V: Lanes>(
    _: V.Type, _ strip: UnsafePointer<V.Element>, n: Int, step: Int, depth: Int, depthStep: Int,
    width: Int, to target: UnsafeMutablePointer<V.Element>
) {
    var j = 0
    if depthStep == 1 {
        while n - j >= 2 {
            let rows = n - j >= 4 ? 4 : 2
            let from = strip + j * step
            var p = 0
            while depth - p >= 4 {
                if rows == 4 {
                    let row = from + p
                    V.transpose(
                        row, row + step, row + 2 * step, row + 3 * step,
                        to: target + p * width + j, width: width)
                } else {
                    V.zip(from + p, stride: step, to: target + p * width + j, width: width)
                }
                p += 4
            }
            while p < depth {
                for i in 0..<rows { target[p * width + j + i] = from[i * step + p] }
                p += 1
            }
            j += rows
        }
    }
    while j < n {
        for p in 0..<depth { target[p * width + j] = strip[j * step + p * depthStep] }
        j += 1
    }
}

/// The outputs `rows` x `columns` of a product.
///
/// An operand that is used few times is not packed but read where it lies; that changes no bit.
@inline(__always)
func multiply<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ rows: Range<Int>,
    _ columns: Range<Int>, _ scratch: UnsafeMutableRawPointer
) {
    let a = call.pointee.a
    let b = call.pointee.b
    let tileColumns = tileColumns(V.self)
    let bPacked = scratch.assumingMemoryBound(to: V.Element.self)
    let depthPacked = min(call.pointee.depth, V.chainDepth)
    let aPacked =
        bPacked + roundUp(min(columns.count, columnsPacked), to: tileColumns) * depthPacked
    let size = MemoryLayout<V.Element>.stride
    // A tile of an A by columns takes its elements from more pages than the CPU keeps addresses of.
    let isScattered = a.column.magnitude >= (1 << 18) / UInt(max(1, depthPacked * size))
    let packsA = columns.count >= (isScattered ? 8 : 32) * tileColumns
    // Rows of B that lie close together do not displace each other from the first-level cache.
    let columnBytes = UInt(max(1, call.pointee.depth) * size)
    let isSmallB = b.row.magnitude <= (1 << 14) / columnBytes
    let packsB = b.column != 1 || (rows.count > 8 * tileRows && !isSmallB)

    for column in stride(from: columns.lowerBound, to: columns.upperBound, by: columnsPacked) {
        let blockColumns = min(columnsPacked, columns.upperBound - column)
        var k = 0
        repeat {
            let depth = min(V.chainDepth, call.pointee.depth - k)
            let bBlock = b.data + k * b.row + column * b.column
            // What is left of whole tiles is packed in any case, so as not to be read beyond.
            let inPlace = packsB ? 0 : blockColumns / tileColumns * tileColumns
            pack(
                V.self, bBlock + inPlace * b.column, count: blockColumns - inPlace, step: b.column,
                depth: depth, depthStep: b.row, width: tileColumns, to: bPacked)
            for row in stride(from: rows.lowerBound, to: rows.upperBound, by: rowsPacked) {
                let blockRows = min(rowsPacked, rows.upperBound - row)
                let aBlock = a.data + row * a.row + k * a.column
                if packsA {
                    pack(
                        V.self, aBlock, count: blockRows, step: a.row, depth: depth,
                        depthStep: a.column, width: tileRows, to: aPacked)
                }
                multiplyBlock(
                    V.self, call,
                    TilePlace(
                        row: row, column: column, rows: blockRows, columns: blockColumns,
                        isFirst: k == 0 && !call.pointee.accumulates,
                        isLast: k + depth == call.pointee.depth && call.pointee.finishes),
                    Block(
                        depth: depth, a: packsA ? UnsafePointer(aPacked) : aBlock,
                        isAPacked: packsA, aRow: a.row, aStep: a.column, b: bBlock, bStep: b.row,
                        inPlace: inPlace, bPacked: bPacked))
            }
            k += depth
        } while k < call.pointee.depth
    }
}

/// Where a block of A and a block of B lie.
private struct Block<Element> {
    let depth: Int
    let a: UnsafePointer<Element>
    let isAPacked: Bool
    /// Of an A that is not packed.
    let aRow: Int
    let aStep: Int
    /// The columns of B up to `inPlace` lie here, the others are packed.
    let b: UnsafePointer<Element>
    let bStep: Int
    let inPlace: Int
    let bPacked: UnsafePointer<Element>
}

/// One block of A times one block of B.
@inline(__always)
private func multiplyBlock<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ place: TilePlace,
    _ block: Block<V.Element>
) {
    let tileColumns = tileColumns(V.self)
    var j = 0
    while j < place.columns {
        let isInPlace = j < block.inPlace
        var strip = place
        strip.column += j
        strip.columns = min(tileColumns, place.columns - j)
        let b = isInPlace ? block.b + j : block.bPacked + (j - block.inPlace) * block.depth
        let bStep = isInPlace ? block.bStep : tileColumns
        let isNarrow = hasNarrowTiles && !block.isAPacked
        if isNarrow && strip.columns <= V.Quarter.width {
            multiplyNarrowStrip(V.Quarter.self, call, strip, block, b, bStep)
        } else if isNarrow && V.Quarter.width < V.Half.width && strip.columns <= V.Half.width {
            multiplyNarrowStrip(V.Half.self, call, strip, block, b, bStep)
        } else if isNarrow && tileVectors == 2 && strip.columns <= V.width {
            multiplyNarrowStrip(V.self, call, strip, block, b, bStep)
        } else {
            multiplyStrip(V.self, call, strip, block, b, bStep)
        }
        if strip.isLast { activateRows(V.self, call, strip) }
        j += strip.columns
    }
}

/// A block of A times a strip of B, as wide as a tile or less.
@inline(__always)
private func multiplyStrip<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ strip: TilePlace,
    _ block: Block<V.Element>, _ b: UnsafePointer<V.Element>, _ bStep: Int
) {
    let cRow = call.pointee.cRow
    var line = call.pointee.c + strip.row * cRow + strip.column
    let weight = strip.isLast ? call.pointee.finish.descent?.weight : nil
    var i = 0
    while i < strip.rows {
        // C is read and written after the chains: by then it has come.
        if let weight {
            var line = weight + (line - call.pointee.c)
            for _ in 0..<tileRows {
                for vector in 0..<tileVectors { lanes_prefetch(line + vector * V.width) }
                line += cRow
            }
        }
        for _ in 0..<tileRows {
            for vector in 0..<tileVectors { lanes_prefetch(line + vector * V.width) }
            line += cRow
        }
        var tile = strip
        tile.row += i
        tile.rows = min(tileRows, strip.rows - i)
        if tile.columns == tileColumns(V.self) && tile.rows == tileRows {
            let sums = sumTile(V.self, block, b, bStep, row: i)
            storeWholeTile(V.self, sums, rows: tileRows, call, tile)
        } else {
            multiplyPartOfTile(V.self, call, tile, block, b, bStep, row: i)
        }
        i += tileRows
    }
}

/// The sums of a whole tile: rows from `row` of a block of A times a strip of B.
@inline(__always)
private func sumTile<V: Lanes>(
    _: V.Type, _ block: Block<V.Element>, _ b: UnsafePointer<V.Element>, _ bStep: Int, row: Int
) -> TileLanes<V> {
    let size = MemoryLayout<V.Element>.stride
    if block.isAPacked {
        return multiplyTile(
            zeroTile(V.self), perRow: tileVectors, depth: block.depth,
            a: block.a + row * block.depth, aStep: tileRows, isAPacked: true, b: b, bStep: bStep,
            starts: packedRowStarts(size))
    }
    return multiplyTile(
        zeroTile(V.self), perRow: tileVectors, depth: block.depth, a: block.a + row * block.aRow,
        aStep: block.aStep, b: b, bStep: bStep, starts: rowStarts(block.aRow * size))
}

/// A tile of which not all is wanted. Out of line: what passes its sums on in memory would have
/// those of whole tiles stored there, too.
@inline(never)
private func multiplyPartOfTile<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ tile: TilePlace,
    _ block: Block<V.Element>, _ b: UnsafePointer<V.Element>, _ bStep: Int, row: Int
) {
    let size = MemoryLayout<V.Element>.stride
    // Strips of a packed A have whole tiles of rows.
    let (aRow, aStep) = block.isAPacked ? (1, tileRows) : (block.aRow, block.aStep)
    let starts = rowStarts(
        aRow * size, rows: block.isAPacked ? tileRows : tile.rows,
        of: tileRows)
    let sums = multiplyTile(
        zeroTile(V.self), perRow: tileVectors, depth: block.depth,
        a: block.a + row * (block.isAPacked ? block.depth : aRow), aStep: aStep, b: b, bStep: bStep,
        starts: starts)
    if tile.columns == tileColumns(V.self) && hasNarrowTiles && tileVectors == 1 {
        storeWholeTile(V.self, sums, rows: tile.rows, call, tile)
    } else {
        var copy = sums
        withUnsafeBytes(of: &copy) {
            storePartOfTile(
                $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: V.self),
                perRow: tileVectors, columnBias: columnBias(V.self, call, tile), call, tile)
        }
    }
}

/// The same for a strip of at most W.width columns, and an A that is not packed. Out of line: it is
/// rarely the most of a product.
@inline(never)
private func multiplyNarrowStrip<W: TileVector>(
    _: W.Type, _ call: UnsafePointer<MatrixProduct<W.Element>>, _ strip: TilePlace,
    _ block: Block<W.Element>, _ b: UnsafePointer<W.Element>, _ bStep: Int
) {
    let bias = columnBias(W.self, call, strip)
    var i = 0
    while i < strip.rows {
        var tile = strip
        tile.row += i
        tile.rows = min(narrowRows, strip.rows - i)
        let starts = rowStarts(
            block.aRow * MemoryLayout<W.Element>.stride, rows: tile.rows, of: narrowRows)
        let sums = multiplyTile(
            zeroNarrowTile(W.self), perRow: 1, depth: block.depth, a: block.a + i * block.aRow,
            aStep: block.aStep, b: b, bStep: bStep, starts: starts)
        var copy = sums
        withUnsafeBytes(of: &copy) {
            storePartOfTile(
                $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: W.self), perRow: 1,
                columnBias: bias, call, tile)
        }
        i += narrowRows
    }
}
