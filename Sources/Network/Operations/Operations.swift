@_exported import KernelInterface

/// The kernels, divided among threads. Arguments are trusted: the boundary has checked them.
public struct Operations<T: Scalar>: @unchecked Sendable {
    public typealias Input = UnsafePointer<T>
    public typealias Output = UnsafeMutablePointer<T>

    let table: UnsafePointer<KernelTable<T>>

    /// Elements of a vector of the kernels.
    var lanes: Int { 64 / MemoryLayout<T>.stride }

    public init(_ runtime: UnsafePointer<Runtime>) {
        table = T.table(of: runtime.pointee.kernels)
    }

    // MARK: Elementwise

    public func dropout(
        _ a: Input, _ out: Output, _ mask: UnsafeMutablePointer<UInt8>?, _ count: Int,
        _ draw: DropoutDraw
    ) {
        inParts(count, (table, a, out, mask, draw)) { context, i, n in
            let (table, a, out, mask, draw) = context
            table.pointee.dropout(a + i, out + i, mask.map { $0 + i }, n, draw.advanced(by: i))
        }
    }

    public func applyMask(
        _ a: Input, _ mask: UnsafePointer<UInt8>, _ out: Output, _ count: Int, keepProb: Double
    ) {
        inParts(count, (table, a, mask, out, 1 / keepProb)) { context, i, n in
            let (table, a, mask, out, scale) = context
            table.pointee.applyMask(a + i, mask + i, out + i, n, scale)
        }
    }

    public func activate(_ z: Input, _ a: Output, _ count: Int, _ activation: Activation) {
        inParts(count, (table, z, a, activation)) { context, i, n in
            let (table, z, a, activation) = context
            table.pointee.activate(z + i, a + i, n, activation)
        }
    }

    public func elementary(
        _ x: Input, _ out: Output, _ count: Int, _ function: ElementaryFunction
    ) {
        inParts(count, (table, x, out, function)) { context, i, n in
            let (table, x, out, function) = context
            table.pointee.elementary(x + i, out + i, n, function)
        }
    }

    public func activationGradient(
        _ da: Input, _ a: Input, _ dz: Output, _ count: Int, _ activation: Activation,
        keepProb: Double = 1
    ) {
        inParts(count, (table, da, a, dz, activation, keepProb)) { context, i, n in
            let (table, da, a, dz, activation, keepProb) = context
            table.pointee.activationGradient(da + i, a + i, dz + i, n, activation, keepProb)
        }
    }

    public func subtract(_ a: Input, _ y: Input, _ dz: Output, _ count: Int) {
        inParts(count, (table, a, y, dz)) { context, i, n in
            let (table, a, y, dz) = context
            table.pointee.subtract(a + i, y + i, dz + i, n)
        }
    }

    public func update(_ w: Input, _ dw: Input, _ out: Output, _ count: Int, rate: Double) {
        inParts(count, (table, w, dw, out, rate)) { context, i, n in
            let (table, w, dw, out, rate) = context
            table.pointee.update(w + i, dw + i, out + i, n, rate)
        }
    }

    public func optimize(
        _ w: Output, _ g: Input, _ m: Output, _ v: Output, _ count: Int, _ step: OptimizerStep
    ) {
        inParts(count, (table, w, g, m, v, step)) { context, i, n in
            let (table, w, g, m, v, step) = context
            table.pointee.optimize(w + i, g + i, m + i, v + i, n, step)
        }
    }

    public func penalize(
        _ g: Output, _ w: Input, _ count: Int, scale: Double, l2: Double, l1: Double
    ) {
        inParts(count, (table, g, w, scale, l2, l1)) { context, i, n in
            let (table, g, w, scale, l2, l1) = context
            table.pointee.penalize(g + i, w + i, n, scale, l2, l1)
        }
    }

    /// Dropout in place; see the kernel.
    func dropoutUnits(_ a: UnitRows<T>, _ draw: DropoutDraw) {
        // Parts of whole blocks of four units, and of enough elements to be worth a thread.
        let unitsOfPart = max(4, 16384 / max(1, a.columns) / 4 * 4)
        let parts = (a.units + unitsOfPart - 1) / unitsOfPart
        Threads.run(parts: parts, (table, a, draw, unitsOfPart)) { context, part in
            let (table, a, draw, unitsOfPart) = context.pointee
            let first = part * unitsOfPart
            table.pointee.dropoutUnits(a, first..<min(a.units, first + unitsOfPart), draw)
        }
    }

    // MARK: Costs

    public func crossEntropy(_ a: Input, _ y: Input, _ count: Int) -> (sum: Double, ignored: Int) {
        var sum = BlockSum()
        var ignored = 0
        inBlocks(count) { i, n in
            let part = table.pointee.crossEntropy(a + i, y + i, n)
            sum.add(part.sum)
            ignored += part.ignored
        }
        return (sum.total, ignored)
    }

    /// Calls body(u, sum) for each row u.
    func sumRows(_ x: Input, _ rows: SummedRows, _ body: (Int, Double) -> Void) {
        let room = 16
        withUnsafeTemporaryAllocation(of: Double.self, capacity: room) { sums in
            guard let sums = sums.baseAddress else { return }
            for first in stride(from: 0, to: rows.rows, by: room) {
                var some = rows
                some.rows = min(room, rows.rows - first)
                table.pointee.sumRows(x + first * rows.row, some, sums)
                for u in 0..<some.rows { body(first + u, sums[u]) }
            }
        }
    }

    public func sumOfSquares(_ w: Input, _ count: Int) -> Double {
        var sum = BlockSum()
        inBlocks(count) { i, n in sum.add(table.pointee.sumOfSquares(w + i, n)) }
        return sum.total
    }

    public func sumOfMagnitudes(_ w: Input, _ count: Int) -> Double {
        var sum = BlockSum()
        inBlocks(count) { i, n in sum.add(table.pointee.sumOfMagnitudes(w + i, n)) }
        return sum.total
    }

    // MARK: Dense layers

    /// out = activation(W a + b), z = W a + b. False if there is no working memory.
    public func forward(
        w: Input, b: Input, nOut: Int, nIn: Int, examples: Int, a: Input, aStrides: Strides,
        activation: Activation, z: Output?, out: Output, outStrides: Strides
    ) -> Bool {
        var finish = Finish<T>()
        finish.bias = b
        finish.preActivation = z
        finish.activation = activation
        return multiply(
            rows: nOut, columns: examples, depth: nIn, a: .init(w, row: nIn, column: 1),
            b: .init(a, row: aStrides.unit, column: aStrides.example), c: out, cStrides: outStrides,
            finish: finish)
    }

    /// dw = dz a^T / m + lambda / m * w, and db. False if there is no working memory.
    public func weightGradient(
        w: Input, nOut: Int, nIn: Int, examples: Int, dz: Input, dzStrides: Strides, a: Input,
        aStrides: Strides, lambda: Double, dw: Output, db: Output
    ) -> Bool {
        let scale = 1 / Double(examples)
        var finish = Finish<T>()
        finish.scale = T(scale)
        if lambda != 0 { finish.decay = (w, T(lambda / Double(examples))) }
        let done = multiply(
            rows: nOut, columns: nIn, depth: examples,
            a: .init(dz, row: dzStrides.unit, column: dzStrides.example),
            b: .init(a, row: aStrides.example, column: aStrides.unit), c: dw,
            cStrides: Strides(unit: nIn, example: 1), finish: finish)
        guard done else { return false }
        var unit = 0
        while dzStrides.unit == 1 && nOut - unit >= lanes {
            table.pointee.sumColumns(dz + unit, dzStrides.example, examples, scale, db + unit)
            unit += lanes
        }
        let rest = SummedRows(
            rows: nOut - unit, row: dzStrides.unit, count: examples, stride: dzStrides.example)
        sumRows(dz + unit * dzStrides.unit, rest) { u, sum in db[unit + u] = T(sum * scale) }
        return true
    }

    /// Makes sure that `weightGradient` will not lack working memory.
    public func reserveWeightGradient(nOut: Int, nIn: Int, examples: Int) -> Bool {
        reserve(rows: nOut, columns: nIn, depth: examples)
    }

    /// da = w^T dz. False if there is no working memory.
    public func inputGradient(
        w: Input, nOut: Int, nIn: Int, examples: Int, dz: Input, dzStrides: Strides, da: Output,
        daStrides: Strides
    ) -> Bool {
        multiply(
            rows: nIn, columns: examples, depth: nOut, a: .init(w, row: 1, column: nIn),
            b: .init(dz, row: dzStrides.unit, column: dzStrides.example), c: da,
            cStrides: daStrides, finish: Finish())
    }
}

extension DropoutDraw {
    func advanced(by count: Int) -> DropoutDraw {
        var draw = self
        draw.offset &+= UInt64(count)
        return draw
    }
}

/// Elements that one thread takes at once.
private let partSize = 1 << 16

/// Calls body(context, i, n) for parts of `count` elements, on several threads where there are
/// several. The body captures nothing: see `Threads.run`.
func inParts<Context>(
    _ count: Int, _ context: Context,
    _ body: @escaping (_ context: Context, _ i: Int, _ n: Int) -> Void
) {
    if count <= partSize { return body(context, 0, count) }
    let parted = Parted(count: count, context: context, body: body)
    Threads.run(parts: (count + partSize - 1) / partSize, parted) { parted, part in
        let i = part * partSize
        parted.pointee.body(parted.pointee.context, i, min(partSize, parted.pointee.count - i))
    }
}

private struct Parted<Context> {
    let count: Int
    let context: Context
    let body: (_ context: Context, _ i: Int, _ n: Int) -> Void
}

/// Calls body(i, n) for blocks of `count` elements, in order. They are short, so that a lane's sum
/// has few terms; their size is part of the result: a change of it changes bits.
private func inBlocks(_ count: Int, _ body: (_ i: Int, _ n: Int) -> Void) {
    let blockSize = 512
    for i in stride(from: 0, to: count, by: blockSize) { body(i, min(blockSize, count - i)) }
}

/// A sum that keeps what its additions lose (Neumaier 1974).
struct BlockSum {
    private var sum = 0.0
    private var lost = 0.0

    mutating func add(_ x: Double) {
        let next = sum + x
        lost += abs(sum) >= abs(x) ? (sum - next) + x : (x - next) + sum
        sum = next
    }

    /// Of an infinite sum the loss is no number.
    var total: Double { lost.isFinite ? sum + lost : sum }
}

public func dropoutMask(
    _ runtime: UnsafePointer<Runtime>, _ mask: UnsafeMutablePointer<UInt8>, _ count: Int,
    _ draw: DropoutDraw
) {
    inParts(count, (runtime, mask, draw)) { context, i, n in
        let (runtime, mask, draw) = context
        runtime.pointee.kernels.dropoutMask(mask + i, n, draw.advanced(by: i))
    }
}

public func philoxWords(
    _ runtime: UnsafePointer<Runtime>, _ words: UnsafeMutablePointer<UInt32>, _ count: Int,
    _ draw: DropoutDraw
) {
    inParts(count, (runtime, words, draw)) { context, i, n in
        let (runtime, words, draw) = context
        runtime.pointee.kernels.philox(words + i, n, draw.advanced(by: i))
    }
}
