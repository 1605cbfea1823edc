import CPlatform

/// The maximum size of a header that is read. Headers that are written have less than half of it.
private let maxHeaderBytes = 1 << 20

private let maxLayers = 1024

/// Parses an untrusted header; validates every field before use.
private struct HeaderReader {
    private let source: ByteSource
    private let elementSize: Int
    private var text: UnsafeMutablePointer<UInt8>?
    private var layers: UnsafeMutablePointer<Layer>?
    /// The offset of each tensor's data from `dataStart`.
    private(set) var starts: UnsafeMutablePointer<Int>?
    private(set) var dataStart = 0

    init(_ source: ByteSource, elementSize: Int) {
        self.source = source
        self.elementSize = elementSize
    }

    func release() {
        let reason = fileError
        free(text)
        free(layers)
        free(starts)
        fileError = reason
    }

    /// Reads the header. Its tensors fill the data; its layers are valid until `release`.
    mutating func read() throws(NetworkError) -> FileHeader {
        let json = try readText()
        var metadata = try findMetadata(json)
        let (layers, count) = try readLayers(&metadata)
        guard let tensors = Tensors(untrusted: layers, count, elementSize: elementSize) else {
            throw .format
        }
        var header = FileHeader(tensors: tensors)
        try header.code(&metadata)
        try header.check()

        guard let starts = allocate(Int.self, tensors.count) else { throw .memory }
        self.starts = starts
        let found = try readPlaces(json, tensors, starts)
        // A file has all moments or none; without any they are 0.
        header.tensors.moments = found == 2 * count ? 0 : header.optimizer.kind.moments
        if found != header.tensors.count { throw .format }
        try checkPlaces(header.tensors, starts)
        return header
    }

    private mutating func readText() throws(NetworkError) -> Slice {
        if source.size < 8 { throw .format }
        var littleEndianSize: UInt64 = 0
        try source.read(at: 0, 8, into: &littleEndianSize)
        let wanted = UInt64(littleEndian: littleEndianSize)
        guard wanted <= UInt64(min(source.size - 8, maxHeaderBytes)) else { throw .format }
        let size = Int(wanted)
        dataStart = 8 + size
        guard let text = allocate(UInt8.self, size) else { throw .memory }
        self.text = text
        try source.read(at: 8, size, into: text)
        return Slice(start: text, count: size)
    }

    /// Checks the JSON syntax of the whole header, and finds the network's metadata.
    private func findMetadata(_ json: Slice) throws(NetworkError) -> FieldReader {
        // The format has the brace first, and only spaces after the object.
        if json.first != ascii("{") { throw .format }
        var reader = ByteReader(json)
        var metadata: FieldReader?
        try reader.object { (reader, name) throws(NetworkError) in
            if name == "__metadata__" {
                if metadata != nil { throw .format }
                metadata = try FieldReader(&reader)
            } else {
                _ = try TensorEntry(&reader)
            }
        }
        try reader.padding()
        guard let metadata, try metadata.has("swiftreg") else { throw .foreignFile }
        return metadata
    }

    /// Layers with the widths in the metadata. Also checks the version.
    private mutating func readLayers(
        _ metadata: inout FieldReader
    ) throws(NetworkError) -> (UnsafeMutablePointer<Layer>, Int) {
        var version = ByteReader(try metadata.find("swiftreg"))
        let written = try version.integer()
        try version.expectEnd()
        if written > FileHeader.version { throw .newerFile }
        if written != FileHeader.version { throw .format }
        let text = try metadata.find("widths")
        var count = 0
        for byte in text where byte == ascii(" ") { count += 1 }
        if count < 1 || count > maxLayers { throw .format }
        guard let layers = allocate(Layer.self, count) else { throw .memory }
        self.layers = layers
        var widths = ByteReader(text)
        var below = try widths.size()
        for l in 0..<count {
            try widths.expect(" ")
            let width = try widths.size()
            if below == 0 || width == 0 { throw .format }
            layers[l] = Layer(
                nOut: width, nIn: below, activation: .identity, keepProb: 1, l2: 0, l1: 0)
            below = width
        }
        try widths.expectEnd()
        return (layers, count)
    }

    /// Stores the offset of each tensor's data, or -1 if the file lacks the tensor. Returns the number of
    /// tensors. Checks their shapes and lengths.
    private func readPlaces(
        _ json: Slice, _ tensors: Tensors, _ starts: UnsafeMutablePointer<Int>
    ) throws(NetworkError) -> Int {
        starts.update(repeating: -1, count: tensors.count)
        var found = 0
        var reader = ByteReader(json)
        try reader.object { (reader, name) throws(NetworkError) in
            if name == "__metadata__" {
                _ = try FieldReader(&reader)
                return
            }
            let entry = try TensorEntry(&reader)
            if !(entry.type == Tensors.typeName(elementSize)) { throw .format }
            let tensor = try tensors.number(name)
            guard starts[tensor] < 0, entry.shape == tensors.shape(tensor),
                entry.start <= entry.end, entry.end - entry.start == tensors.bytes(tensor)
            else { throw .format }
            starts[tensor] = entry.start
            found += 1
        }
        return found
    }

    /// Checks that the tensors fill the data, in any order, without gaps or overlaps.
    private func checkPlaces(
        _ tensors: Tensors, _ starts: UnsafePointer<Int>
    ) throws(NetworkError) {
        var offset = 0
        var tensor = -1
        for _ in 0..<tensors.count {
            // In files of this library it is the next tensor.
            var tries = 0
            repeat {
                tensor = (tensor + 1) % tensors.count
                tries += 1
                if tries > tensors.count { throw .format }
            } while starts[tensor] != offset
            offset += tensors.bytes(tensor)
        }
        if offset != source.size - dataStart { throw .format }
    }
}

/// The entry of a tensor in the header.
private struct TensorEntry {
    private(set) var type = Slice(start: nil, count: 0)
    private(set) var shape: (first: Int, second: Int?) = (0, nil)
    private(set) var start = 0
    private(set) var end = 0

    init(_ reader: inout ByteReader) throws(NetworkError) {
        var type = Slice(start: nil, count: 0)
        var has = (type: false, shape: false, offsets: false)
        var shape = (first: 0, second: Int?.none)
        var offsets = (first: 0, second: Int?.none)
        try reader.object { (reader, name) throws(NetworkError) in
            if name == "dtype" && !has.type {
                has.type = true
                type = try reader.string()
            } else if name == "shape" && !has.shape {
                has.shape = true
                shape = try reader.sizes()
            } else if name == "data_offsets" && !has.offsets {
                has.offsets = true
                offsets = try reader.sizes()
            } else {
                throw .format
            }
        }
        guard has.type, has.shape, has.offsets, let end = offsets.second else { throw .format }
        self.type = type
        self.shape = shape
        start = offsets.first
        self.end = end
    }
}

extension Network {
    public static func deserialize(
        _ buffer: UnsafeRawPointer, _ size: Int, runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> Handle {
        try read(ByteSource(buffer: buffer, size: size), runtime)
    }

    /// After a file error, errno has the reason.
    public static func load(
        _ path: UnsafePointer<CChar>, runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> Handle {
        let source = try ByteSource(path: path)
        defer { source.close() }
        return try read(source, runtime)
    }

    fileprivate static func read(
        _ source: ByteSource, _ runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> Handle {
        var reader = HeaderReader(source, elementSize: MemoryLayout<T>.size)
        defer { reader.release() }
        let header = try reader.read()
        let tensors = header.tensors
        let handle = try create(
            layers: tensors.layers, count: tensors.layerCount, settings: header.settings,
            runtime: runtime)
        do throws(NetworkError) {
            handle.pointee.position = header.position
            handle.pointee.setOptimizer(header.optimizer)
            guard let starts = reader.starts else { throw .format }
            var to = UnsafeMutableRawPointer(handle.pointee.parameters)
            for tensor in 0..<tensors.count {
                if tensor == 2 * tensors.layerCount {
                    to = UnsafeMutableRawPointer(try handle.pointee.state())
                }
                let size = tensors.bytes(tensor)
                try source.read(at: reader.dataStart + starts[tensor], size, into: to)
                to += size
            }
            return handle
        } catch {
            let reason = fileError
            destroy(handle)
            fileError = reason
            throw error
        }
    }
}

/// A network of the file's element type.
public enum AnyNetwork {
    case float(Network<Float>.Handle)
    case double(Network<Double>.Handle)

    public static func deserialize(
        _ buffer: UnsafeRawPointer, _ size: Int, runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> AnyNetwork {
        try read(ByteSource(buffer: buffer, size: size), runtime)
    }

    /// After a file error, errno has the reason.
    public static func load(
        _ path: UnsafePointer<CChar>, runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> AnyNetwork {
        let source = try ByteSource(path: path)
        defer { source.close() }
        return try read(source, runtime)
    }

    private static func read(
        _ source: ByteSource, _ runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> AnyNetwork {
        do throws(NetworkError) {
            return .float(try Network<Float>.read(source, runtime))
        } catch .format {
            // A header of the other element type has no tensor of this one.
            return .double(try Network<Double>.read(source, runtime))
        } catch {
            throw error
        }
    }
}
