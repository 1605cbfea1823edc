import CPlatform

/// Working memory, for the values of one chunk of examples in all layers or for what fit keeps. It
/// is kept from call to call, and grows when more is needed.
struct Workspace<T: Scalar> {
    private var memory: UnsafeMutablePointer<T>?
    private var elements = 0

    /// At least so many elements, the first ones aligned to 64 bytes. They are 0 when new: what lies
    /// between the rows of a matrix is computed with, and its results stored there again.
    mutating func take(_ count: Int) throws(NetworkError) -> UnsafeMutablePointer<T> {
        if let memory, elements >= count { return memory }
        // Before there is new memory, so that never both are held.
        release()
        guard let new = allocate(T.self, count) else { throw .memory }
        new.clear(count)
        memory = new
        elements = count
        return new
    }

    mutating func release() {
        free(memory)
        memory = nil
        elements = 0
    }
}

/// Where the values of a chunk of examples lie: sums for the biases, which go on from chunk to chunk;
/// all units of layer 0, of layer 1, ...; the targets, the weights of the examples; the gradient of one
/// layer's outputs.
struct Chunk<T: Scalar> {
    /// Examples that go through the network together. Part of the result: sums over examples are made
    /// chunk by chunk.
    static var most: Int { 512 }

    let columns: Int
    private let row: Int
    private let sums: UnsafeMutablePointer<T>
    private let base: UnsafeMutablePointer<T>
    private let layers: UnsafeMutablePointer<Layer>
    private let layerCount: Int

    /// Room for `examples`, at most `most`, of them.
    init(_ network: inout Network<T>, examples: Int, trains: Bool) throws(NetworkError) {
        columns = Self.columns(examples)
        row = Self.pitch(examples)
        layers = network.layers
        layerCount = network.layerCount
        sums = try network.workspace.take(
            Self.elements(layers, layerCount, examples: examples, trains: trains))
        base = sums + (trains ? Self.sumElements(layers, layerCount) : 0)
    }

    /// Examples in whole vectors.
    static func columns(_ examples: Int) -> Int { roundUp(examples) }

    static func elements(
        _ layers: UnsafePointer<Layer>, _ count: Int, examples: Int, trains: Bool
    ) -> Int {
        let examples = min(examples, most)
        let outputs = layers[count - 1].nOut
        var units = layers[count - 1].unitsBelow + layers[count - 1].nIn + outputs
        // Targets, weights.
        units += outputs + 1
        if !trains { return units * pitch(examples) }
        var widest = 0
        for l in 1..<max(1, count) { widest = max(widest, layers[l].nIn) }
        return sumElements(layers, count) + (units + widest) * pitch(examples)
    }

    /// A double for each unit that has a bias, in whole vectors.
    private static func sumElements(_ layers: UnsafePointer<Layer>, _ count: Int) -> Int {
        let last = layers[count - 1]
        let units = last.unitsBelow + last.nIn + last.nOut - layers[0].nIn
        return roundUp(units) * MemoryLayout<Double>.stride / MemoryLayout<T>.stride
    }

    /// Rows follow one another at an odd number of 16 elements, so that they do not all meet in the
    /// same sets of the cache.
    private static func pitch(_ examples: Int) -> Int { roundUp(examples) / 16 / 2 * 32 + 16 }

    private func rows(_ firstUnit: Int, _ units: Int) -> UnitRows<T> {
        UnitRows(data: base + firstUnit * row, units: units, columns: columns, row: row)
    }

    /// What goes into layer l, which is what comes out of the layer below.
    func inputs(_ l: Int) -> UnitRows<T> { rows(layers[l].unitsBelow, layers[l].nIn) }

    /// What comes out of layer l.
    func outputs(_ l: Int) -> UnitRows<T> {
        rows(layers[l].unitsBelow + layers[l].nIn, layers[l].nOut)
    }

    private var last: Layer { layers[layerCount - 1] }
    /// Units of all layers.
    private var units: Int { last.unitsBelow + last.nIn + last.nOut }

    var targets: UnitRows<T> { rows(units, last.nOut) }
    var weights: UnitRows<T> { rows(units + last.nOut, 1) }

    /// For the gradient of what goes into layer l; every layer uses the same place.
    func gradient(_ l: Int) -> UnitRows<T> { rows(units + last.nOut + 1, layers[l].nIn) }

    /// For the sums over examples of the gradient of what comes out of layer l.
    func biasSums(_ l: Int) -> UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(sums).assumingMemoryBound(to: Double.self)
            + (layers[l].unitsBelow + layers[l].nIn - layers[0].nIn)
    }
}

private func roundUp(_ n: Int) -> Int { (n + 15) / 16 * 16 }
