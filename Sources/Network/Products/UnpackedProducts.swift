import KernelInterface

// Small products: packing costs more than it saves if the weights fit the L1 cache.

extension Operations {
    /// Runs a product in the layout of `UnitRows`. `reluMaskScale` needs an unpacked plan.
    @inline(never)
    @_optimize(speed)
    func run(
        _ plan: ProductPlan, _ call: inout UnitProduct<T>, _ scratch: UnsafeMutableRawPointer?
    ) {
        if plan.path == .unpacked { return runUnpacked(plan, &call) }
        assert(plan.path == .packed && call.reluMaskScale == nil)
        var epilogue = Epilogue<T>()
        epilogue.bias = call.bias
        epilogue.activation = call.activation
        var product = MatrixProduct(
            m: call.c.units, n: call.c.columns, k: call.a.units,
            a: .init(
                call.weights, rowStride: call.rowStride, columnStride: call.columnStride),
            b: .init(call.a.data, rowStride: call.a.rowStride, columnStride: 1),
            c: call.c.data, cRowStride: call.c.rowStride, epilogue: epilogue)
        runPacked(plan, &product, scratch)
    }

    /// Runs a product of contiguous examples.
    @inline(__always)
    func runUnpacked(_ plan: ProductPlan, _ call: inout MatrixProduct<T>) {
        let a = UnitRows(
            data: UnsafeMutablePointer(mutating: call.b.data), units: call.k, columns: call.n,
            rowStride: call.b.rowStride)
        let z = call.epilogue.preActivation
        let c = UnitRows(
            data: z ?? call.c, units: call.m, columns: call.n, rowStride: call.cRowStride)
        var product = UnitProduct(call, a: a, c: c)
        runUnpacked(plan, &product)
        guard let z else { return }
        // Contiguous rows are one.
        let rows = c.rowStride == c.columns ? 1 : c.units
        for i in 0..<rows {
            table.pointee.activate(
                z + i * c.rowStride, call.c + i * c.rowStride, c.units / rows * c.columns,
                call.epilogue.activation)
        }
    }

    /// Runs a product whose examples have contiguous units and are `example` apart in C, in blocks of
    /// examples that are transposed on the way in and out.
    func runTransposedBlocks(
        _ plan: ProductPlan, _ call: inout MatrixProduct<T>, example: Int,
        _ scratch: UnsafeMutableRawPointer?
    ) {
        guard let scratch else { return }
        withUnsafePointer(to: &call) { call in
            Threads.run(parts: plan.division.parts, (self, call, plan, example, scratch)) {
                context, part in
                let (operations, call, plan, example, scratch) = context.pointee
                let memory = (scratch + part * plan.partBytes).assumingMemoryBound(to: T.self)
                let range = plan.division.columns(part)
                for first in stride(
                    from: range.lowerBound, to: range.upperBound, by: plan.blockExamples)
                {
                    let end = min(range.upperBound, first + plan.blockExamples)
                    operations.runTransposedBlock(plan, call, example, first..<end, memory)
                }
            }
        }
    }

    /// Computes some examples, with memory for the rows of A, if they are copied, and of C.
    private func runTransposedBlock(
        _ plan: ProductPlan, _ call: UnsafePointer<MatrixProduct<T>>, _ example: Int,
        _ examples: Range<Int>, _ memory: UnsafeMutablePointer<T>
    ) {
        let columns = (examples.count + vectorWidth - 1) / vectorWidth * vectorWidth
        let isInPlace = plan.path == .contiguousTransposed
        let a = UnitRows(
            data: memory, units: isInPlace ? 0 : call.pointee.k, columns: columns,
            rowStride: columns)
        let c = UnitRows(
            data: memory + a.span, units: call.pointee.m, columns: columns, rowStride: columns)
        let b = call.pointee.b
        if isInPlace {
            var product = call.pointee
            product.n = examples.count
            product.b.data += examples.lowerBound * b.columnStride
            product.c = c.data
            product.cRowStride = columns
            if product.epilogue.preActivation != nil {
                product.epilogue.preActivation = nil
                product.epilogue.activation = .identity
            }
            withUnsafePointer(to: &product) {
                table.pointee.multiply($0, 0..<c.units, 0..<examples.count, memory)
            }
        } else {
            table.pointee.gather(
                b.data, Strides(unit: b.rowStride, example: b.columnStride),
                ExampleRange(first: examples.lowerBound, count: examples.count, order: nil), a)
            var product = UnitProduct(call.pointee, a: a, c: c)
            multiply(&product, 0..<columns)
        }
        func copyOut(_ target: UnsafeMutablePointer<T>) {
            copy(
                c, examples: examples.count, to: target + examples.lowerBound * example,
                Strides(unit: 1, example: example))
        }
        if let z = call.pointee.epilogue.preActivation {
            copyOut(z)
            for u in 0..<c.units {
                let row = c.data + u * c.rowStride
                table.pointee.activate(row, row, examples.count, call.pointee.epilogue.activation)
            }
        }
        copyOut(call.pointee.c)
    }

    /// Divides the columns of a product among threads.
    private func runUnpacked(_ plan: ProductPlan, _ call: inout UnitProduct<T>) {
        assert(call.a.units <= table.pointee.blockK && call.a.columns == call.c.columns)
        let columns = call.c.columns
        if plan.division.parts == 1 { return multiply(&call, 0..<columns) }
        withUnsafePointer(to: &call) { call in
            Threads.run(parts: plan.division.parts, (table, call, plan.division)) { context, part in
                let (table, call, division) = context.pointee
                table.pointee.multiplyUnits(call, division.columns(part))
            }
        }
    }

    /// Computes some columns, at least one vector. The last vector may overlap the one before it; with a
    /// ReLU mask, which reads C, the columns must be whole vectors, as those of a network are.
    private func multiply(_ call: inout UnitProduct<T>, _ columns: Range<Int>) {
        assert(columns.count >= vectorWidth)
        assert(call.reluMaskScale == nil || columns.count % vectorWidth == 0)
        withUnsafePointer(to: &call) { table.pointee.multiplyUnits($0, columns) }
    }
}

extension UnitProduct {
    /// Leaves out the activation if the pre-activations are stored as well.
    @inline(__always)
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
