import CLanes
import KernelInterface

// C = A B in the order of Goto and van de Geijn ("Anatomy of high-performance matrix
// multiplication", TOMS 2008): tileM x tileN tiles of C stay in registers while a strip of one operand
// stays in the L1 cache and a block of the other in L2. Each element is a sum of chains of blockK
// multiply-adds; the order of the tiles, and which rows and columns are packed together, change no bit.

@inline(__always) private func tileN<V: Lanes>(_: V.Type) -> Int { tileVectors * V.width }

/// Whether L1 keeps tileM rows of A, and L2 a block of B; otherwise L1 keeps tileN columns of B, and L2 a
/// block of A. With two vectors a row, the columns alone would fill L1.
@inline(__always) private var keepsRows: Bool { tileVectors == 2 }

/// How many rows of A and columns of B are packed together, and which are the outer loop: the inner ones
/// are packed again for each block of the outer ones.
private struct Blocks {
    let rows: Int
    let columns: Int
    let rowsAreOuter: Bool

    @inline(__always)
    init<V: Lanes>(_: V.Type, columns all: Int) {
        if keepsRows {
            // 768 KB of B: CPUs with AVX-512 have an L2 cache of 1 MB or more.
            columns = (768 << 10) / (V.blockK * MemoryLayout<V.Element>.stride)
            rowsAreOuter = all > columns
            rows = tileM * (rowsAreOuter ? 170 : 8)
        } else {
            (rows, columns, rowsAreOuter) = (tileM * 24, 2048, false)
        }
    }
}

@inline(__always) private func roundUp(_ n: Int, to unit: Int) -> Int {
    (n + unit - 1) / unit * unit
}

@inline(__always)
func productScratchBytes<V: Lanes>(_: V.Type, m: Int, n: Int, k: Int) -> Int {
    let k = min(k, V.blockK)
    let blocks = Blocks(V.self, columns: n)
    let a = roundUp(min(m, blocks.rows), to: tileM) * k
    let b = roundUp(min(n, blocks.columns), to: tileN(V.self)) * k
    return (roundUp(a, to: V.width) + b) * MemoryLayout<V.Element>.stride
}

/// Packs `count` rows of A or columns of B, `step` apart, into strips of `width`: target[strip][p][j].
/// The missing part of the last strip is 0: a tile computes with it and stores none of it.
@inline(never)
private func pack<V: Lanes>(
    _: V.Type, _ source: UnsafePointer<V.Element>, count: Int, step: Int, k: Int, kStep: Int,
    width: Int, to target: UnsafeMutablePointer<V.Element>
) {
    var first = 0
    if step == 1 {
        first = count / width * width
        // With a constant width a row is a few moves instead of a call of memcpy.
        if width == tileM {
            packWholeStrips(source, count: first, k: k, kStep: kStep, width: tileM, to: target)
        } else {
            packWholeStrips(
                source, count: first, k: k, kStep: kStep, width: tileN(V.self), to: target)
        }
    }
    while first < count {
        packStrip(
            V.self, source + first * step, n: min(width, count - first), step: step, k: k,
            kStep: kStep, width: width, to: target + first * k)
        first += width
    }
}

/// Packs `count` contiguous rows of A or columns of B, a multiple of `width`.
@inline(__always)
private func packWholeStrips<Element>(
    _ source: UnsafePointer<Element>, count: Int, k: Int, kStep: Int, width: Int,
    to target: UnsafeMutablePointer<Element>
) {
    // A few rows at a time across all strips: along one strip, every row is another page.
    var p = 0
    while p < k {
        let end = min(p + 8, k)
        var j = 0
        while j < count {
            for q in p..<end {
                UnsafeMutableRawPointer(target + j * k + q * width).copyMemory(
                    from: source + q * kStep + j, byteCount: width * MemoryLayout<Element>.stride)
                lanes_barrier()
            }
            j += width
        }
        p = end
    }
}

/// One strip of n <= width elements.
@inline(__always)
private func packStrip<V: Lanes>(
    _: V.Type, _ strip: UnsafePointer<V.Element>, n: Int, step: Int, k: Int, kStep: Int,
    width: Int, to target: UnsafeMutablePointer<V.Element>
) {
    if n < width {
        // 0 in the rest: multiply-adds of subnormals that happened to be there are slow.
        forEachVector(k * width, width: V.width) { i, n in V(0).store(target + i, first: n) }
    }
    var j = 0
    if kStep == 1 {
        if gathersVectors(V.self) && n >= V.width && k >= 4 {
            j = n / V.width * V.width
            gatherVectors(
                V.self, strip, step, ExampleRange(first: 0, count: j, order: nil),
                UnitRows(data: target, units: k, columns: j, rowStride: width))
        }
        while n - j >= 2 {
            let rows = n - j >= 4 ? 4 : 2
            let from = strip + j * step
            var p = 0
            while k - p >= 4 {
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
            while p < k {
                for i in 0..<rows {
                    target[p * width + j + i] = from[i * step + p]
                    // Here and below: keeps the compiler from vectorizing, which is longer and no faster.
                    lanes_barrier()
                }
                p += 1
            }
            j += rows
        }
    }
    while j < n {
        for p in 0..<k {
            target[p * width + j] = strip[j * step + p * kStep]
            lanes_barrier()
        }
        j += 1
    }
}

/// Computes the outputs `rows` x `columns` of a product.
///
/// An operand that is used only a few times is read in place instead of packed; that changes no bit.
@inline(__always)
func multiply<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ rows: Range<Int>,
    _ columns: Range<Int>, _ scratch: UnsafeMutableRawPointer
) {
    let a = call.pointee.a
    let b = call.pointee.b
    // The first condition is a constant: other instruction sets have no such code.
    if contiguousRows.max > 0 && rows.count <= contiguousRows.max
        && call.pointee.isContiguousAlongK
    {
        return multiplyContiguous(V.self, call, rows, columns)
    }
    let tileN = tileN(V.self)
    let bPacked = scratch.assumingMemoryBound(to: V.Element.self)
    let packedK = min(call.pointee.k, V.blockK)
    let blocks = Blocks(V.self, columns: columns.count)
    let aPacked =
        bPacked + roundUp(min(columns.count, blocks.columns), to: tileN) * packedK
    let size = MemoryLayout<V.Element>.stride
    // The columns of a column-major A are on more pages than the TLB holds.
    let isScattered = a.columnStride.magnitude >= (1 << 18) / UInt(max(1, packedK * size))
    let packsA = columns.count >= (isScattered ? (keepsRows ? 2 : 8) : 32) * tileN
    // Rows of B that are close together do not evict each other from the L1 cache.
    let columnBytes = UInt(max(1, call.pointee.k) * size)
    let isSmallB = b.rowStride.magnitude <= (1 << 14) / columnBytes
    let packsB =
        b.columnStride != 1 || (rows.count > (keepsRows ? 12 : 8) * tileM && !isSmallB)

    let rowsAreOuter = blocks.rowsAreOuter
    let (outer, outerBlock, inner, innerBlock) =
        rowsAreOuter
        ? (rows, blocks.rows, columns, blocks.columns)
        : (columns, blocks.columns, rows, blocks.rows)
    for first in stride(from: outer.lowerBound, to: outer.upperBound, by: outerBlock) {
        let count = min(outerBlock, outer.upperBound - first)
        var p = 0
        repeat {
            let k = min(V.blockK, call.pointee.k - p)
            for second in stride(from: inner.lowerBound, to: inner.upperBound, by: innerBlock) {
                let innerCount = min(innerBlock, inner.upperBound - second)
                let (row, column) = rowsAreOuter ? (first, second) : (second, first)
                let (blockRows, blockColumns) =
                    rowsAreOuter ? (count, innerCount) : (innerCount, count)
                let isFirst = second == inner.lowerBound
                if packsA && (isFirst || !rowsAreOuter) {
                    pack(
                        V.self, a.data + row * a.rowStride + p * a.columnStride, count: blockRows,
                        step: a.rowStride, k: k, kStep: a.columnStride, width: tileM, to: aPacked)
                }
                // The columns of the last, partial tile are always packed, so that no load passes their end.
                let unpackedColumns = packsB ? 0 : blockColumns / tileN * tileN
                let bBlock = b.data + p * b.rowStride + column * b.columnStride
                if isFirst || rowsAreOuter {
                    pack(
                        V.self, bBlock + unpackedColumns * b.columnStride,
                        count: blockColumns - unpackedColumns, step: b.columnStride, k: k,
                        kStep: b.rowStride, width: tileN, to: bPacked)
                }
                multiplyBlock(
                    V.self, call,
                    TilePlace(
                        rowIndex: row, columnIndex: column, rows: blockRows, columns: blockColumns,
                        isFirst: p == 0 && !call.pointee.accumulates,
                        isLast: p + k == call.pointee.k && call.pointee.appliesEpilogue),
                    Block(
                        k: k,
                        a: packsA
                            ? UnsafePointer(aPacked)
                            : a.data + row * a.rowStride + p * a.columnStride,
                        isAPacked: packsA, aRowStride: a.rowStride, aColumnStride: a.columnStride,
                        b: bBlock, bRowStride: b.rowStride,
                        unpackedColumns: unpackedColumns, bPacked: bPacked))
            }
            p += k
        } while p < call.pointee.k
    }
}

/// A block of A and a block of B.
private struct Block<Element> {
    let k: Int
    let a: UnsafePointer<Element>
    let isAPacked: Bool
    /// The strides of A; unused if it is packed.
    let aRowStride: Int
    let aColumnStride: Int
    /// B in place, for its first `unpackedColumns` columns; the others are in `bPacked`.
    let b: UnsafePointer<Element>
    let bRowStride: Int
    let unpackedColumns: Int
    let bPacked: UnsafePointer<Element>
}

/// Multiplies a block of A by a block of B, strip by strip of the operand that L1 keeps.
@inline(__always)
private func multiplyBlock<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ place: TilePlace,
    _ block: Block<V.Element>
) {
    let rest = place.columns % tileN(V.self)
    let restIsNarrow =
        rest > 0 && hasNarrowTiles && !block.isAPacked && (tileVectors == 2 || rest <= V.Half.width)
        && rest <= V.width
    let columns = restIsNarrow ? place.columns - rest : place.columns
    if restIsNarrow { multiplyNarrowRest(V.self, call, place, block, rest) }
    var part = place
    part.columns = columns
    if keepsRows {
        var i = 0
        while i < place.rows {
            part.rowIndex = place.rowIndex + i
            part.rows = min(tileM, place.rows - i)
            multiplyStrips(V.self, call, part, block, firstRow: i)
            i += tileM
        }
    } else {
        multiplyStrips(V.self, call, part, block, firstRow: 0)
    }
}

/// Multiplies rows of a block of A, of which `firstRow` is the first, by the columns of a block of B.
@inline(__always)
private func multiplyStrips<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ place: TilePlace,
    _ block: Block<V.Element>, firstRow: Int
) {
    let tileN = tileN(V.self)
    var j = 0
    while j < place.columns {
        var strip = place
        strip.columnIndex += j
        strip.columns = min(tileN, place.columns - j)
        let (b, bRowStride) = stripOfB(V.self, block, j)
        multiplyStrip(V.self, call, strip, block, b, bRowStride, firstRow: firstRow)
        if strip.isLast { activateRows(V.self, call, strip) }
        j += tileN
    }
}

/// Where a strip of B starts, and the distance of its rows.
@inline(__always)
private func stripOfB<V: Lanes>(
    _: V.Type, _ block: Block<V.Element>, _ j: Int
) -> (UnsafePointer<V.Element>, Int) {
    j < block.unpackedColumns
        ? (block.b + j, block.bRowStride)
        : (block.bPacked + (j - block.unpackedColumns) * block.k, tileN(V.self))
}

/// The last, narrow strip of a block.
@inline(__always)
private func multiplyNarrowRest<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ place: TilePlace,
    _ block: Block<V.Element>, _ rest: Int
) {
    let j = place.columns - rest
    var strip = place
    strip.columnIndex += j
    strip.columns = rest
    let (b, bRowStride) = stripOfB(V.self, block, j)
    if V.loadsPartially {
        multiplyNarrowStrip(V.self, call, strip, block, b, bRowStride)
    } else if rest <= V.Quarter.width {
        multiplyNarrowStrip(V.Quarter.self, call, strip, block, b, bRowStride)
    } else if V.Quarter.width < V.Half.width && rest <= V.Half.width {
        multiplyNarrowStrip(V.Half.self, call, strip, block, b, bRowStride)
    } else {
        multiplyNarrowStrip(V.self, call, strip, block, b, bRowStride)
    }
    if strip.isLast { activateRows(V.self, call, strip) }
}

/// Multiplies rows of a block of A, of which `firstRow` is the first, by a strip of B of at most tileN
/// columns.
@inline(__always)
private func multiplyStrip<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ strip: TilePlace,
    _ block: Block<V.Element>, _ b: UnsafePointer<V.Element>, _ bRowStride: Int, firstRow: Int
) {
    let cRowStride = call.pointee.cRowStride
    let weight = strip.isLast ? call.pointee.epilogue.fusedUpdate?.weight : nil
    let usesC = !(strip.isFirst && strip.isLast) || call.pointee.epilogue.needsC
    var i = 0
    while i < strip.rows {
        // C is read and written after the loop over k: by then it is in the cache.
        var tile = strip
        tile.rowIndex += i
        let at = tile.rowIndex * cRowStride + tile.columnIndex
        if let weight { prefetchTile(V.self, weight + at, rowStride: cRowStride) }
        if usesC { prefetchTile(V.self, call.pointee.c + at, rowStride: cRowStride) }
        tile.rows = min(tileM, strip.rows - i)
        if tile.columns == tileN(V.self) && tile.rows == tileM {
            let sums = sumTile(V.self, block, b, bRowStride, rowIndex: firstRow + i)
            storeWholeTile(V.self, sums, call, tile)
        } else {
            multiplyPartialTile(V.self, call, tile, block, b, bRowStride, rowIndex: firstRow + i)
        }
        i += tileM
    }
}

/// Requests a tile of C or of the weights. Out of line: with these loops in it, the kernel would be too large for the
/// compiler to inline what keeps its sums in registers.
@inline(never)
private func prefetchTile<V: Lanes>(
    _: V.Type, _ first: UnsafeMutablePointer<V.Element>, rowStride: Int
) {
    var row = first
    for _ in 0..<tileM {
        for vector in 0..<tileVectors { lanes_prefetch(row + vector * V.width) }
        row += rowStride
    }
}

/// The sums of a whole tile: rows from `rowIndex` of a block of A times a strip of B.
@inline(__always)
private func sumTile<V: Lanes>(
    _: V.Type, _ block: Block<V.Element>, _ b: UnsafePointer<V.Element>, _ bRowStride: Int,
    rowIndex: Int
) -> TileLanes<V> {
    let size = MemoryLayout<V.Element>.stride
    if block.isAPacked {
        return multiplyTile(
            zeroTile(V.self), perRow: tileVectors, k: block.k,
            a: block.a + rowIndex * block.k, aColumnStride: tileM, isAPacked: true,
            streamsB: keepsRows, b: b, bRowStride: bRowStride,
            starts: packedRowStarts(size))
    }
    return multiplyTile(
        zeroTile(V.self), perRow: tileVectors, k: block.k, a: block.a + rowIndex * block.aRowStride,
        aColumnStride: block.aColumnStride, streamsB: keepsRows, b: b, bRowStride: bRowStride,
        starts: rowStarts(block.aRowStride * size))
}

// Tiles with fewer rows or columns. A function for each number of rows, out of line: they pass their sums through
// memory, and inlined would force those of whole tiles there, too.

/// A large tile has fewer rows of its own where that saves multiply-adds.
@inline(never)
private func multiplyPartialTile<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ tile: TilePlace,
    _ block: Block<V.Element>, _ b: UnsafePointer<V.Element>, _ bRowStride: Int, rowIndex: Int
) {
    if tileM == 12 && tile.rows <= 4 {
        return multiplyFourRows(V.self, call, tile, block, b, bRowStride, rowIndex)
    }
    if tileM == 12 && tile.rows <= 8 {
        return multiplyEightRows(V.self, call, tile, block, b, bRowStride, rowIndex)
    }
    let sums = sumPartialTile(zeroTile(V.self), tile, block, b, bRowStride, rowIndex)
    storePartialTile(sums, perRow: tileVectors, call, tile)
}

@inline(never)
private func multiplyFourRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ tile: TilePlace,
    _ block: Block<V.Element>, _ b: UnsafePointer<V.Element>, _ bRowStride: Int, _ rowIndex: Int
) {
    let o = V(0)
    let sums = sumPartialTile([o, o, o, o, o, o, o, o], tile, block, b, bRowStride, rowIndex)
    storePartialTile(sums, perRow: tileVectors, call, tile)
}

@inline(never)
private func multiplyEightRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ tile: TilePlace,
    _ block: Block<V.Element>, _ b: UnsafePointer<V.Element>, _ bRowStride: Int, _ rowIndex: Int
) {
    let o = V(0)
    let sums = sumPartialTile(
        [o, o, o, o, o, o, o, o, o, o, o, o, o, o, o, o], tile, block, b, bRowStride, rowIndex)
    storePartialTile(sums, perRow: tileVectors, call, tile)
}

/// The sums of as many rows as `zeros` has; those beyond `tile.rows` repeat the last.
@inline(__always)
private func sumPartialTile<V: Lanes, let n: Int>(
    _ zeros: InlineArray<n, V>, _ tile: TilePlace, _ block: Block<V.Element>,
    _ b: UnsafePointer<V.Element>, _ bRowStride: Int, _ rowIndex: Int
) -> InlineArray<n, V> {
    let size = MemoryLayout<V.Element>.stride
    let rows = n / tileVectors
    // A strip of a packed A always has tileM rows.
    let (aRowStride, aColumnStride) =
        block.isAPacked ? (1, tileM) : (block.aRowStride, block.aColumnStride)
    return multiplyTile(
        zeros, perRow: tileVectors, k: block.k,
        a: block.a + rowIndex * (block.isAPacked ? block.k : aRowStride),
        aColumnStride: aColumnStride, b: b, bRowStride: bRowStride,
        starts: rowStarts(
            aRowStride * size, rows: block.isAPacked ? rows : tile.rows, of: rows))
}

/// `multiplyStrip` for at most W.width columns and an A that is not packed. Out of line: it is rarely
/// most of a product.
@inline(never)
private func multiplyNarrowStrip<W: TileVector>(
    _: W.Type, _ call: UnsafePointer<MatrixProduct<W.Element>>, _ strip: TilePlace,
    _ block: Block<W.Element>, _ b: UnsafePointer<W.Element>, _ bRowStride: Int
) {
    var i = 0
    while i < strip.rows {
        var tile = strip
        tile.rowIndex += i
        tile.rows = min(narrowTileM, strip.rows - i)
        let starts = rowStarts(
            block.aRowStride * MemoryLayout<W.Element>.stride, rows: tile.rows, of: narrowTileM)
        let sums = multiplyTile(
            zeroNarrowTile(W.self), perRow: 1, k: block.k, a: block.a + i * block.aRowStride,
            aColumnStride: block.aColumnStride, b: b, bRowStride: bRowStride, starts: starts)
        storePartialTile(sums, perRow: 1, call, tile)
        i += narrowTileM
    }
}
