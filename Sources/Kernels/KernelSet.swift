import KernelInterface

/// The kernels of this module, compiled for its instruction set. The attribute keeps them in this module:
/// otherwise the importing module compiles copies of them for its own instruction set, the baseline.
@export(interface)
public func kernelSet() -> KernelSet {
    KernelSet(
        float: address(&floats), double: address(&doubles),
        elementary: { function, x in
            var (x, result) = (x, 0.0)
            elementary(F64x8.self, &x, &result, 1, function)
            return result
        }, philox: philoxWords, isFused: !isBaseline)
}

@export(interface)
public func arrayKernelSet() -> ArrayKernelSet {
    ArrayKernelSet(float: address(&arrayFloats), double: address(&arrayDoubles))
}

// Variables, because only those have a fixed address. Nothing changes them.
nonisolated(unsafe) private var floats = table(F32x16.self)
nonisolated(unsafe) private var doubles = table(F64x8.self)
nonisolated(unsafe) private var arrayFloats = arrayTable(F32x16.self)
nonisolated(unsafe) private var arrayDoubles = arrayTable(F64x8.self)

private func address<T>(_ global: UnsafeMutablePointer<T>) -> UnsafePointer<T> {
    UnsafePointer(global)
}

@inline(__always)
private func table<V: Lanes>(_: V.Type) -> KernelTable<V.Element> {
    KernelTable(
        activate: { activate(V.self, $0, $1, $2, $3) },
        activationGradient: { activationGradient(V.self, $0, $1, $2, $3, $4, $5) },
        sumOfSquares: { sumOfSquares(V.self, $0, $1) },
        sumRows: { sumRows(V.self, $0, $1, $2) },
        loss: { loss(V.self, $0, $1, $2, $3, $4) },
        outputs: { outputs(V.self, $0, $1) },
        gather: { gather(V.self, $0, $1, $2, $3) },
        dropoutUnits: { dropoutUnits(V.self, $0, $1, $2) },
        maskUnits: { maskUnits(V.self, $0, $1, $2, $3, $4) },
        multiplyUnits: { multiplyUnits(V.self, $0, $1) },
        narrowWeightGradient: { narrowWeightGradient(V.self, $0, $1, $2, $3) },
        optimize: { optimize(V.self, $0, $1, $2, $3, $4, $5) },
        penalize: { penalize(V.self, $0, $1, $2, $3, $4, $5) },
        sumOfMagnitudes: { sumOfMagnitudes(V.self, $0, $1) },
        multiply: { multiply(V.self, $0, $1, $2, $3) },
        tile: (m: tileM, n: tileVectors * V.width), contiguousRows: contiguousRows,
        blockK: V.blockK,
        scratchBytes: { productScratchBytes(V.self, m: $0, n: $1, k: $2) })
}

@inline(__always)
private func arrayTable<V: Lanes>(_: V.Type) -> ArrayKernelTable<V.Element> {
    ArrayKernelTable(
        dropout: { dropoutForward(V.self, $0, $1, $2, $3, $4) },
        applyMask: { applyMask(V.self, $0, $1, $2, $3, $4) },
        elementary: { elementary(V.self, $0, $1, $2, $3) },
        subtract: { subtract(V.self, $0, $1, $2, $3) },
        update: { update(V.self, $0, $1, $2, $3, $4) },
        crossEntropy: { crossEntropy(V.self, $0, $1, $2) },
        sumColumns: { sumColumns(V.self, $0, $1, $2, $3, $4) },
        dropoutMask: { dropoutMask($0, $1, $2) })
}
