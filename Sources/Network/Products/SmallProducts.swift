import CPlatform
import KernelInterface

// Products of few units: packing costs more than it saves if the weights fit the L1 cache.

extension Operations {
    /// Computes a product in the layout of `UnitRows`; false if memory is exhausted. `reluMaskScale` needs `isSmall`.
    func multiply(_ call: UnitProduct<T>) -> Bool {
        if !isSmall(call) {
            var epilogue = Epilogue<T>()
            epilogue.bias = call.bias
            epilogue.activation = call.activation
            return multiply(
                m: call.c.units, n: call.c.columns, k: call.a.units,
                a: .init(call.weights, rowStride: call.rowStride, columnStride: call.columnStride),
                b: .init(call.a.data, rowStride: call.a.rowStride, columnStride: 1), c: call.c.data,
                cStrides: Strides(unit: call.c.rowStride, example: 1), epilogue: epilogue)
        }
        divide(call)
        return true
    }

    /// Computes a product as a `UnitProduct` if it is small and its examples are contiguous; else false.
    func multiplyAsUnits(_ call: MatrixProduct<T>) -> Bool {
        let columnBytes = call.k * MemoryLayout<T>.stride
        guard isOfUnits(call), call.b.columnStride == 1,
            call.b.rowStride.magnitude <= UInt(3 << 14 / columnBytes)
        else { return false }
        let a = UnitRows(
            data: UnsafeMutablePointer(mutating: call.b.data), units: call.k,
            columns: call.n, rowStride: call.b.rowStride)
        let z = call.epilogue.preActivation
        let c = UnitRows(
            data: z ?? call.c, units: call.m, columns: call.n, rowStride: call.cRowStride)
        divide(UnitProduct(call, a: a, c: c))
        guard let z else { return true }
        // Contiguous rows are one.
        let rows = c.rowStride == c.columns ? 1 : c.units
        for i in 0..<rows {
            table.pointee.activate(
                z + i * c.rowStride, call.c + i * c.rowStride, c.units / rows * c.columns,
                call.epilogue.activation)
        }
        return true
    }

    /// Computes a product as `UnitProduct`s if it is small and the units of each example of C are contiguous,
    /// examples `example` apart. A and C are transposed in blocks of examples that fit the cache. False,
    /// and nothing written, if tiles are better or memory is exhausted. A network never takes this path:
    /// its products have a scale or leave out the epilogue.
    func multiplyTransposedUnits(_ call: MatrixProduct<T>, example: Int) -> Bool {
        guard isOfUnits(call), isWorthTransposing(call) else { return false }
        let exampleBytes = (call.m + call.k) * MemoryLayout<T>.stride
        let size = max(16, min(call.n + 15, (1 << 15) / exampleBytes) / 16 * 16)
        let blocks = (call.n + size - 1) / size
        let parts = isWorthThreads(call.m, call.n, call.k) ? min(blocks, Threads.count) : 1
        let share = (blocks + parts - 1) / parts * size
        let bytes = exampleBytes * size
        guard let scratch = Scratch.take(bytes * parts) else { return false }
        Threads.run(parts: parts, (self, call, example, size, share, scratch, bytes)) {
            context, part in
            let (operations, call, example, size, share, scratch, bytes) = context.pointee
            let memory = (scratch + part * bytes).assumingMemoryBound(to: T.self)
            let end = min(call.n, (part + 1) * share)
            for first in stride(from: part * share, to: end, by: size) {
                operations.multiplyTransposedBlock(
                    call, example, first..<min(end, first + size), memory)
            }
        }
        return true
    }

    /// Whether transposing pays: its time grows with the units of an example, that of the product with the
    /// pairs of units and with empty parts of tiles. The limits are measured.
    private func isWorthTransposing(_ call: MatrixProduct<T>) -> Bool {
        call.m == 1
            || call.m < 2 * vectorWidth && call.m != vectorWidth && call.k <= 3 * vectorWidth
    }

    /// Computes some examples, with memory for the rows of A and of C.
    private func multiplyTransposedBlock(
        _ call: MatrixProduct<T>, _ example: Int, _ examples: Range<Int>,
        _ memory: UnsafeMutablePointer<T>
    ) {
        let columns = (examples.count + vectorWidth - 1) / vectorWidth * vectorWidth
        let a = UnitRows(data: memory, units: call.k, columns: columns, rowStride: columns)
        let c = UnitRows(data: memory + a.span, units: call.m, columns: columns, rowStride: columns)
        table.pointee.gather(
            call.b.data, Strides(unit: call.b.rowStride, example: call.b.columnStride),
            ExampleRange(first: examples.lowerBound, count: examples.count, order: nil), a)
        multiply(UnitProduct(call, a: a, c: c), 0..<columns)
        func copyOut(_ target: UnsafeMutablePointer<T>) {
            copy(
                c, examples: examples.count, to: target + examples.lowerBound * example,
                Strides(unit: 1, example: example))
        }
        if let z = call.epilogue.preActivation {
            copyOut(z)
            table.pointee.activate(c.data, c.data, c.span, call.epilogue.activation)
        }
        copyOut(call.c)
    }

    /// Whether a product is small and can be a `UnitProduct`.
    private func isOfUnits(_ call: MatrixProduct<T>) -> Bool {
        let epilogue = call.epilogue
        return call.n >= vectorWidth && isSmall(call.k, call.m) && !call.accumulates
            && call.appliesEpilogue && epilogue.scale == nil && epilogue.l2Term == nil
            && epilogue.fusedUpdate == nil
            && (epilogue.bias == nil || epilogue.biasIsPerRow)
    }

    /// Divides the columns of a `UnitProduct` among threads.
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

    /// Computes some columns, at least one vector. The last vector may overlap the one before it; with a ReLU
    /// mask, which reads C, the columns must be whole vectors, as those of a network are.
    private func multiply(_ call: UnitProduct<T>, _ columns: Range<Int>) {
        let whole = columns.lowerBound + columns.count / vectorWidth * vectorWidth
        withUnsafePointer(to: call) {
            table.pointee.multiplyUnits($0, columns.lowerBound..<whole)
            if whole < columns.upperBound {
                table.pointee.multiplyUnits(
                    $0, columns.upperBound - vectorWidth..<columns.upperBound)
            }
        }
    }

    /// Whether the weights of a product fit the L1 cache without packing, and k is at most blockK, so that the
    /// bits are those of a packed product.
    func isSmall(_ call: UnitProduct<T>) -> Bool { isSmall(call.a.units, call.c.units) }

    func isSmall(_ unitsBelow: Int, _ units: Int) -> Bool {
        unitsBelow <= table.pointee.blockK && unitsBelow * units <= 1 << 14
    }
}

extension UnitProduct {
    /// Leaves out the activation if the pre-activations are stored as well.
    fileprivate init(
        _ call: MatrixProduct<Element>, a: UnitRows<Element>, c: UnitRows<Element>
    ) {
        self.init(
            weights: call.a.data, rowStride: call.a.rowStride, columnStride: call.a.columnStride,
            a: a, c: c)
        bias = call.epilogue.bias
        if call.epilogue.preActivation == nil { activation = call.epilogue.activation }
    }
}
