import CPlatform

// The memory of a network. The sizes that the memory query reports are those allocated at the start of a
// call, so that a call either has all its memory or changes nothing.

extension Network {
    /// The most bytes beyond the parameters: see reg_network_memory.
    public func memory(batchSize: Int, examples: Int, validates: Bool) -> Int {
        let trains = batchSize > 0
        let size = trains ? min(batchSize, examples) : examples
        var need =
            trains
            ? WorkingMemory(self, batches: size, of: examples)
            : WorkingMemory(self, batch: size, trains: false)
        var bytes = ownBytes
        if trains {
            bytes += (parameterCount + max(1, stateCount)) * MemoryLayout<T>.stride
            bytes += FitMemory.bytes(self, examples: examples, shuffles: true, validates: validates)
            if validates { need.add(WorkingMemory(self, batch: examples, trains: false)) }
        }
        return bytes + need.elements * MemoryLayout<T>.stride
            + (need.scratch.map { Scratch.total($0) } ?? 0)
    }

    private var ownBytes: Int {
        MemoryLayout<Network<T>>.stride + layerCount * MemoryLayout<Layer>.stride
            + LayerArrays.bytes(layerCount)
    }

    /// Allocates the memory of a batch, so that it cannot run out halfway.
    mutating func reserve(batch count: Int, trains: Bool) throws(NetworkError) {
        try reserve(WorkingMemory(self, batch: count, trains: trains))
    }

    mutating func reserve(_ need: WorkingMemory<T>) throws(NetworkError) {
        _ = try workspace.take(need.elements)
        if let bytes = need.scratch, Scratch.take(bytes) == nil { throw .memory }
    }
}

/// The memory that batches need on their way through the layers.
struct WorkingMemory<T: Scalar> {
    /// Elements of the workspace.
    private(set) var elements = 0
    /// Scratch bytes of the largest product; nil if none needs any.
    private(set) var scratch: Int?

    /// A batch is divided into whole chunks and a remainder.
    init(_ network: Network<T>, batch count: Int, trains: Bool) {
        if count > 0 { addChunk(network, min(count, Chunk<T>.maxExamples), trains) }
        if count > Chunk<T>.maxExamples && count % Chunk<T>.maxExamples > 0 {
            addChunk(network, count % Chunk<T>.maxExamples, trains)
        }
    }

    /// The batches of an epoch; the last one may be smaller.
    init(_ network: Network<T>, batches size: Int, of examples: Int) {
        self.init(network, batch: size, trains: true)
        if size > 0 { add(WorkingMemory(network, batch: examples % size, trains: true)) }
    }

    mutating func add(_ other: WorkingMemory<T>) {
        elements = max(elements, other.elements)
        if let bytes = other.scratch { scratch = max(scratch ?? 0, bytes) }
    }

    private mutating func addChunk(_ network: Network<T>, _ count: Int, _ trains: Bool) {
        let (layers, operations) = (network.layers, network.operations)
        elements = max(
            elements,
            Chunk<T>.elements(layers, network.layerCount, examples: count, trains: trains))
        let columns = Chunk<T>.columns(count)
        for l in 0..<network.layerCount {
            let layer = layers[l]
            let isSmall = operations.isSmall(layer.nIn, layer.nOut)
            let isSmallBack = l == 0 || !trains || operations.isSmall(layer.nOut, layer.nIn)
            if !isSmall { add(operations, layer.nOut, columns, layer.nIn) }
            if !isSmallBack { add(operations, layer.nIn, columns, layer.nOut) }
            if trains && !layer.usesNarrowWeightGradient(examples: count) {
                add(operations, layer.nOut, layer.nIn, count)
            }
        }
    }

    private mutating func add(
        _ operations: Operations<T>, _ m: Int, _ n: Int, _ k: Int
    ) {
        let bytes = operations.scratchBytes(m: m, n: n, k: k)
        scratch = max(scratch ?? 0, bytes)
    }
}
