import CPlatform
import KernelInterface

extension Operations {
    /// c = finish(a b), by any strides; false if there is no working memory, and then nothing was
    /// written. An element keeps its chain of multiply-adds, and so its bits, in every case.
    func multiply(
        rows: Int, columns: Int, depth: Int, a: MatrixProduct<T>.Operand,
        b: MatrixProduct<T>.Operand, c: Output, cStrides: Strides, finish: Finish<T>
    ) -> Bool {
        if cStrides.example == 1 || columns == 1 {
            return divide(
                MatrixProduct(
                    rows: rows, columns: columns, depth: depth, a: a, b: b, c: c,
                    cRow: cStrides.unit, finish: finish))
        }
        if cStrides.unit == 1 || rows == 1 {
            // Rows of the transposed product lie as vectors.
            var finish = finish
            finish.biasIsPerRow.toggle()
            return divide(
                MatrixProduct(
                    rows: columns, columns: rows, depth: depth, a: b.transposed, b: a.transposed,
                    c: c, cRow: cStrides.example, finish: finish))
        }
        return multiplyApart(
            MatrixProduct(
                rows: rows, columns: columns, depth: depth, a: a, b: b, c: c, cRow: columns,
                finish: finish), cStrides)
    }

    /// A product whose outputs do not lie side by side in either direction: it is made apart and
    /// copied to its place. `decay` is not used with such outputs.
    private func multiplyApart(_ product: MatrixProduct<T>, _ strides: Strides) -> Bool {
        let count = product.rows * product.columns
        let z = product.finish.preActivation
        guard let apart = malloc(count * (z == nil ? 1 : 2) * MemoryLayout<T>.stride) else {
            return false
        }
        defer { free(apart) }
        var call = product
        call.c = apart.assumingMemoryBound(to: T.self)
        if z != nil { call.finish.preActivation = call.c + count }
        guard divide(call) else { return false }
        func copy(_ source: Output, to target: Output) {
            for i in 0..<product.rows {
                for j in 0..<product.columns {
                    target[i * strides.unit + j * strides.example] = source[i * product.columns + j]
                }
            }
        }
        copy(call.c, to: product.c)
        if let z { copy(call.c + count, to: z) }
        return true
    }

    /// Divides the outputs of a product among threads.
    private func divide(_ call: MatrixProduct<T>) -> Bool {
        let byRows = call.rows > call.columns
        let extent = byRows ? call.rows : call.columns
        let unit = byRows ? table.pointee.tile.rows : table.pointee.tile.columns
        let tiles = (extent + unit - 1) / unit
        let work = Double(call.rows) * Double(call.columns) * Double(call.depth)
        let parts = work < 1e6 ? 1 : min(tiles, Threads.count)
        let share = (tiles + parts - 1) / parts * unit
        let bytes =
            (table.pointee.scratchBytes(
                byRows ? min(share, call.rows) : call.rows,
                byRows ? call.columns : min(share, call.columns), call.depth) + 63) / 64 * 64
        guard let scratch = Scratch.take(bytes * parts) else { return false }
        withUnsafePointer(to: call) { call in
            Threads.run(parts: parts) { part in
                let range = min(extent, part * share)..<min(extent, (part + 1) * share)
                if range.isEmpty { return }
                table.pointee.multiply(
                    call, byRows ? range : 0..<call.pointee.rows,
                    byRows ? 0..<call.pointee.columns : range, scratch + part * bytes)
            }
        }
        return true
    }
}
