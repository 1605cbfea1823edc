import KernelInterface

// The kernels for CPUs without vector registers, of floats alone: small code, few registers. The module
// is compiled under the name `Kernels`. What is elementwise is the other sets' source (links); what sums
// has loops of its own, over the same chains: each result has the same bits.

@export(interface)
public func kernelSet() -> KernelSet {
    KernelSet(
        float: address(&floats), double: nil,
        elementary: { function, x in
            let x = F64(x)
            if function == .log { return x.logOfNormal.v }
            // A subnormal learning rate is 0 to floats.
            return x.v > -F64.limits.expNormal ? x.expOfNormal.v : 0
        }, philox: philoxWords, isFused: true)
}

@export(interface)
public func arrayKernelSet() -> ArrayKernelSet {
    ArrayKernelSet(float: address(&arrayFloats), double: nil)
}

// Variables, because only those have a fixed address. Nothing changes them.
nonisolated(unsafe) private var floats = KernelTable<Float>(
    activate: { activate(F32.self, $0, $1, $2, $3) },
    activationGradient: { activationGradient(F32.self, $0, $1, $2, $3, $4, $5) },
    sumOfSquares: { sumOfSquares($0, $1) },
    sumRows: { sumRows($0, $1, $2) },
    loss: { loss(F32.self, $0, $1, $2, $3, $4) },
    outputs: { outputs(F32.self, $0, $1) },
    gather: { gather($0, $1, $2, $3) },
    dropoutUnits: { dropoutUnits($0, $1, $2) },
    maskUnits: { maskUnits(F32.self, $0, $1, $2, $3, $4) },
    multiplyUnits: { multiplyUnits($0, $1) },
    narrowWeightGradient: { narrowWeightGradient($0, $1, $2, $3) },
    optimize: { optimize(F32.self, $0, $1, $2, $3, $4, $5) },
    penalize: { penalize(F32.self, $0, $1, $2, $3, $4, $5) },
    sumOfMagnitudes: { sumOfMagnitudes($0, $1) },
    multiply: { call, rows, columns, _ in multiply(call, rows, columns) },
    tile: (m: 4, n: 4),
    blockK: F32.blockK,
    scratchBytes: { _, _, _ in 0 })
nonisolated(unsafe) private var arrayFloats = ArrayKernelTable<Float>(
    dropout: { dropout($0, $1, $2, $3, $4) },
    applyMask: { applyMask(F32.self, $0, $1, $2, $3, $4) },
    elementary: { elementary(F32.self, $0, $1, $2, $3) },
    subtract: { subtract(F32.self, $0, $1, $2, $3) },
    update: { update(F32.self, $0, $1, $2, $3, $4) }, crossEntropy: { crossEntropy($0, $1, $2) },
    sumColumns: { sumColumns($0, $1, $2, $3, $4) }, dropoutMask: { dropoutMask($0, $1, $2) })

private func address<T>(_ global: UnsafeMutablePointer<T>) -> UnsafePointer<T> {
    UnsafePointer(global)
}
