import CLanes
import KernelInterface

// Products of a few rows whose operands are both contiguous along k: read in place, with the chains of the packed ones.

/// Rows of A up to which operands that are both contiguous along k are read in place, and the columns of B transposed
/// in registers: packed, they would be used too few times. Tiles have `few` rows or `max`.
@inline(__always) var contiguousRows: (few: Int, max: Int) { tileM == 12 ? (4, 10) : (0, 0) }

/// A product of at most `contiguousRows.max` rows that is contiguous along k. Tiles are one vector wide.
@inline(never)
func multiplyContiguous<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ rows: Range<Int>,
    _ columns: Range<Int>
) {
    let (a, b) = (call.pointee.a, call.pointee.b)
    var p = 0
    while p < call.pointee.k {
        let k = min(V.blockK, call.pointee.k - p)
        var tile = TilePlace(
            rowIndex: rows.lowerBound, columnIndex: columns.lowerBound, rows: rows.count,
            columns: V.width, isFirst: p == 0 && !call.pointee.accumulates,
            isLast: p + k == call.pointee.k && call.pointee.appliesEpilogue)
        while tile.columnIndex < columns.upperBound {
            tile.columns = min(V.width, columns.upperBound - tile.columnIndex)
            let block = ContiguousBlock(
                k: k, a: a.data + tile.rowIndex * a.rowStride + p, aRowStride: a.rowStride,
                b: b.data + tile.columnIndex * b.columnStride + p, bColumnStride: b.columnStride)
            if tile.rows <= contiguousRows.few {
                multiplyFourContiguousRows(V.self, call, tile, block)
            } else {
                multiplyTenContiguousRows(V.self, call, tile, block)
            }
            if tile.isLast { activateRows(V.self, call, tile) }
            tile.columnIndex += V.width
        }
        p += k
    }
}

/// The rows of A and the columns of B of a tile.
private struct ContiguousBlock<Element> {
    let k: Int
    let a: UnsafePointer<Element>
    let aRowStride: Int
    let b: UnsafePointer<Element>
    let bColumnStride: Int
}

@inline(never)
private func multiplyFourContiguousRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ tile: TilePlace,
    _ block: ContiguousBlock<V.Element>
) {
    let o = V(0)
    storePartialTile(sumContiguous([o, o, o, o], tile, block), perRow: 1, call, tile)
}

@inline(never)
private func multiplyTenContiguousRows<V: Lanes>(
    _: V.Type, _ call: UnsafePointer<MatrixProduct<V.Element>>, _ tile: TilePlace,
    _ block: ContiguousBlock<V.Element>
) {
    let o = V(0)
    let sums = sumContiguous([o, o, o, o, o, o, o, o, o, o], tile, block)
    storePartialTile(sums, perRow: 1, call, tile)
}

/// The addresses of `count` columns, and of the last one again for the rest of a vector. Out of line: otherwise the
/// compiler computes each address again in the loop over k.
@inline(never)
private func setColumns<Element>(
    _ columns: UnsafeMutablePointer<UnsafePointer<Element>?>, of width: Int,
    first: UnsafePointer<Element>, count: Int, stride: Int
) {
    var next = first
    for i in 0..<width {
        columns[i] = next
        if i < count - 1 { next += stride }
        lanes_barrier()
    }
}

/// The sums of as many rows as `zeros` has; those beyond `tile.rows` repeat the last. The columns of B are transposed
/// four steps of k at a time.
@inline(__always)
private func sumContiguous<V: Lanes, let n: Int>(
    _ zeros: InlineArray<n, V>, _ tile: TilePlace, _ block: ContiguousBlock<V.Element>
) -> InlineArray<n, V> {
    let (k, a) = (block.k, block.a)
    let starts = rowStarts(
        block.aRowStride * MemoryLayout<V.Element>.stride, rows: tile.rows, of: n)
    var pointers: InlineArray<16, UnsafePointer<V.Element>?> = [
        nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil,
    ]
    withUnsafeMutableBytes(of: &pointers) {
        setColumns(
            $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(
                to: UnsafePointer<V.Element>?.self),
            of: V.width, first: block.b, count: tile.columns, stride: block.bColumnStride)
    }
    let o = V(0)
    var sums = zeros
    var b: InlineArray<4, V> = [o, o, o, o]
    @inline(__always) func loadColumns(_ p: Int) {
        withUnsafeBytes(of: &pointers) { pointers in
            withUnsafeMutableBytes(of: &b) {
                V.transpose(
                    pointers.baseAddress.unsafelyUnwrapped.assumingMemoryBound(
                        to: UnsafePointer<V.Element>?.self), at: p,
                    to: $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: V.Element.self),
                    width: V.width)
            }
        }
    }
    var p = 0
    while k - p >= 4 {
        loadColumns(p)
        let (b0, b1, b2, b3) = (b[0], b[1], b[2], b[3])
        @inline(__always) func addRow(_ i: Int) {
            // One address for four steps.
            let row = lanes_opaque_address(UnsafeRawPointer(a + p) + starts[i])
                .unsafelyUnwrapped.assumingMemoryBound(to: V.Element.self)
            sums[i] = sums[i].addingProduct(V(row[0]), b0).addingProduct(V(row[1]), b1)
                .addingProduct(V(row[2]), b2).addingProduct(V(row[3]), b3)
        }
        // A longer loop would not be unrolled, and its sums would be kept in memory.
        for i in 0..<min(5, n) { addRow(i) }
        for i in 5..<max(5, n) { addRow(i) }
        p += 4
    }
    if p < k {
        // The last four steps, without those that were done.
        loadColumns(k - 4)
        withUnsafeBytes(of: &b) {
            let b = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: V.self)
            while p < k {
                let column = b[p - (k - 4)]
                @inline(__always) func addRow(_ i: Int) {
                    let x = UnsafeRawPointer(a + p).load(
                        fromByteOffset: starts[i], as: V.Element.self)
                    sums[i] = sums[i].addingProduct(V(x), column)
                }
                for i in 0..<min(5, n) { addRow(i) }
                for i in 5..<max(5, n) { addRow(i) }
                p += 1
            }
        }
    }
    return sums
}
