import KernelInterface

/// The source of the dropout masks of one pass: the random stream, or masks of the caller.
struct MaskSource {
    var seed: UInt64
    var step: UInt64
    /// The batch row of the first example.
    var firstRow: UInt64 = 0
    /// Per layer nil, or a mask that replaces the drawn one; rows are `maskRowStride` apart.
    var masks: UnsafePointer<UnsafePointer<UInt8>?>?
    var maskRowStride = 0

    func draw(layer: Int, keepProb: Double) -> DropoutDraw {
        DropoutDraw(
            keepProb: keepProb, seed: seed,
            stream: StreamLayout.stream(step: step, layer: UInt64(layer)), offset: firstRow)
    }
}
