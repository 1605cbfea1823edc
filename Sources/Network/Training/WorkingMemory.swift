import CPlatform

// The memory of a network. The sizes that the memory query reports are those allocated at the start of a
// call, so that a call either has all its memory or changes nothing.

extension Network {
    /// The largest number of bytes beyond the parameters: see reg_network_memory.
    public func memory(batchSize: Int, examples: Int, validates: Bool) -> Int {
        let threads = Threads.count
        let trains = batchSize > 0
        let size = trains ? min(batchSize, examples) : examples
        var need =
            trains
            ? WorkingMemory(self, batches: size, of: examples, threads: threads)
            : WorkingMemory(self, batch: Self.predicted(size), trains: false, threads: threads)
        var bytes = ownBytes
        if trains {
            bytes += (parameterCount + max(1, stateCount)) * MemoryLayout<T>.stride
            bytes += FitMemory.bytes(self, examples: examples, shuffles: true, validates: validates)
            if validates {
                need.add(WorkingMemory(self, batch: examples, trains: false, threads: threads))
            }
        }
        return bytes + need.elements * MemoryLayout<T>.stride
            + (need.scratch == 0 ? 0 : Scratch.total(need.scratch))
    }

    private var ownBytes: Int {
        MemoryLayout<Network<T>>.stride + layerCount * MemoryLayout<Layer>.stride
            + LayerArrays.bytes(layerCount)
    }

    /// Allocates the memory of a batch. Afterwards the batch cannot fail for lack of memory.
    mutating func reserve(
        batch count: Int, trains: Bool, threads: Int
    ) throws(NetworkError) -> BatchMemory<T> {
        try reserve(WorkingMemory(self, batch: count, trains: trains, threads: threads), threads)
    }

    @inline(never)
    mutating func reserve(
        _ need: WorkingMemory<T>, _ threads: Int
    ) throws(NetworkError) -> BatchMemory<T> {
        // What a report fails to get must not be taken from the training.
        if !workspace.has(need.elements) { unitWeights = 0 }
        let values = try workspace.take(need.elements, keepsOld: isReporting)
        let scratch =
            need.scratch == 0 ? nil : Scratch.take(need.scratch, keepsOld: isReporting)
        if need.scratch != 0 && scratch == nil { throw .memory }
        return BatchMemory(values: values, scratch: scratch, threads: threads)
    }
}

/// The memory of a batch, as large as `WorkingMemory` has it. Valid until the thread's next call.
struct BatchMemory<T: Scalar> {
    let values: UnsafeMutablePointer<T>
    let scratch: UnsafeMutableRawPointer?
    /// The number of threads that the scratch memory suffices for: it may change during a call.
    let threads: Int
}

/// The sizes of the memory that batches need on their way through the layers.
struct WorkingMemory<T: Scalar> {
    /// Elements of the workspace.
    private(set) var elements = 0
    /// Scratch bytes of the largest product; 0 if none needs any.
    private(set) var scratch = 0

    /// A batch is divided into whole chunks and a remainder.
    @inline(never)
    init(_ network: Network<T>, batch count: Int, trains: Bool, threads: Int) {
        let maxExamples = Chunk<T>.maxExamples
        if count > 0 { addChunk(network, min(count, maxExamples), trains, threads) }
        if count > maxExamples && count % maxExamples > 0 {
            addChunk(network, count % maxExamples, trains, threads)
        }
    }

    /// The batches of an epoch; the last one may be smaller.
    init(_ network: Network<T>, batches size: Int, of examples: Int, threads: Int) {
        self.init(network, batch: size, trains: true, threads: threads)
        if size > 0 {
            add(WorkingMemory(network, batch: examples % size, trains: true, threads: threads))
        }
    }

    mutating func add(_ other: WorkingMemory<T>) {
        elements = max(elements, other.elements)
        scratch = max(scratch, other.scratch)
    }

    private mutating func addChunk(
        _ network: Network<T>, _ count: Int, _ trains: Bool, _ threads: Int
    ) {
        elements = max(
            elements,
            Chunk<T>.elements(
                network.layers, network.layerCount, examples: count, trains: trains))
        let pass = Chunk<T>.passExamples(
            network.layers, network.layerCount, examples: count, trains: trains)
        addProducts(network, pass, trains, threads)
        if count % pass > 0 { addProducts(network, count % pass, trains, threads) }
    }

    private mutating func addProducts(
        _ network: Network<T>, _ count: Int, _ trains: Bool, _ threads: Int
    ) {
        let plans = ChunkPlans(operations: network.operations, examples: count, threads: threads)
        for l in 0..<network.layerCount {
            let layer = network.layers[l]
            scratch = max(scratch, plans.forward(layer).scratchBytes)
            if !trains { continue }
            scratch = max(scratch, plans.weightGradient(layer).scratchBytes)
            if l > 0 { scratch = max(scratch, plans.inputGradient(layer).scratchBytes) }
        }
    }
}
