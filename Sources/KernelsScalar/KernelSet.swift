import KernelInterface

// The kernels for CPUs without vector registers, of floats alone: small code, few registers. The module
// is compiled under the name `Kernels`. What is elementwise is the other sets' source (links); what sums
// has loops of its own, over the same chains: each result has the same bits.

/// The kernels of networks. Those that only functions of arrays call do nothing: a linker leaves them out of a
/// program without such functions.
@export(interface)
public func kernelSet() -> KernelSet {
    KernelSet(
        float: address(&networkFloats), double: address(&doubles), dropoutMask: { _, _, _ in },
        philox: philoxWords, isFused: true)
}

/// All kernels of this module.
@export(interface)
public func arrayKernelSet() -> KernelSet {
    KernelSet(
        float: address(&floats), double: address(&doubles), dropoutMask: dropoutMask,
        philox: philoxWords, isFused: true)
}

// Variables, because only those have a fixed address. Nothing changes them.
nonisolated(unsafe) private var networkFloats = table(
    dropout: { _, _, _, _, _ in }, applyMask: { _, _, _, _, _ in }, elementary: { _, _, _, _ in },
    subtract: { _, _, _, _ in }, update: { _, _, _, _, _ in }, crossEntropy: { _, _, _ in (0, 0) },
    sumColumns: { _, _, _, _, _ in })
nonisolated(unsafe) private var floats = table(
    dropout: { dropout($0, $1, $2, $3, $4) },
    applyMask: { applyMask(F32.self, $0, $1, $2, $3, $4) },
    elementary: { elementary(F32.self, $0, $1, $2, $3) },
    subtract: { subtract(F32.self, $0, $1, $2, $3) },
    update: { update(F32.self, $0, $1, $2, $3, $4) }, crossEntropy: { crossEntropy($0, $1, $2) },
    sumColumns: { sumColumns($0, $1, $2, $3, $4) })
nonisolated(unsafe) private var doubles = noDoubles()

private typealias Input = UnsafePointer<Float>
private typealias Output = UnsafeMutablePointer<Float>

private func address<T>(_ global: UnsafeMutablePointer<T>) -> UnsafePointer<T> {
    UnsafePointer(global)
}

/// The kernels of networks, and those that only functions of arrays call.
@inline(__always)
private func table(
    dropout:
        @escaping @Sendable (Input, Output, UnsafeMutablePointer<UInt8>?, Int, DropoutDraw) ->
        Void,
    applyMask: @escaping @Sendable (Input, UnsafePointer<UInt8>, Output, Int, Double) -> Void,
    elementary: @escaping @Sendable (Input, Output, Int, ElementaryFunction) -> Void,
    subtract: @escaping @Sendable (Input, Input, Output, Int) -> Void,
    update: @escaping @Sendable (Input, Input, Output, Int, Double) -> Void,
    crossEntropy: @escaping @Sendable (Input, Input, Int) -> (sum: Double, ignored: Int),
    sumColumns: @escaping @Sendable (Input, Int, Int, Double, Output) -> Void
) -> KernelTable<Float> {
    KernelTable(
        dropout: dropout,
        applyMask: applyMask,
        activate: { activate(F32.self, $0, $1, $2, $3) },
        elementary: elementary,
        activationGradient: { activationGradient(F32.self, $0, $1, $2, $3, $4, $5) },
        subtract: subtract,
        update: update,
        crossEntropy: crossEntropy,
        sumOfSquares: { sumOfSquares($0, $1) },
        sumColumns: sumColumns,
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
}

/// A library with these kernels has no function over doubles. The schedule of the learning rate calls log of
/// one number that is at least 1, and exp of one that is at most 0.
private func noDoubles() -> KernelTable<Double> {
    KernelTable(
        dropout: { _, _, _, _, _ in }, applyMask: { _, _, _, _, _ in },
        activate: { _, _, _, _ in },
        elementary: { x, out, _, function in
            let x = F64(x.pointee)
            if function == .log {
                out.pointee = x.logOfNormal.v
            } else {
                // A subnormal learning rate is 0 to floats.
                out.pointee = x.v > -F64.limits.expNormal ? x.expOfNormal.v : 0
            }
        },
        activationGradient: { _, _, _, _, _, _ in }, subtract: { _, _, _, _ in },
        update: { _, _, _, _, _ in }, crossEntropy: { _, _, _ in (0, 0) },
        sumOfSquares: { _, _ in 0 }, sumColumns: { _, _, _, _, _ in }, sumRows: { _, _, _ in },
        loss: { _, _, _, _, _ in 0 }, outputs: { _, _ in }, gather: { _, _, _, _ in },
        dropoutUnits: { _, _, _ in }, maskUnits: { _, _, _, _, _ in },
        multiplyUnits: { _, _ in }, narrowWeightGradient: { _, _, _, _ in },
        optimize: { _, _, _, _, _, _ in }, penalize: { _, _, _, _, _, _ in },
        sumOfMagnitudes: { _, _ in 0 }, multiply: { _, _, _, _ in }, tile: (m: 1, n: 1),
        blockK: F64.blockK, scratchBytes: { _, _, _ in 0 })
}
