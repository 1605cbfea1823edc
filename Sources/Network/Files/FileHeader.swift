import KernelInterface

/// The tensors of a file: W1, b1, W2, ... and the moments of the optimizer. Each has a number, in
/// this order, which is that of the flat buffers too.
struct Tensors {
    let layers: UnsafeMutablePointer<Layer>
    let layerCount: Int
    let parameterCount: Int
    /// The number of moments in the file.
    var moments: Int
    /// Bytes of an element: float or double.
    let elementSize: Int

    init(
        _ layers: UnsafeMutablePointer<Layer>, _ count: Int, parameters: Int, moments: Int,
        elementSize: Int
    ) {
        self.layers = layers
        layerCount = count
        parameterCount = parameters
        self.moments = moments
        self.elementSize = elementSize
    }

    /// The tensors of layers from a file, with the maximum of moments; nil if their bytes overflow an Int.
    init?(untrusted layers: UnsafeMutablePointer<Layer>, _ count: Int, elementSize: Int) {
        var total = 0
        for l in 0..<count {
            // A row of W and its bias for each output.
            let (row, overflow1) = layers[l].nIn.addingReportingOverflow(1)
            let (own, overflow2) = row.multipliedReportingOverflow(by: layers[l].nOut)
            let (sum, overflow3) = total.addingReportingOverflow(own)
            if overflow1 || overflow2 || overflow3 { return nil }
            total = sum
        }
        if total > Int.max / elementSize / (1 + Self.maxMoments) { return nil }
        self.init(
            layers, count, parameters: total, moments: Self.maxMoments, elementSize: elementSize)
    }

    /// The format's name of an element type.
    static func typeName(_ elementSize: Int) -> StaticString { elementSize == 4 ? "F32" : "F64" }

    static func momentName(_ moment: Int) -> StaticString {
        moment == 0 ? "optimizer.first_moment" : "optimizer.second_moment"
    }

    static var maxMoments: Int { 2 }

    var count: Int { 2 * layerCount + moments }

    func shape(_ tensor: Int) -> (first: Int, second: Int?) {
        if tensor >= 2 * layerCount { return (parameterCount, nil) }
        let layer = layers[tensor / 2]
        return tensor % 2 == 0 ? (layer.nOut, layer.nIn) : (layer.nOut, nil)
    }

    func bytes(_ tensor: Int) -> Int {
        let shape = shape(tensor)
        return shape.first * (shape.second ?? 1) * elementSize
    }

    /// The number of the tensor of this name, with the maximum of moments.
    func number(_ name: Slice) throws(NetworkError) -> Int {
        for moment in 0..<Self.maxMoments where name == Self.momentName(moment) {
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

/// The part of a file before its data.
struct FileHeader {
    /// The version of the metadata. It changes with the meaning of a field.
    static let version: UInt64 = 1

    var settings = Settings()
    var optimizer = Optimizer()
    var position = Position()
    var tensors: Tensors

    init(tensors: Tensors) { self.tensors = tensors }

    /// All fields of the metadata but the version and the widths of the layers.
    mutating func code<C: FieldCoder>(_ coder: inout C) throws(NetworkError) {
        let (layers, count) = (tensors.layers, tensors.layerCount)
        try coder.code(.activation, layers, count - 1) { (coder, layer) throws(NetworkError) in
            try coder.code(&layer.activation)
        }
        try settings.codeModel(&coder)
        try coder.code(.keepProb, layers, count) { (coder, layer) throws(NetworkError) in
            try coder.code(&layer.keepProb)
        }
        try coder.code(.l2, layers, count) { (coder, layer) throws(NetworkError) in
            try coder.code(&layer.l2)
        }
        try coder.code(.l1, layers, count) { (coder, layer) throws(NetworkError) in
            try coder.code(&layer.l1)
        }
        try settings.codeRegularization(&coder)
        try optimizer.code(&coder)
        try coder.field("step", &position.step)
        try coder.field("epoch", &position.epoch)
    }

    /// Checks that the options that were read are in their ranges.
    func check() throws(NetworkError) {
        do throws(OptionProblem) {
            for l in 0..<tensors.layerCount { try tensors.layers[l].check() }
            try settings.check()
            try optimizer.check()
        } catch {
            throw .format
        }
        if position.step >= Position.limit || position.epoch >= Position.limit { throw .format }
    }
}
