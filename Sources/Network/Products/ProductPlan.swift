import KernelInterface

// A product is planned here and nowhere else. The plan is read by the run (Products.swift) and by the
// memory query (WorkingMemory.swift), so that the two cannot differ. A new kernel path is a case of
// `ProductPlan.Path`, its condition below, and its call in `Operations.run`.

/// How a product is computed: the kernel path, the division among threads, the scratch memory. It depends
/// on shapes, strides and the number of threads alone. All paths give the same bits, except
/// `narrowWeightGradient`, whose condition therefore depends on the shape alone.
struct ProductPlan {
    enum Path: UInt8 {
        /// `multiplyUnits`, with operands in place.
        case unpacked
        /// `multiplyUnits` on blocks of examples that are transposed on the way in and out.
        case unpackedTransposed
        /// `multiply` with operands in place, by blocks of examples that are transposed on the way out.
        case contiguousTransposed
        /// `multiply`, by packed blocks.
        case packed
        /// `multiply` of the transposed product, whose output rows are contiguous.
        case packedTransposed
        /// `multiply` into a temporary, for outputs that are contiguous in neither direction.
        case packedTemporary
        /// `narrowWeightGradient`, on one thread.
        case narrowWeightGradient
    }

    let path: Path
    /// The division of the outputs among threads.
    var division = Division()
    /// Scratch bytes per part, a multiple of 64.
    var partBytes = 0
    /// Elements of the temporary that is allocated for the call.
    var temporaryCount = 0
    /// Examples per block of `unpackedTransposed` and `contiguousTransposed`.
    var blockExamples = 0

    var scratchBytes: Int { partBytes * division.parts }
}

/// The division of the outputs into parts: each has some of the rows and some of the columns.
struct Division {
    var rows = Shares(0)
    var columns = Shares(0)

    var parts: Int { rows.parts * columns.parts }

    func rows(_ part: Int) -> Range<Int> { rows.range(part / columns.parts) }
    func columns(_ part: Int) -> Range<Int> { columns.range(part % columns.parts) }
}

/// The division of `extent` rows or columns into parts of `share`; the last part has the remainder.
struct Shares {
    let extent: Int
    let share: Int
    let parts: Int

    /// The whole.
    init(_ extent: Int) { self.init(extent, share: extent, parts: 1) }

    init(_ extent: Int, share: Int, parts: Int) {
        (self.extent, self.share, self.parts) = (extent, share, parts)
    }

    /// Into at most `most` parts of whole units.
    init(_ extent: Int, unit: Int, most: Int) {
        let units = (extent + unit - 1) / unit
        let share = (units + most - 1) / most
        self.init(extent, share: share * unit, parts: (units + share - 1) / share)
    }

    func range(_ part: Int) -> Range<Int> {
        let end = part == parts - 1 ? extent : min(extent, (part + 1) * share)
        return min(extent, part * share)..<end
    }
}

// The limits between paths. They are measured, and change no bit.

/// Weights up to which packing costs more than it saves: they fit the L1 cache in place.
private let maxUnpackedWeights = 1 << 14
/// Bytes between the first and the last row of a B that stays in the L1 cache without packing.
private let maxUnpackedSpan = 3 << 14
/// Rows of A up to which B is read so few times that it need not stay there.
private let maxStreamedRows = 16
/// The smallest k from which on examples in rows are multiplied in place.
private let minContiguousK = 64
/// The time to pack an element, in multiply-adds.
private let packingTime = 8
/// Columns of a part of an unpacked product.
private let unpackedColumnsPerPart = 64
/// Bytes of a block of transposed examples: it stays in the L1 cache.
private let transposedBlockBytes = 1 << 15
/// Multiply-adds from which on a product is divided among threads.
let minThreadedWork = 1e6

// The limit of `narrowWeightGradient`. It is part of the result: another value changes bits.

/// The tile by which packed products are estimated: that of AVX2 for floats, for every instruction set
/// and type.
private let estimatedTile = (m: 6, n: 16)
/// The constant cost of a sum over a pair of rows, in examples.
private let narrowSumOverhead = 128

extension Operations {
    /// The plan of a product of a caller. `call.cRowStride` is `cStrides.unit`. `threads` nil: as many as the
    /// pool has.
    @inline(never)
    func plan(
        _ call: UnsafePointer<MatrixProduct<T>>, cStrides: Strides, threads: Int?
    ) -> ProductPlan {
        let (m, n, k) = (call.pointee.m, call.pointee.n, call.pointee.k)
        let isWide = cStrides.example == 1 || n == 1
        let isTall = cStrides.unit == 1 || m == 1
        let isContiguous = isContiguous(call)
        if isTall && isContiguous && n == 1 {
            return packedPlan(path: .packedTransposed, m: n, n: m, k: k, threads)
        }
        if isUnpacked(call, cStrides: cStrides) { return unpackedPlan(m: m, n: n, k: k) }
        if isTall && isUnitProduct(call) && isWorthTransposing(m: m, k: k) {
            return transposedPlan(.unpackedTransposed, m: m, n: n, k: k, copied: k, threads)
        }
        if !isWide && isTall && isContiguous && isWorthReadingInPlace(m: m, k: k) {
            return transposedPlan(.contiguousTransposed, m: m, n: n, k: k, copied: 0, threads)
        }
        if isWide { return packedPlan(m: m, n: n, k: k, threads) }
        if isTall { return packedPlan(path: .packedTransposed, m: n, n: m, k: k, threads) }
        var plan = packedPlan(path: .packedTemporary, m: m, n: n, k: k, threads)
        plan.temporaryCount = m * n * (call.pointee.epilogue.preActivation == nil ? 1 : 2)
        return plan
    }

    /// The plan of an unpacked product on one thread, or nil: `plan` without its constant cost, which is that of a
    /// small product.
    @inline(__always)
    func smallPlan(_ call: UnsafePointer<MatrixProduct<T>>, cStrides: Strides) -> ProductPlan? {
        guard isUnpacked(call, cStrides: cStrides),
            !isWorthThreads(call.pointee.m, call.pointee.n, call.pointee.k)
        else { return nil }
        return ProductPlan(path: .unpacked)
    }

    /// The plan of a product of a network's layer, in the layout of `UnitRows`.
    @_optimize(speed)
    func unitPlan(m: Int, n: Int, k: Int, threads: Int?) -> ProductPlan {
        isSmall(m: m, k: k) ? unpackedPlan(m: m, n: n, k: k) : packedPlan(m: m, n: n, k: k, threads)
    }

    /// The plan of the weight gradient of a network's layer: m units by n inputs over k examples.
    @_optimize(speed)
    func weightGradientPlan(m: Int, n: Int, k: Int, threads: Int?) -> ProductPlan {
        func roundUp(_ n: Int, _ unit: Int) -> Int { (n + unit - 1) / unit * unit }
        let tiles = roundUp(m, estimatedTile.m) * roundUp(n, estimatedTile.n)
        if m * n * (k + narrowSumOverhead) < tiles * k {
            return ProductPlan(path: .narrowWeightGradient)
        }
        return packedPlan(m: m, n: n, k: k, threads)
    }

    // MARK: Plans of each path

    @inline(__always)
    private func unpackedPlan(m: Int, n: Int, k: Int) -> ProductPlan {
        // A constant: a plan that was just written element by element takes long to copy.
        if !isWorthThreads(m, n, k) { return ProductPlan(path: .unpacked) }
        return ProductPlan(
            path: .unpacked,
            division: Division(
                columns: Shares(
                    n, share: unpackedColumnsPerPart, parts: max(1, n / unpackedColumnsPerPart))))
    }

    /// In blocks of examples, with `copied` units of A and all of C in scratch memory.
    private func transposedPlan(
        _ path: ProductPlan.Path, m: Int, n: Int, k: Int, copied: Int, _ threads: Int?
    ) -> ProductPlan {
        let exampleBytes = (m + copied) * MemoryLayout<T>.stride
        let size = max(16, min(n + 15, transposedBlockBytes / exampleBytes) / 16 * 16)
        let columns =
            isWorthThreads(m, n, k)
            ? Shares(n, unit: size, most: threads ?? Threads.count) : Shares(n)
        return ProductPlan(
            path: path, division: Division(columns: columns),
            partBytes: exampleBytes * size, blockExamples: size)
    }

    @inline(never)
    private func packedPlan(
        path: ProductPlan.Path = .packed, m: Int, n: Int, k: Int, _ threads: Int?
    ) -> ProductPlan {
        var division = Division(rows: Shares(m), columns: Shares(n))
        if isWorthThreads(m, n, k) { divide(&division, threads: threads ?? Threads.count) }
        let bytes = table.pointee.scratchBytes(division.rows.share, division.columns.share, k)
        return ProductPlan(
            path: path, division: division, partBytes: max(64, (bytes + 63) / 64 * 64))
    }

    /// Into at most one part a thread, of whole tiles. Of the divisions into 1, 2, 4, ... ranges of columns, the one
    /// whose largest part takes least.
    private func divide(_ whole: inout Division, threads: Int) {
        let tile = table.pointee.tile
        let (m, n) = (whole.rows.extent, whole.columns.extent)
        var least = Int.max
        var columnParts = 1
        while columnParts <= threads {
            let division = Division(
                rows: Shares(m, unit: tile.m, most: threads / columnParts),
                columns: Shares(n, unit: tile.n, most: columnParts))
            let (rows, columns) = (division.rows.share, division.columns.share)
            // Per step along k.
            let time = rows * columns + packingTime * (rows + columns)
            if time < least { (whole, least) = (division, time) }
            columnParts *= 2
        }
    }

    // MARK: Conditions

    /// Whether the weights of a product fit the L1 cache without packing, and k is at most blockK, so that
    /// the bits are those of a packed product.
    @inline(__always)
    private func isSmall(m: Int, k: Int) -> Bool {
        k <= table.pointee.blockK && m * k <= maxUnpackedWeights
    }

    /// Whether a product is small and can be a `UnitProduct`.
    @inline(__always)
    private func isUnitProduct(_ call: UnsafePointer<MatrixProduct<T>>) -> Bool {
        call.pointee.n >= vectorWidth && isSmall(m: call.pointee.m, k: call.pointee.k)
            && !call.pointee.accumulates && call.pointee.appliesEpilogue
            && call.pointee.epilogue.scale == nil && call.pointee.epilogue.l2Term == nil
            && call.pointee.epilogue.fusedUpdate == nil
            && (call.pointee.epilogue.bias == nil || call.pointee.epilogue.biasIsPerRow)
    }

    /// Whether a product is computed with operands in place, in the layout of `UnitRows`.
    @inline(__always)
    private func isUnpacked(_ call: UnsafePointer<MatrixProduct<T>>, cStrides: Strides) -> Bool {
        cStrides.example == 1 && isUnitProduct(call) && isUnpackedInPlace(call)
    }

    /// For a `call.k` of at most blockK.
    @inline(__always)
    private func isUnpackedInPlace(_ call: UnsafePointer<MatrixProduct<T>>) -> Bool {
        let columnBytes = UInt(call.pointee.k * MemoryLayout<T>.stride)
        let (span, overflow) = call.pointee.b.rowStride.magnitude
            .multipliedReportingOverflow(by: columnBytes)
        return call.pointee.b.columnStride == 1
            && (call.pointee.m <= maxStreamedRows || !overflow && span <= maxUnpackedSpan)
    }

    /// Whether `multiply` can read both operands in place, and C may be anywhere: no other matrix has its strides.
    private func isContiguous(_ call: UnsafePointer<MatrixProduct<T>>) -> Bool {
        table.pointee.contiguousRows.max > 0 && call.pointee.isContiguousAlongK
            && call.pointee.epilogue.l2Term == nil && call.pointee.epilogue.fusedUpdate == nil
            && !call.pointee.accumulates && call.pointee.appliesEpilogue
    }

    /// Whether fewer rows are computed in place than packing fills vectors with, and whether they are long enough for
    /// the constant costs of a tile.
    private func isWorthReadingInPlace(m: Int, k: Int) -> Bool {
        let (few, max) = table.pointee.contiguousRows
        let packed = (m + vectorWidth - 1) / vectorWidth * vectorWidth
        return m <= max && (m <= few ? few : max) < packed && k >= minContiguousK
    }

    /// Whether transposing pays: its time grows with the units of an example, that of the product with the
    /// pairs of units and with the empty parts of tiles.
    private func isWorthTransposing(m: Int, k: Int) -> Bool {
        m == 1 || m < 2 * vectorWidth && m != vectorWidth && k <= 4 * vectorWidth
    }

    /// Whether a product has enough multiply-adds to be divided among threads.
    @inline(__always)
    private func isWorthThreads(_ m: Int, _ n: Int, _ k: Int) -> Bool {
        !Threads.isSingle && Double(m) * Double(n) * Double(k) >= minThreadedWork
    }
}

/// The plans of a network's products for a chunk of examples.
struct ChunkPlans<T: Scalar> {
    let operations: Operations<T>
    let examples: Int
    let threads: Int

    private var columns: Int { Chunk<T>.columns(examples) }

    @_optimize(speed)
    func forward(_ layer: Layer) -> ProductPlan {
        operations.unitPlan(m: layer.nOut, n: columns, k: layer.nIn, threads: threads)
    }

    @_optimize(speed)
    func inputGradient(_ layer: Layer) -> ProductPlan {
        operations.unitPlan(m: layer.nIn, n: columns, k: layer.nOut, threads: threads)
    }

    @_optimize(speed)
    func weightGradient(_ layer: Layer) -> ProductPlan {
        operations.weightGradientPlan(
            m: layer.nOut, n: layer.nIn, k: examples, threads: threads)
    }
}
