import KernelInterface

/// The kernels that only functions of arrays call, divided among threads. Arguments are trusted: the boundary has
/// checked them.
public struct ArrayOperations<T: Scalar>: @unchecked Sendable {
    public typealias Input = UnsafePointer<T>
    public typealias Output = UnsafeMutablePointer<T>

    /// What functions of arrays share with networks.
    public let operations: Operations<T>
    private let table: UnsafePointer<ArrayKernelTable<T>>

    public init(_ runtime: UnsafePointer<Runtime>) {
        operations = Operations(runtime)
        table = T.table(of: runtime.pointee.arrayKernels)
    }

    public func dropout(
        _ a: Input, _ out: Output, _ mask: UnsafeMutablePointer<UInt8>?, _ count: Int,
        _ draw: DropoutDraw
    ) {
        forEachPart(count, (table, a, out, mask, draw)) { context, i, n in
            let (table, a, out, mask, draw) = context
            table.pointee.dropout(a + i, out + i, mask.map { $0 + i }, n, draw.advanced(by: i))
        }
    }

    public func applyMask(
        _ a: Input, _ mask: UnsafePointer<UInt8>, _ out: Output, _ count: Int, keepProb: Double
    ) {
        forEachPart(count, (table, a, mask, out, 1 / keepProb)) { context, i, n in
            let (table, a, mask, out, scale) = context
            table.pointee.applyMask(a + i, mask + i, out + i, n, scale)
        }
    }

    public func elementary(
        _ x: Input, _ out: Output, _ count: Int, _ function: ElementaryFunction
    ) {
        forEachPart(count, (table, x, out, function)) { context, i, n in
            let (table, x, out, function) = context
            table.pointee.elementary(x + i, out + i, n, function)
        }
    }

    public func dropoutMask(
        _ mask: UnsafeMutablePointer<UInt8>, _ count: Int, _ draw: DropoutDraw
    ) {
        forEachPart(count, (table, mask, draw)) { context, i, n in
            let (table, mask, draw) = context
            table.pointee.dropoutMask(mask + i, n, draw.advanced(by: i))
        }
    }

    public func subtract(_ a: Input, _ y: Input, _ dz: Output, _ count: Int) {
        forEachPart(count, (table, a, y, dz)) { context, i, n in
            let (table, a, y, dz) = context
            table.pointee.subtract(a + i, y + i, dz + i, n)
        }
    }

    public func update(_ w: Input, _ dw: Input, _ out: Output, _ count: Int, rate: Double) {
        forEachPart(count, (table, w, dw, out, rate)) { context, i, n in
            let (table, w, dw, out, rate) = context
            table.pointee.update(w + i, dw + i, out + i, n, rate)
        }
    }

    public func crossEntropy(_ a: Input, _ y: Input, _ count: Int) -> (sum: Double, ignored: Int) {
        var sum = BlockSum()
        var ignored = 0
        forEachBlock(count) { i, n in
            let part = table.pointee.crossEntropy(a + i, y + i, n)
            sum.add(part.sum)
            ignored += part.ignored
        }
        return (sum.total, ignored)
    }

    /// db = the means of dz over the examples.
    public func biasGradient(
        _ dz: Input, _ strides: Strides, nOut: Int, examples: Int, _ db: Output
    ) {
        let (scale, width) = (1 / Double(examples), operations.vectorWidth)
        var unit = 0
        while strides.unit == 1 && nOut - unit >= width {
            table.pointee.sumColumns(dz + unit, strides.example, examples, scale, db + unit)
            unit += width
        }
        let rest = SummedRows(
            rows: nOut - unit, rowStride: strides.unit, count: examples,
            elementStride: strides.example)
        operations.sumRows(dz + unit * strides.unit, rest) { u, sum in db[unit + u] = T(sum * scale)
        }
    }
}
