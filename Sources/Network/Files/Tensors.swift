/// The tensors of a file: W1, b1, W2, ... and the moments of the optimizer. Each has a number, in
/// this order, which is that of the flat buffers too.
struct Tensors<T: Scalar> {
    let layers: UnsafePointer<Layer>
    let layerCount: Int
    let parameterCount: Int
    /// How many moments the file has.
    var moments: Int

    init(_ layers: UnsafePointer<Layer>, _ count: Int, parameters: Int, moments: Int) {
        self.layers = layers
        layerCount = count
        parameterCount = parameters
        self.moments = moments
    }

    /// Of layers that a file tells of, with all moments that there may be; nil if their bytes cannot be
    /// counted.
    init?(untrusted layers: UnsafePointer<Layer>, _ count: Int) {
        var total = 0
        for l in 0..<count {
            // A row of W and its bias for each output.
            let (row, overflow1) = layers[l].nIn.addingReportingOverflow(1)
            let (own, overflow2) = row.multipliedReportingOverflow(by: layers[l].nOut)
            let (sum, overflow3) = total.addingReportingOverflow(own)
            if overflow1 || overflow2 || overflow3 { return nil }
            total = sum
        }
        let (bytes, overflow) = total.multipliedReportingOverflow(by: MemoryLayout<T>.stride)
        if overflow || bytes > Int.max / (1 + Self.mostMoments) { return nil }
        self.init(layers, count, parameters: total, moments: Self.mostMoments)
    }

    /// What the format calls the element type.
    static var elementType: StaticString { MemoryLayout<T>.size == 4 ? "F32" : "F64" }

    static func momentName(_ moment: Int) -> StaticString {
        moment == 0 ? "optimizer.first_moment" : "optimizer.second_moment"
    }

    static var mostMoments: Int { 2 }

    var count: Int { 2 * layerCount + moments }

    /// Elements of all.
    var elements: Int { (1 + moments) * parameterCount }

    func shape(_ tensor: Int) -> (first: Int, second: Int?) {
        if tensor >= 2 * layerCount { return (parameterCount, nil) }
        let layer = layers[tensor / 2]
        return tensor % 2 == 0 ? (layer.nOut, layer.nIn) : (layer.nOut, nil)
    }

    func elements(_ tensor: Int) -> Int {
        let shape = shape(tensor)
        return shape.first * (shape.second ?? 1)
    }

    /// The number of the tensor of this name, with all moments that there may be.
    func number(_ name: Slice) throws(NetworkError) -> Int {
        for moment in 0..<Self.mostMoments where name == Self.momentName(moment) {
            return 2 * layerCount + moment
        }
        var reader = ByteReader(name)
        let isWeight = reader.take("W")
        if !isWeight { try reader.expect("b") }
        let layer = try reader.size()
        try reader.expectEnd()
        if layer < 1 || layer > layerCount { throw .format }
        return 2 * (layer - 1) + (isWeight ? 0 : 1)
    }

    func writeName(_ tensor: Int, _ writer: inout ByteWriter) {
        if tensor >= 2 * layerCount {
            writer.write(Self.momentName(tensor - 2 * layerCount))
        } else {
            writer.write(tensor % 2 == 0 ? "W" : "b")
            writer.write(tensor / 2 + 1)
        }
    }
}

/// What a header says of a tensor.
struct TensorEntry {
    private(set) var shape: (first: Int, second: Int?) = (0, nil)
    private(set) var start = 0
    private(set) var end = 0

    /// Reads an entry, which must have this element type.
    init(_ reader: inout ByteReader, elementType: StaticString) throws(NetworkError) {
        var fields = (elementType: false, shape: false, offsets: false)
        var entry = (shape: (first: 0, second: Int?.none), start: 0, end: 0)
        try reader.object { (reader, name) throws(NetworkError) in
            if name == "dtype" && !fields.elementType {
                fields.elementType = true
                let text = try reader.string()
                if !(text == elementType) { throw .format }
            } else if name == "shape" && !fields.shape {
                fields.shape = true
                entry.shape = try reader.sizes()
            } else if name == "data_offsets" && !fields.offsets {
                fields.offsets = true
                let offsets = try reader.sizes()
                guard let end = offsets.second else { throw .format }
                (entry.start, entry.end) = (offsets.first, end)
            } else {
                throw .format
            }
        }
        if !fields.elementType || !fields.shape || !fields.offsets { throw .format }
        (shape, start, end) = entry
    }
}
