@_exported import KernelInterface

/// The kernels of networks, divided among threads. Arguments are trusted: the boundary has checked them.
public struct Operations<T: Scalar>: @unchecked Sendable {
    public typealias Input = UnsafePointer<T>
    public typealias Output = UnsafeMutablePointer<T>

    let table: UnsafePointer<KernelTable<T>>

    /// Elements of a kernel vector.
    var vectorWidth: Int { 64 / MemoryLayout<T>.stride }

    public init(_ runtime: UnsafePointer<Runtime>) {
        table = T.table(of: runtime.pointee.kernels)
    }

    // MARK: Elementwise

    public func activate(_ z: Input, _ a: Output, _ count: Int, _ activation: Activation) {
        forEachPart(count, (table, z, a, activation)) { context, i, n in
            let (table, z, a, activation) = context
            table.pointee.activate(z + i, a + i, n, activation)
        }
    }

    public func activationGradient(
        _ da: Input, _ a: Input, _ dz: Output, _ count: Int, _ activation: Activation,
        keepProb: Double = 1
    ) {
        forEachPart(count, (table, da, a, dz, activation, keepProb)) { context, i, n in
            let (table, da, a, dz, activation, keepProb) = context
            table.pointee.activationGradient(da + i, a + i, dz + i, n, activation, keepProb)
        }
    }

    public func optimize(
        _ w: Output, _ g: Input, _ m: Output, _ v: Output, _ count: Int, _ step: OptimizerStep
    ) {
        forEachPart(count, (table, w, g, m, v, step)) { context, i, n in
            let (table, w, g, m, v, step) = context
            table.pointee.optimize(w + i, g + i, m + i, v + i, n, step)
        }
    }

    public func penalize(
        _ g: Output, _ w: Input, _ count: Int, scale: Double, l2: Double, l1: Double
    ) {
        forEachPart(count, (table, g, w, scale, l2, l1)) { context, i, n in
            let (table, g, w, scale, l2, l1) = context
            table.pointee.penalize(g + i, w + i, n, scale, l2, l1)
        }
    }

    // MARK: Units of examples

    /// Dropout of all units in place.
    func dropoutUnits(_ a: UnitRows<T>, _ draw: DropoutDraw) {
        forEachPart(ofUnits: a.units, columns: a.columns, (table, a, draw)) { context, first, n in
            let (table, a, draw) = context
            table.pointee.dropoutUnits(a, first..<first + n, draw)
        }
    }

    /// Copies a range of examples, as units by examples.
    @inline(never)
    func gather(_ x: Input, _ strides: Strides, _ range: ExampleRange, _ target: UnitRows<T>) {
        forEachPart(
            ofUnits: target.units, columns: target.columns, (table, x, strides, range, target)
        ) { context, first, n in
            let (table, x, strides, range, target) = context
            var part = target
            part.data += first * target.rowStride
            part.units = n
            table.pointee.gather(x + first * strides.unit, strides, range, part)
        }
    }

    // MARK: Costs

    /// Calls body(u, sum) for each row u.
    func sumRows(_ x: Input, _ rows: SummedRows, _ body: (Int, Double) -> Void) {
        let capacity = 16
        withUnsafeTemporaryAllocation(of: Double.self, capacity: capacity) { sums in
            guard let sums = sums.baseAddress else { return }
            for first in stride(from: 0, to: rows.rows, by: capacity) {
                var some = rows
                some.rows = min(capacity, rows.rows - first)
                table.pointee.sumRows(x + first * rows.rowStride, some, sums)
                for u in 0..<some.rows { body(first + u, sums[u]) }
            }
        }
    }

    @inline(never)
    public func sumOfSquares(_ w: Input, _ count: Int) -> Double {
        var sum = BlockSum()
        forEachBlock(count) { i, n in sum.add(table.pointee.sumOfSquares(w + i, n)) }
        return sum.total
    }

    @inline(never)
    public func sumOfMagnitudes(_ w: Input, _ count: Int) -> Double {
        var sum = BlockSum()
        forEachBlock(count) { i, n in sum.add(table.pointee.sumOfMagnitudes(w + i, n)) }
        return sum.total
    }
}

extension DropoutDraw {
    func advanced(by count: Int) -> DropoutDraw {
        var draw = self
        draw.offset &+= UInt64(count)
        return draw
    }
}

public func philoxWords(
    _ runtime: UnsafePointer<Runtime>, _ words: UnsafeMutablePointer<UInt32>, _ count: Int,
    _ draw: DropoutDraw
) {
    forEachPart(count, (runtime, words, draw)) { context, i, n in
        let (runtime, words, draw) = context
        runtime.pointee.kernels.philox(words + i, n, draw.advanced(by: i))
    }
}
