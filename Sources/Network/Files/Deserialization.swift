import CPlatform

/// The longest header that is read; the longest that is written is less than half of it.
private let mostHeaderBytes = 1 << 20

private let mostLayers = 1024

extension Network {
    public static func deserialize(
        _ buffer: UnsafeRawPointer, _ size: Int, runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> Handle {
        try read(ByteSource(buffer: buffer, size: size), runtime)
    }

    /// After a file error, errno says why.
    public static func load(
        _ path: UnsafePointer<CChar>, runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> Handle {
        let source = try ByteSource(path: path)
        defer { source.close() }
        return try read(source, runtime)
    }

    private static func read(
        _ source: ByteSource, _ runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> Handle {
        if source.size < 8 { throw .format }
        var littleEndianSize: UInt64 = 0
        try source.read(at: 0, 8, into: &littleEndianSize)
        let wanted = UInt64(littleEndian: littleEndianSize)
        guard wanted <= UInt64(min(source.size - 8, mostHeaderBytes)) else { throw .format }
        let headerSize = Int(wanted)
        guard let header = allocate(UInt8.self, headerSize) else { throw .memory }
        defer { freeKeepingErrno(header) }
        try source.read(at: 8, headerSize, into: header)
        return try read(
            header: Slice(start: header, count: headerSize), source, dataStart: 8 + headerSize,
            runtime)
    }

    private static func read(
        header: Slice, _ source: ByteSource, dataStart: Int, _ runtime: UnsafePointer<Runtime>
    ) throws(NetworkError) -> Handle {
        var metadata = try findMetadata(header)
        let (layers, layerCount) = try readLayers(&metadata)
        defer { freeKeepingErrno(layers) }
        var (settings, optimizer, position) = (Settings(), Optimizer(), Position())
        try metadata.fields(&settings, layers, layerCount, &optimizer, &position)
        try metadata.finish()
        do throws(OptionProblem) {
            for l in 0..<layerCount { try layers[l].check() }
            try settings.check()
            try optimizer.check()
        } catch {
            throw .format
        }
        if position.step >= Position.most || position.epoch >= Position.most { throw .format }
        guard var tensors = Tensors<T>(untrusted: layers, layerCount) else { throw .format }
        guard let starts = allocate(Int.self, tensors.count) else { throw .memory }
        defer { freeKeepingErrno(starts) }
        // All moments are there, or none is: then they are 0.
        let found = try readPlaces(header, tensors, starts)
        tensors.moments = found == 2 * layerCount ? 0 : optimizer.kind.moments
        if found != tensors.count { throw .format }
        try checkPlaces(tensors, starts, source.size - dataStart)

        let handle = try create(
            layers: layers, count: layerCount, settings: settings, runtime: runtime)
        do throws(NetworkError) {
            handle.pointee.position = position
            handle.pointee.setOptimizer(optimizer)
            var to = handle.pointee.parameters
            for tensor in 0..<tensors.count {
                if tensor == 2 * layerCount { to = try handle.pointee.state() }
                let count = tensors.elements(tensor)
                try source.read(
                    at: dataStart + starts[tensor], count * MemoryLayout<T>.stride, into: to)
                to += count
            }
            return handle
        } catch {
            let reason = platform_errno()
            destroy(handle)
            platform_set_errno(reason)
            throw error
        }
    }

    /// Reads the whole header as JSON of the right form, and finds the metadata in it.
    private static func findMetadata(_ header: Slice) throws(NetworkError) -> FieldReader {
        var reader = ByteReader(header)
        var metadata: FieldReader?
        try reader.object { (reader, name) throws(NetworkError) in
            if name == "__metadata__" {
                if metadata != nil { throw .format }
                metadata = try FieldReader(&reader)
            } else {
                _ = try TensorEntry(&reader, elementType: Tensors<T>.elementType)
            }
        }
        try reader.padding()
        guard let metadata else { throw .format }
        return metadata
    }

    /// Layers of the widths that the metadata has; free them. Also checks what wrote them.
    private static func readLayers(
        _ metadata: inout FieldReader
    ) throws(NetworkError) -> (UnsafeMutablePointer<Layer>, Int) {
        var version = ByteReader(try metadata.find("swiftreg"))
        if try version.integer() != fileVersion { throw .format }
        try version.expectEnd()
        let text = try metadata.find("widths")
        var count = 0
        for byte in text where byte == ascii(" ") { count += 1 }
        if count < 1 || count > mostLayers { throw .format }
        guard let layers = allocate(Layer.self, count) else { throw .memory }
        do throws(NetworkError) {
            var widths = ByteReader(text)
            var below = try widths.size()
            if below == 0 { throw .format }
            for l in 0..<count {
                try widths.expect(" ")
                let width = try widths.size()
                if width == 0 { throw .format }
                layers[l] = Layer(
                    nOut: width, nIn: below, activation: .identity, keepProb: 1, l2: 0, l1: 0)
                below = width
            }
            try widths.expectEnd()
            return (layers, count)
        } catch {
            free(layers)
            throw error
        }
    }

    /// Where the data of each tensor begins, or -1; how many there are. Their shapes and lengths are
    /// right.
    private static func readPlaces(
        _ header: Slice, _ tensors: Tensors<T>, _ starts: UnsafeMutablePointer<Int>
    ) throws(NetworkError) -> Int {
        starts.update(repeating: -1, count: tensors.count)
        var found = 0
        var reader = ByteReader(header)
        try reader.object { (reader, name) throws(NetworkError) in
            if name == "__metadata__" {
                _ = try FieldReader(&reader)
                return
            }
            let entry = try TensorEntry(&reader, elementType: Tensors<T>.elementType)
            let tensor = try tensors.number(name)
            let size = tensors.elements(tensor) * MemoryLayout<T>.stride
            guard starts[tensor] < 0, entry.shape == tensors.shape(tensor),
                entry.start <= entry.end, entry.end - entry.start == size
            else { throw .format }
            starts[tensor] = entry.start
            found += 1
        }
        return found
    }

    /// The tensors fill the data, in whatever order, without a gap and without sharing any of it.
    private static func checkPlaces(
        _ tensors: Tensors<T>, _ starts: UnsafePointer<Int>, _ dataSize: Int
    ) throws(NetworkError) {
        var offset = 0
        var tensor = -1
        for _ in 0..<tensors.count {
            // In a file of ours, the next one.
            var tries = 0
            repeat {
                tensor = (tensor + 1) % tensors.count
                tries += 1
                if tries > tensors.count { throw .format }
            } while starts[tensor] != offset
            offset += tensors.elements(tensor) * MemoryLayout<T>.stride
        }
        if offset != dataSize { throw .format }
    }
}
