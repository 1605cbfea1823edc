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
        return multiply(
            m: nOut, n: examples, k: nIn, a: .init(w, rowStride: nIn, columnStride: 1),
            b: .init(a, rowStride: aStrides.unit, columnStride: aStrides.example), c: out,
            cStrides: outStrides,
            epilogue: epilogue)
    }

    /// dw = dz a^T / m + lambda / m * w, and db. False if memory is exhausted.
    public func weightGradient(
        w: Input, nOut: Int, nIn: Int, examples: Int, dz: Input, dzStrides: Strides, a: Input,
        aStrides: Strides, lambda: Double, dw: Output, db: Output
    ) -> Bool {
        let scale = 1 / Double(examples)
        var epilogue = Epilogue<T>()
        epilogue.scale = T(scale)
        if lambda != 0 { epilogue.l2Term = (w, T(lambda / Double(examples))) }
        let done = multiply(
            m: nOut, n: nIn, k: examples,
            a: .init(dz, rowStride: dzStrides.unit, columnStride: dzStrides.example),
            b: .init(a, rowStride: aStrides.example, columnStride: aStrides.unit), c: dw,
            cStrides: Strides(unit: nIn, example: 1), epilogue: epilogue)
        guard done else { return false }
        var unit = 0
        while dzStrides.unit == 1 && nOut - unit >= vectorWidth {
            table.pointee.sumColumns(dz + unit, dzStrides.example, examples, scale, db + unit)
            unit += vectorWidth
        }
        let rest = SummedRows(
            rows: nOut - unit, rowStride: dzStrides.unit, count: examples,
            elementStride: dzStrides.example)
        sumRows(dz + unit * dzStrides.unit, rest) { u, sum in db[unit + u] = T(sum * scale) }
        return true
    }

    /// Allocates the scratch memory of `weightGradient`, so that it cannot fail.
    public func reserveWeightGradient(nOut: Int, nIn: Int, examples: Int) -> Bool {
        reserve(m: nOut, n: nIn, k: examples)
    }

    /// da = w^T dz. False if memory is exhausted.
    public func inputGradient(
        w: Input, nOut: Int, nIn: Int, examples: Int, dz: Input, dzStrides: Strides, da: Output,
        daStrides: Strides
    ) -> Bool {
        multiply(
            m: nIn, n: examples, k: nOut, a: .init(w, rowStride: 1, columnStride: nIn),
            b: .init(dz, rowStride: dzStrides.unit, columnStride: dzStrides.example), c: da,
            cStrides: daStrides, epilogue: Epilogue())
    }
}
