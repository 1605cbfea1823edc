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
        let call = MatrixProduct(
            m: nOut, n: examples, k: nIn, a: .init(w, rowStride: nIn, columnStride: 1),
            b: .init(a, rowStride: aStrides.unit, columnStride: aStrides.example), c: out,
            cRowStride: outStrides.unit, epilogue: epilogue)
        return multiply(call, cStrides: outStrides)
    }

    /// dw = dz a^T / m + lambda / m * w and db, and da = w^T dz, whichever are not nil. False if memory is
    /// exhausted, and then nothing was written.
    public func backward(
        w: Input, nOut: Int, nIn: Int, examples: Int, dz: Input, dzStrides: Strides, a: Input?,
        aStrides: Strides, lambda: Double, dw: Output?, db: Output?, da: Output?,
        daStrides: Strides
    ) -> Bool {
        let scale = 1 / Double(examples)
        var inputs: (call: MatrixProduct<T>, plan: ProductPlan)?
        if let da {
            let call = MatrixProduct(
                m: nIn, n: examples, k: nOut, a: .init(w, rowStride: 1, columnStride: nIn),
                b: .init(dz, rowStride: dzStrides.unit, columnStride: dzStrides.example), c: da,
                cRowStride: daStrides.unit, epilogue: Epilogue())
            inputs = (call, plan(call, cStrides: daStrides, threads: nil))
        }
        var weights: (call: MatrixProduct<T>, plan: ProductPlan)?
        let dwStrides = Strides(unit: nIn, example: 1)
        if let a, let dw {
            var epilogue = Epilogue<T>()
            epilogue.scale = T(scale)
            if lambda != 0 { epilogue.l2Term = (w, T(lambda / Double(examples))) }
            let call = MatrixProduct(
                m: nOut, n: nIn, k: examples,
                a: .init(dz, rowStride: dzStrides.unit, columnStride: dzStrides.example),
                b: .init(a, rowStride: aStrides.example, columnStride: aStrides.unit), c: dw,
                cRowStride: dwStrides.unit, epilogue: epilogue)
            weights = (call, plan(call, cStrides: dwStrides, threads: nil))
        }
        guard let memory = CallMemory<T>(inputs?.plan, weights?.plan) else { return false }
        if let inputs { run(inputs.plan, inputs.call, cStrides: daStrides, memory) }
        if let weights { run(weights.plan, weights.call, cStrides: dwStrides, memory) }
        memory.release()
        if let db { biasGradient(dz, dzStrides, nOut: nOut, examples: examples, scale, db) }
        return true
    }

    /// db = scale times the sums of dz over the examples.
    private func biasGradient(
        _ dz: Input, _ strides: Strides, nOut: Int, examples: Int, _ scale: Double, _ db: Output
    ) {
        var unit = 0
        while strides.unit == 1 && nOut - unit >= vectorWidth {
            table.pointee.sumColumns(dz + unit, strides.example, examples, scale, db + unit)
            unit += vectorWidth
        }
        let rest = SummedRows(
            rows: nOut - unit, rowStride: strides.unit, count: examples,
            elementStride: strides.example)
        sumRows(dz + unit * strides.unit, rest) { u, sum in db[unit + u] = T(sum * scale) }
    }
}
