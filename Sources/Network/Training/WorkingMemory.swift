import CPlatform

// What a network will hold. The same sizes are stated beforehand and taken at the start of a call: then
// a call either has all its memory or leaves everything as it was.

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
            + Columns.bytes(layerCount)
    }

    /// Makes sure that a batch will not lack memory on the way.
    mutating func reserve(batch count: Int, trains: Bool) throws(NetworkError) {
        try reserve(WorkingMemory(self, batch: count, trains: trains))
    }

    mutating func reserve(_ need: WorkingMemory<T>) throws(NetworkError) {
        _ = try workspace.take(need.elements)
        if let bytes = need.scratch, Scratch.take(bytes) == nil { throw .memory }
    }
}

/// What batches need while they are on their way through the layers.
struct WorkingMemory<T: Scalar> {
    /// Of the workspace.
    private(set) var elements = 0
    /// Bytes for the largest product; nil if there is none that takes any.
    private(set) var scratch: Int?

    /// A batch goes through in chunks: whole ones, and what is left.
    init(_ network: Network<T>, batch count: Int, trains: Bool) {
        if count > 0 { addChunk(network, min(count, Chunk<T>.most), trains) }
        if count > Chunk<T>.most && count % Chunk<T>.most > 0 {
            addChunk(network, count % Chunk<T>.most, trains)
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
            if !isSmall { addProduct(operations, layer.nOut, columns, layer.nIn) }
            if !isSmallBack { addProduct(operations, layer.nIn, columns, layer.nOut) }
            if trains && !layer.isNarrow(examples: count) {
                addProduct(operations, layer.nOut, layer.nIn, count)
            }
        }
    }

    private mutating func addProduct(
        _ operations: Operations<T>, _ rows: Int, _ columns: Int, _ depth: Int
    ) {
        let bytes = operations.scratchBytes(rows: rows, columns: columns, depth: depth)
        scratch = max(scratch ?? 0, bytes)
    }
}
