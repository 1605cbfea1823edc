import CPlatform
import KernelInterface

extension Operations {
    /// c = finish(a b), by any strides; false if there is no working memory, and then nothing was
    /// written. An element keeps its chain of multiply-adds, and so its bits, in every case. Only
    /// outputs that lie side by side in one direction can be accumulated.
    func multiply(
        rows: Int, columns: Int, depth: Int, a: MatrixProduct<T>.Operand,
        b: MatrixProduct<T>.Operand, c: Output, cStrides: Strides, finish: Finish<T>,
        accumulates: Bool = false, finishes: Bool = true
    ) -> Bool {
        var call = MatrixProduct(
            rows: rows, columns: columns, depth: depth, a: a, b: b, c: c, cRow: cStrides.unit,
            finish: finish, accumulates: accumulates, finishes: finishes)
        let isWide = cStrides.example == 1 || columns == 1
        let isTall = cStrides.unit == 1 || rows == 1
        if isWide && multiplyAsUnits(call) { return true }
        if isTall && multiplyAsTurnedUnits(call, example: cStrides.example) { return true }
        if isWide { return divide(call) }
        if isTall {
            // Rows of the transposed product lie as vectors.
            (call.rows, call.columns) = (columns, rows)
            (call.a, call.b) = (b.transposed, a.transposed)
            call.cRow = cStrides.example
            call.finish.biasIsPerRow.toggle()
            return divide(call)
        }
        call.cRow = columns
        return multiplyApart(call, cStrides)
    }

    /// A product whose outputs do not lie side by side in either direction: it is made apart and
    /// copied to its place. `decay` is not used with such outputs.
    private func multiplyApart(_ product: MatrixProduct<T>, _ strides: Strides) -> Bool {
        let count = product.rows * product.columns
        let z = product.finish.preActivation
        guard let apart = allocate(T.self, count * (z == nil ? 1 : 2)) else { return false }
        defer { free(apart) }
        var call = product
        call.c = apart
        if z != nil { call.finish.preActivation = call.c + count }
        guard divide(call) else { return false }
        func put(_ source: Output, to target: Output) {
            let rows = UnitRows(
                data: source, units: product.rows, columns: product.columns, row: product.columns)
            copy(rows, examples: product.columns, to: target, strides)
        }
        put(call.c, to: product.c)
        if let z { put(call.c + count, to: z) }
        return true
    }

    /// Copies the first `examples` columns, of rows that lie apart, to where a caller wants them.
    func copy(_ source: UnitRows<T>, examples: Int, to target: Output, _ strides: Strides) {
        if strides.unit == 1 {
            // Turned, examples are units and units examples.
            table.pointee.gather(
                source.data, Strides(unit: 1, example: source.row),
                ExampleRange(first: 0, count: source.units, order: nil),
                UnitRows(
                    data: target, units: examples, columns: source.units, row: strides.example))
            return
        }
        for u in 0..<source.units {
            let row = source.data + u * source.row
            for e in 0..<examples { target[u * strides.unit + e * strides.example] = row[e] }
        }
    }

    /// Divides the outputs of a product among threads.
    private func divide(_ call: MatrixProduct<T>) -> Bool {
        let division = Division(
            table, rows: call.rows, columns: call.columns, depth: call.depth)
        guard let scratch = Scratch.take(division.bytes * division.parts) else { return false }
        Threads.run(parts: division.parts, (table, call, division, scratch)) { context, part in
            let division = context.pointee.2
            let range = division.range(part)
            if range.isEmpty { return }
            withUnsafePointer(to: context.pointee.1) { call in
                context.pointee.0.pointee.multiply(
                    call, division.byRows ? range : 0..<call.pointee.rows,
                    division.byRows ? 0..<call.pointee.columns : range,
                    context.pointee.3 + part * division.bytes)
            }
        }
        return true
    }

    /// Bytes of working memory that a product of these sizes takes.
    func scratchBytes(rows: Int, columns: Int, depth: Int) -> Int {
        let division = Division(table, rows: rows, columns: columns, depth: depth)
        return division.bytes * division.parts
    }

    /// Makes sure that a product of these sizes will not lack working memory on this thread.
    func reserve(rows: Int, columns: Int, depth: Int) -> Bool {
        Scratch.take(scratchBytes(rows: rows, columns: columns, depth: depth)) != nil
    }
}

/// Whether a product of these sizes has so many multiply-adds that threads are worth their while.
func isWorthThreads(_ rows: Int, _ columns: Int, _ depth: Int) -> Bool {
    Double(rows) * Double(columns) * Double(depth) >= 1e6
}

/// How a product's outputs are divided among threads: by whole tiles of its longer side.
private struct Division {
    let byRows: Bool
    let parts: Int
    /// Working memory of a part.
    let bytes: Int
    private let extent: Int
    private let share: Int

    init<T>(_ table: UnsafePointer<KernelTable<T>>, rows: Int, columns: Int, depth: Int) {
        byRows = rows > columns
        extent = byRows ? rows : columns
        let unit = byRows ? table.pointee.tile.rows : table.pointee.tile.columns
        let tiles = (extent + unit - 1) / unit
        parts = isWorthThreads(rows, columns, depth) ? min(tiles, Threads.count) : 1
        share = (tiles + parts - 1) / parts * unit
        let needed = table.pointee.scratchBytes(
            byRows ? min(share, rows) : rows, byRows ? columns : min(share, columns), depth)
        bytes = (needed + 63) / 64 * 64
    }

    func range(_ part: Int) -> Range<Int> {
        min(extent, part * share)..<min(extent, (part + 1) * share)
    }
}
