import KernelInterface

/// The kernels of this module, compiled for its instruction set. The attribute keeps them here:
/// otherwise the importing module would compile copies of its own, for its own, the baseline.
@export(interface)
public func kernelSet() -> KernelSet {
    KernelSet(
        float: place(&floats), double: place(&doubles), dropoutMask: dropoutMask,
        philox: philoxWords, isFused: !isBaseline)
}

// Variables, because those have one address. Nothing changes them.
nonisolated(unsafe) private var floats = table(F32x16.self)
nonisolated(unsafe) private var doubles = table(F64x8.self)

private func place<T>(_ global: UnsafeMutablePointer<T>) -> UnsafePointer<T> {
    UnsafePointer(global)
}

@inline(__always)
private func table<V: Lanes>(_: V.Type) -> KernelTable<V.Element> {
    KernelTable(
        dropout: { dropoutForward(V.self, $0, $1, $2, $3, $4) },
        applyMask: { applyMask(V.self, $0, $1, $2, $3, $4) },
        activate: { activate(V.self, $0, $1, $2, $3) },
        elementary: { elementary(V.self, $0, $1, $2, $3) },
        activationGradient: { activationGradient(V.self, $0, $1, $2, $3, $4, $5) },
        subtract: { subtract(V.self, $0, $1, $2, $3) },
        update: { update(V.self, $0, $1, $2, $3, $4) },
        crossEntropy: { crossEntropy(V.self, $0, $1, $2) },
        sumOfSquares: { sumOfSquares(V.self, $0, $1) },
        sumColumns: { sumColumns(V.self, $0, $1, $2, $3, $4) },
        sumRows: { sumRows(V.self, $0, $1, $2) },
        loss: { loss(V.self, $0, $1, $2, $3, $4) },
        outputs: { outputs(V.self, $0, $1) },
        gather: { gather(V.self, $0, $1, $2, $3) },
        dropoutUnits: { dropoutUnits(V.self, $0, $1, $2) },
        maskUnits: { maskUnits(V.self, $0, $1, $2, $3, $4) },
        multiplyUnits: { multiplyUnits(V.self, $0.pointee, $1) },
        pairRows: { pairRows(V.self, $0, $1, $2, $3) },
        optimize: { optimize(V.self, $0, $1, $2, $3, $4, $5) },
        penalize: { penalize(V.self, $0, $1, $2, $3, $4, $5) },
        sumOfMagnitudes: { sumOfMagnitudes(V.self, $0, $1) },
        multiply: { multiply(V.self, $0, $1, $2, $3) },
        tile: (tileRows, tileVectors * V.width),
        chainDepth: V.chainDepth,
        scratchBytes: { productScratchBytes(V.self, rows: $0, columns: $1, depth: $2) })
}
