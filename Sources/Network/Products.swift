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
        if cStrides.example == 1 || columns == 1 {
            let call = MatrixProduct(
                rows: rows, columns: columns, depth: depth, a: a, b: b, c: c,
                cRow: cStrides.unit, finish: finish, accumulates: accumulates, finishes: finishes)
            return multiplyAsUnits(call) || divide(call)
        }
        if cStrides.unit == 1 || rows == 1 {
            // Rows of the transposed product lie as vectors.
            var finish = finish
            finish.biasIsPerRow.toggle()
            return divide(
                MatrixProduct(
                    rows: columns, columns: rows, depth: depth, a: b.transposed, b: a.transposed,
                    c: c, cRow: cStrides.example, finish: finish, accumulates: accumulates,
                    finishes: finishes))
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

    /// c = W a for units and examples side by side, with what `UnitProduct` can do beside. False if
    /// there is no working memory. A gate needs `isSmall`.
    func multiply(_ call: UnitProduct<T>) -> Bool {
        if !isSmall(call) {
            var finish = Finish<T>()
            finish.bias = call.bias
            finish.activation = call.activation
            return multiply(
                rows: call.c.units, columns: call.c.columns, depth: call.a.units,
                a: .init(call.weights, row: call.row, column: call.step),
                b: .init(call.a.data, row: call.a.row, column: 1), c: call.c.data,
                cStrides: Strides(unit: call.c.row, example: 1), finish: finish)
        }
        divide(call)
        return true
    }

    /// Makes a product as one of units, examples side by side, if it is one, and small: where whatever
    /// it reads stays in the first-level cache as it lies, tiles are more work than they save.
    private func multiplyAsUnits(_ call: MatrixProduct<T>) -> Bool {
        let finish = call.finish
        let columnBytes = call.depth * MemoryLayout<T>.stride
        guard call.b.column == 1, call.columns >= lanes, isSmall(call.depth, call.rows),
            abs(call.b.row) <= 3 << 14 / columnBytes, !call.accumulates, call.finishes,
            finish.scale == nil, finish.decay == nil, finish.descent == nil,
            finish.bias == nil || finish.biasIsPerRow
        else { return false }
        let a = UnitRows(
            data: UnsafeMutablePointer(mutating: call.b.data), units: call.depth,
            columns: call.columns, row: call.b.row)
        let c = UnitRows(data: call.c, units: call.rows, columns: call.columns, row: call.cRow)
        var product = UnitProduct(
            weights: call.a.data, row: call.a.row, step: call.a.column, a: a, c: c)
        product.bias = finish.bias
        guard let z = finish.preActivation else {
            product.activation = finish.activation
            divide(product)
            return true
        }
        product.c.data = z
        divide(product)
        // Rows that lie side by side are one.
        let rows = c.row == c.columns ? 1 : c.units
        for i in 0..<rows {
            table.pointee.activate(
                z + i * c.row, c.data + i * c.row, c.units / rows * c.columns, finish.activation)
        }
        return true
    }

    /// Divides the columns of a product of units among threads.
    private func divide(_ call: UnitProduct<T>) {
        let columns = call.c.columns
        if call.c.units * call.a.units * columns < 1 << 20 {
            return multiply(call, 0..<columns)
        }
        let parts = max(1, columns / 64)
        Threads.run(parts: parts, (self, call, parts)) { context, part in
            let (operations, call, parts) = context.pointee
            let end = part == parts - 1 ? call.c.columns : part * 64 + 64
            operations.multiply(call, part * 64..<end)
        }
    }

    /// Some columns, at least one vector of them: the last vector may overlap that before it. Not with
    /// a gate, which would read what was written: `UnitRows` of a network are whole vectors.
    private func multiply(_ call: UnitProduct<T>, _ columns: Range<Int>) {
        let whole = columns.lowerBound + columns.count / lanes * lanes
        withUnsafePointer(to: call) {
            table.pointee.multiplyUnits($0, columns.lowerBound..<whole)
            if whole < columns.upperBound {
                table.pointee.multiplyUnits($0, columns.upperBound - lanes..<columns.upperBound)
            }
        }
    }

    /// Whether the weights of a product stay in the cache as they lie, and its chains are not
    /// divided: then packing would only cost, and the bits are the same.
    func isSmall(_ call: UnitProduct<T>) -> Bool { isSmall(call.a.units, call.c.units) }

    func isSmall(_ unitsBelow: Int, _ units: Int) -> Bool {
        unitsBelow <= table.pointee.chainDepth && unitsBelow * units <= 1 << 14
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
        let work = Double(rows) * Double(columns) * Double(depth)
        parts = work < 1e6 ? 1 : min(tiles, Threads.count)
        share = (tiles + parts - 1) / parts * unit
        let needed = table.pointee.scratchBytes(
            byRows ? min(share, rows) : rows, byRows ? columns : min(share, columns), depth)
        bytes = (needed + 63) / 64 * 64
    }

    func range(_ part: Int) -> Range<Int> {
        min(extent, part * share)..<min(extent, (part + 1) * share)
    }
}
