import CPlatform
import KernelInterface

// Products of few units: where the weights stay in the first-level cache as they lie, tiles are more
// work than they save.

extension Operations {
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

    /// Makes a product as one of units, examples side by side, if it is one, and small.
    func multiplyAsUnits(_ call: MatrixProduct<T>) -> Bool {
        let columnBytes = call.depth * MemoryLayout<T>.stride
        guard isOfUnits(call), call.b.column == 1,
            call.b.row.magnitude <= UInt(3 << 14 / columnBytes)
        else { return false }
        let a = UnitRows(
            data: UnsafeMutablePointer(mutating: call.b.data), units: call.depth,
            columns: call.columns, row: call.b.row)
        let z = call.finish.preActivation
        let c = UnitRows(
            data: z ?? call.c, units: call.rows, columns: call.columns, row: call.cRow)
        divide(UnitProduct(call, a: a, c: c))
        guard let z else { return true }
        // Rows that lie side by side are one.
        let rows = c.row == c.columns ? 1 : c.units
        for i in 0..<rows {
            table.pointee.activate(
                z + i * c.row, call.c + i * c.row, c.units / rows * c.columns,
                call.finish.activation)
        }
        return true
    }

    /// The same for a C whose examples lie `example` apart, the units of each side by side. What is read
    /// and written is turned, in blocks of examples that stay in the cache. False, and nothing written,
    /// if it is no such product, tiles are better, or there is no working memory: products that a network
    /// reserves memory for beforehand are not of this kind, they scale or do not finish.
    func multiplyAsTurnedUnits(_ call: MatrixProduct<T>, example: Int) -> Bool {
        guard isOfUnits(call), paysTurning(call) else { return false }
        let exampleBytes = (call.rows + call.depth) * MemoryLayout<T>.stride
        let size = max(16, min(call.columns + 15, (1 << 15) / exampleBytes) / 16 * 16)
        let blocks = (call.columns + size - 1) / size
        let isLong = isWorthThreads(call.rows, call.columns, call.depth)
        let parts = isLong ? min(blocks, Threads.count) : 1
        let share = (blocks + parts - 1) / parts * size
        let bytes = exampleBytes * size
        guard let scratch = Scratch.take(bytes * parts) else { return false }
        Threads.run(parts: parts, (self, call, example, size, share, scratch, bytes)) {
            context, part in
            let (operations, call, example, size, share, scratch, bytes) = context.pointee
            let memory = (scratch + part * bytes).assumingMemoryBound(to: T.self)
            let end = min(call.columns, (part + 1) * share)
            for first in stride(from: part * share, to: end, by: size) {
                operations.multiplyTurned(call, example, first..<min(end, first + size), memory)
            }
        }
        return true
    }

    /// Turning takes time for each unit of an example, a product for each pair of them, and longer where
    /// tiles are in part empty. The limits are measured.
    private func paysTurning(_ call: MatrixProduct<T>) -> Bool {
        call.rows == 1
            || call.rows < 2 * lanes && call.rows != lanes && call.depth <= 3 * lanes
    }

    /// Some examples, with memory for the rows of A and of C.
    private func multiplyTurned(
        _ call: MatrixProduct<T>, _ example: Int, _ examples: Range<Int>,
        _ memory: UnsafeMutablePointer<T>
    ) {
        let columns = (examples.count + lanes - 1) / lanes * lanes
        let a = UnitRows(data: memory, units: call.depth, columns: columns, row: columns)
        let c = UnitRows(data: memory + a.span, units: call.rows, columns: columns, row: columns)
        table.pointee.gather(
            call.b.data, Strides(unit: call.b.row, example: call.b.column),
            ExampleRange(first: examples.lowerBound, count: examples.count, order: nil), a)
        multiply(UnitProduct(call, a: a, c: c), 0..<columns)
        func put(_ target: UnsafeMutablePointer<T>) {
            copy(
                c, examples: examples.count, to: target + examples.lowerBound * example,
                Strides(unit: 1, example: example))
        }
        if let z = call.finish.preActivation {
            put(z)
            table.pointee.activate(c.data, c.data, c.span, call.finish.activation)
        }
        put(call.c)
    }

    /// Whether a product can be one of units, and is small.
    private func isOfUnits(_ call: MatrixProduct<T>) -> Bool {
        let finish = call.finish
        return call.columns >= lanes && isSmall(call.depth, call.rows) && !call.accumulates
            && call.finishes && finish.scale == nil && finish.decay == nil && finish.descent == nil
            && (finish.bias == nil || finish.biasIsPerRow)
    }

    /// Divides the columns of a product of units among threads.
    private func divide(_ call: UnitProduct<T>) {
        let columns = call.c.columns
        if !isWorthThreads(call.c.units, call.a.units, columns) {
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
}

extension UnitProduct {
    /// Without the activation, if what is before it is wanted, too.
    fileprivate init(
        _ call: MatrixProduct<Element>, a: UnitRows<Element>, c: UnitRows<Element>
    ) {
        self.init(weights: call.a.data, row: call.a.row, step: call.a.column, a: a, c: c)
        bias = call.finish.bias
        if call.finish.preActivation == nil { activation = call.finish.activation }
    }
}
