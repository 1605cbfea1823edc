import KernelInterface

// Dense layers of the C interface.

extension Operations {
    /// out = activation(W a + b), z = W a + b. False if memory is exhausted.
    public func forward(
        w: Input, b: Input, nOut: Int, nIn: Int, examples: Int, a: Input, aStrides: Strides,
        activation: Activation, z: Output?, out: Output, outStrides: Strides
    ) -> Bool {
        var epilogue = Epilogue<T>()
        epilogue.bias = b
        epilogue.preActivation = z
        epilogue.activation = activation
        var call = MatrixProduct(
            m: nOut, n: examples, k: nIn, a: .init(w, rowStride: nIn, columnStride: 1),
            b: .init(a, rowStride: aStrides.unit, columnStride: aStrides.example), c: out,
            cRowStride: outStrides.unit, epilogue: epilogue)
        return multiply(&call, cStrides: outStrides)
    }

    /// dw = dz a^T / m + lambda / m * w, and da = w^T dz, whichever are not nil. False if memory is
    /// exhausted, and then nothing was written.
    public func backward(
        w: Input, nOut: Int, nIn: Int, examples: Int, dz: Input, dzStrides: Strides, a: Input?,
        aStrides: Strides, lambda: Double, dw: Output?, da: Output?, daStrides: Strides
    ) -> Bool {
        let scale = 1 / Double(examples)
        // Made twice, for the plan and for the run: a copy of the struct takes longer.
        func inputs(_ da: Output) -> MatrixProduct<T> {
            MatrixProduct(
                m: nIn, n: examples, k: nOut, a: .init(w, rowStride: 1, columnStride: nIn),
                b: .init(dz, rowStride: dzStrides.unit, columnStride: dzStrides.example), c: da,
                cRowStride: daStrides.unit, epilogue: Epilogue())
        }
        if let da, dw == nil {
            var call = inputs(da)
            return multiply(&call, cStrides: daStrides)
        }
        let dwStrides = Strides(unit: nIn, example: 1)
        func weights(_ a: Input, _ dw: Output) -> MatrixProduct<T> {
            var epilogue = Epilogue<T>()
            epilogue.scale = T(scale)
            if lambda != 0 { epilogue.l2Term = (w, T(lambda / Double(examples))) }
            return MatrixProduct(
                m: nOut, n: nIn, k: examples,
                a: .init(dz, rowStride: dzStrides.unit, columnStride: dzStrides.example),
                b: .init(a, rowStride: aStrides.example, columnStride: aStrides.unit), c: dw,
                cRowStride: dwStrides.unit, epilogue: epilogue)
        }
        var inputPlan: ProductPlan?
        if let da {
            var call = inputs(da)
            inputPlan = plan(&call, cStrides: daStrides, threads: nil)
        }
        var weightPlan: ProductPlan?
        if let a, let dw {
            var plan = weightGradientPlan(m: nOut, n: nIn, k: examples, threads: nil)
            if plan.path == .narrowWeightGradient {
                let copied = (dzStrides.example == 1 ? 0 : nOut) + (aStrides.example == 1 ? 0 : nIn)
                let columns = Chunk<T>.columns(min(examples, Chunk<T>.maxExamples))
                plan.partBytes = copied * columns * MemoryLayout<T>.stride
            } else {
                var call = weights(a, dw)
                plan = self.plan(&call, cStrides: dwStrides, threads: nil)
            }
            weightPlan = plan
        }
        guard
            let memory = CallMemory<T>(
                bytes: max(inputPlan?.scratchBytes ?? 0, weightPlan?.scratchBytes ?? 0),
                temporaryCount: max(
                    inputPlan?.temporaryCount ?? 0, weightPlan?.temporaryCount ?? 0))
        else { return false }
        if let da, let inputPlan {
            var call = inputs(da)
            run(inputPlan, &call, cStrides: daStrides, memory)
        }
        if let a, let dw, let weightPlan {
            if weightPlan.path == .narrowWeightGradient {
                var call = weights(a, dw)
                narrowWeightGradient(&call, memory.scratch)
                let l2 = lambda == 0 ? 0 : lambda / Double(examples)
                penalize(dw, w, nOut * nIn, scale: scale, l2: l2, l1: 0)
            } else {
                var call = weights(a, dw)
                run(weightPlan, &call, cStrides: dwStrides, memory)
            }
        }
        memory.release()
        return true
    }

    /// C = A B, the sums over the examples as in a network: in chunks whose last vector is padded with 0.
    /// Contiguous examples are read in place, others are copied to `scratch`.
    private func narrowWeightGradient(
        _ call: UnsafePointer<MatrixProduct<T>>, _ scratch: UnsafeMutableRawPointer?
    ) {
        let (a, b) = (call.pointee.a, call.pointee.b)
        let k = call.pointee.k
        for first in stride(from: 0, to: k, by: Chunk<T>.maxExamples) {
            let count = min(Chunk<T>.maxExamples, k - first)
            var free = scratch?.assumingMemoryBound(to: T.self)
            func rows(_ source: Input, _ strides: Strides, units: Int) -> UnitRows<T> {
                guard strides.example != 1, let copy = free else {
                    return UnitRows(
                        data: UnsafeMutablePointer(mutating: source) + first, units: units,
                        columns: count, rowStride: strides.unit)
                }
                let rows = UnitRows(
                    data: copy, units: units, columns: count,
                    rowStride: Chunk<T>.columns(count))
                table.pointee.gather(
                    source, strides, ExampleRange(first: first, count: count, order: nil), rows)
                free = copy + rows.span
                return rows
            }
            let aStrides = Strides(unit: b.columnStride, example: b.rowStride)
            narrowWeightGradient(
                rows(
                    a.data, Strides(unit: a.rowStride, example: a.columnStride),
                    units: call.pointee.m),
                rows(b.data, aStrides, units: call.pointee.n), call.pointee.c,
                accumulates: first > 0)
        }
    }

    /// dw = dz a^T, or dw += dz a^T if `accumulates`.
    func narrowWeightGradient(
        _ dz: UnitRows<T>, _ a: UnitRows<T>, _ dw: Output, accumulates: Bool
    ) {
        withUnsafePointer(to: dz) { dz in
            withUnsafePointer(to: a) { table.pointee.narrowWeightGradient(dz, $0, dw, accumulates) }
        }
    }
}
