import CPlatform
import KernelInterface

extension Operations {
    /// c = epilogue(a b) with any strides; false if memory is exhausted, and then nothing was written. The
    /// order of an element's multiply-adds, and so its bits, is the same on every path. Accumulation
    /// needs outputs that are contiguous in one direction.
    func multiply(
        m: Int, n: Int, k: Int, a: MatrixProduct<T>.Operand,
        b: MatrixProduct<T>.Operand, c: Output, cStrides: Strides, epilogue: Epilogue<T>,
        accumulates: Bool = false, appliesEpilogue: Bool = true
    ) -> Bool {
        var call = MatrixProduct(
            m: m, n: n, k: k, a: a, b: b, c: c, cRowStride: cStrides.unit,
            epilogue: epilogue, accumulates: accumulates, appliesEpilogue: appliesEpilogue)
        let isWide = cStrides.example == 1 || n == 1
        let isTall = cStrides.unit == 1 || m == 1
        if isWide && multiplyAsUnits(call) { return true }
        if isTall && multiplyTransposedUnits(call, example: cStrides.example) { return true }
        if isWide { return divide(call) }
        if isTall {
            // The rows of the transposed product are contiguous.
            (call.m, call.n) = (n, m)
            (call.a, call.b) = (b.transposed, a.transposed)
            call.cRowStride = cStrides.example
            call.epilogue.biasIsPerRow.toggle()
            return divide(call)
        }
        call.cRowStride = n
        return multiplyViaTemporary(call, cStrides)
    }

    /// A product whose outputs are contiguous in neither direction: computed in a temporary and copied. No
    /// such product has an L2 term.
    private func multiplyViaTemporary(_ product: MatrixProduct<T>, _ strides: Strides) -> Bool {
        let count = product.m * product.n
        let z = product.epilogue.preActivation
        guard let temporary = allocate(T.self, count * (z == nil ? 1 : 2)) else { return false }
        defer { free(temporary) }
        var call = product
        call.c = temporary
        if z != nil { call.epilogue.preActivation = call.c + count }
        guard divide(call) else { return false }
        func copyOut(_ source: Output, to target: Output) {
            let rows = UnitRows(
                data: source, units: product.m, columns: product.n, rowStride: product.n)
            copy(rows, examples: product.n, to: target, strides)
        }
        copyOut(call.c, to: product.c)
        if let z { copyOut(call.c + count, to: z) }
        return true
    }

    /// Copies the first `examples` columns to a caller's layout.
    func copy(_ source: UnitRows<T>, examples: Int, to target: Output, _ strides: Strides) {
        if strides.unit == 1 {
            // Transposed: examples are rows and units columns.
            table.pointee.gather(
                source.data, Strides(unit: 1, example: source.rowStride),
                ExampleRange(first: 0, count: source.units, order: nil),
                UnitRows(
                    data: target, units: examples, columns: source.units, rowStride: strides.example
                ))
            return
        }
        for u in 0..<source.units {
            let row = source.data + u * source.rowStride
            for e in 0..<examples { target[u * strides.unit + e * strides.example] = row[e] }
        }
    }

    /// Divides the outputs of a product among threads.
    private func divide(_ call: MatrixProduct<T>) -> Bool {
        let division = Division(
            table, m: call.m, n: call.n, k: call.k)
        guard let scratch = Scratch.take(division.bytes * division.parts) else { return false }
        Threads.run(parts: division.parts, (table, call, division, scratch)) { context, part in
            let division = context.pointee.2
            let range = division.range(part)
            if range.isEmpty { return }
            withUnsafePointer(to: context.pointee.1) { call in
                context.pointee.0.pointee.multiply(
                    call, division.byRows ? range : 0..<call.pointee.m,
                    division.byRows ? 0..<call.pointee.n : range,
                    context.pointee.3 + part * division.bytes)
            }
        }
        return true
    }

    /// The scratch bytes of a product of these sizes.
    func scratchBytes(m: Int, n: Int, k: Int) -> Int {
        let division = Division(table, m: m, n: n, k: k)
        return division.bytes * division.parts
    }

    /// Allocates the scratch memory of a product of these sizes on this thread, so that it cannot fail.
    func reserve(m: Int, n: Int, k: Int) -> Bool {
        Scratch.take(scratchBytes(m: m, n: n, k: k)) != nil
    }
}

/// Whether a product of these sizes has enough multiply-adds to be divided among threads.
func isWorthThreads(_ m: Int, _ n: Int, _ k: Int) -> Bool {
    Double(m) * Double(n) * Double(k) >= 1e6
}

/// The division of a product's outputs among threads: by whole tiles along the longer side.
private struct Division {
    let byRows: Bool
    let parts: Int
    /// Scratch bytes per part.
    let bytes: Int
    private let extent: Int
    private let share: Int

    init<T>(_ table: UnsafePointer<KernelTable<T>>, m: Int, n: Int, k: Int) {
        byRows = m > n
        extent = byRows ? m : n
        let unit = byRows ? table.pointee.tile.m : table.pointee.tile.n
        let tiles = (extent + unit - 1) / unit
        parts = isWorthThreads(m, n, k) ? min(tiles, Threads.count) : 1
        share = (tiles + parts - 1) / parts * unit
        let needed = table.pointee.scratchBytes(
            byRows ? min(share, m) : m, byRows ? n : min(share, n), k)
        bytes = (needed + 63) / 64 * 64
    }

    func range(_ part: Int) -> Range<Int> {
        min(extent, part * share)..<min(extent, (part + 1) * share)
    }
}
