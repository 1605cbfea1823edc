import KernelInterface

// Products are run by their plans: see ProductPlan.swift. They are passed by reference, also where they are only
// read: a copy of the struct takes as long as a small product.

extension Operations {
    /// C = epilogue(A B) with any strides of C; false if memory is exhausted, and then nothing was written.
    /// The order of an element's multiply-adds, and so its bits, is the same on every path. Small products are run
    /// inline, where the compiler knows the parts of `call`: a copy of the struct takes as long as such a product.
    @inline(__always)
    func multiply(_ call: inout MatrixProduct<T>, cStrides: Strides) -> Bool {
        if let plan = smallPlan(&call, cStrides: cStrides) {
            runUnpacked(plan, &call)
            return true
        }
        return multiplyByPlan(&call, cStrides: cStrides)
    }

    @inline(never)
    private func multiplyByPlan(_ call: inout MatrixProduct<T>, cStrides: Strides) -> Bool {
        let plan = plan(&call, cStrides: cStrides, threads: nil)
        guard
            let memory = CallMemory<T>(
                bytes: plan.scratchBytes, temporaryCount: plan.temporaryCount)
        else { return false }
        run(plan, &call, cStrides: cStrides, memory)
        memory.release()
        return true
    }

    /// Runs a product of a caller. Invalidates `call`.
    func run(
        _ plan: ProductPlan, _ call: inout MatrixProduct<T>, cStrides: Strides,
        _ memory: CallMemory<T>
    ) {
        switch plan.path {
        case .unpacked: runUnpacked(plan, &call)
        case .unpackedTransposed, .contiguousTransposed:
            runTransposedBlocks(plan, &call, example: cStrides.example, memory.scratch)
        case .packedTransposed:
            swap(&call.m, &call.n)
            (call.a, call.b) = (call.b.transposed, call.a.transposed)
            call.cRowStride = cStrides.example
            call.epilogue.biasIsPerRow.toggle()
            runPacked(plan, &call, memory.scratch)
        case .packedTemporary:
            guard let temporary = memory.temporary else { return }
            runInTemporary(plan, &call, cStrides, memory.scratch, temporary)
        case .packed, .narrowWeightGradient: runPacked(plan, &call, memory.scratch)
        }
    }

    /// Divides the outputs of a packed product among threads.
    @inline(never)
    func runPacked(
        _ plan: ProductPlan, _ call: inout MatrixProduct<T>, _ scratch: UnsafeMutableRawPointer?
    ) {
        guard let scratch else { return }
        withUnsafePointer(to: &call) { call in
            if plan.division.parts == 1 {
                let (m, n) = (call.pointee.m, call.pointee.n)
                return table.pointee.multiply(call, 0..<m, 0..<n, scratch)
            }
            let context = (table, call, plan.division, plan.partBytes, scratch)
            Threads.run(parts: plan.division.parts, context) { context, part in
                let (table, call, division, bytes, scratch) = context.pointee
                table.pointee.multiply(
                    call, division.rows(part), division.columns(part), scratch + part * bytes)
            }
        }
    }

    /// A product whose outputs are contiguous in neither direction. No such product has an L2 term.
    private func runInTemporary(
        _ plan: ProductPlan, _ call: inout MatrixProduct<T>, _ strides: Strides,
        _ scratch: UnsafeMutableRawPointer?, _ temporary: UnsafeMutablePointer<T>
    ) {
        assert(call.epilogue.l2Term == nil && call.epilogue.fusedUpdate == nil)
        let (m, n) = (call.m, call.n)
        let (c, z) = (call.c, call.epilogue.preActivation)
        call.c = temporary
        call.cRowStride = n
        let zTemporary = temporary + m * n
        if z != nil { call.epilogue.preActivation = zTemporary }
        runPacked(plan, &call, scratch)
        func copyOut(_ source: UnsafeMutablePointer<T>, to target: UnsafeMutablePointer<T>) {
            let rows = UnitRows(data: source, units: m, columns: n, rowStride: n)
            copy(rows, examples: n, to: target, strides)
        }
        copyOut(temporary, to: c)
        if let z { copyOut(zTemporary, to: z) }
    }

    /// Copies the first `examples` columns to a caller's layout.
    func copy(_ source: UnitRows<T>, examples: Int, to target: Output, _ strides: Strides) {
        if strides.unit == 1 {
            // Transposed: examples are rows and units columns.
            table.pointee.gather(
                source.data, Strides(unit: 1, example: source.rowStride),
                ExampleRange(first: 0, count: source.units, order: nil),
                UnitRows(
                    data: target, units: examples, columns: source.units,
                    rowStride: strides.example))
            return
        }
        for u in 0..<source.units {
            let row = source.data + u * source.rowStride
            for e in 0..<examples { target[u * strides.unit + e * strides.example] = row[e] }
        }
    }
}

/// The memory of a caller's product, or of several that run in turn.
struct CallMemory<T: Scalar> {
    /// That of the thread. Nil if no plan needs any.
    private(set) var scratch: UnsafeMutableRawPointer?
    private(set) var temporary: UnsafeMutablePointer<T>?

    /// Nil if memory is exhausted.
    @inline(__always)
    init?(bytes: Int, temporaryCount: Int) {
        if bytes | temporaryCount == 0 { return }
        if !take(bytes, temporaryCount) { return nil }
    }

    @inline(never)
    private mutating func take(_ bytes: Int, _ temporaryCount: Int) -> Bool {
        if temporaryCount != 0 {
            temporary = allocate(T.self, temporaryCount)
            if temporary == nil { return false }
        }
        if bytes != 0 {
            scratch = Scratch.take(bytes)
            if scratch == nil {
                free(temporary)
                return false
            }
        }
        return true
    }

    @inline(__always)
    func release() { if temporary != nil { free(temporary) } }
}
