import CPlatform

// The format is safetensors (github.com/huggingface/safetensors): the length of a header in 8 bytes,
// little-endian; the header, a JSON object that tells each tensor's type, shape and place, padded
// with spaces; the tensors, without gaps. A network's parameters and its optimizer's state are
// already such tensors, one behind the other.

/// Of the metadata: what the fields mean. Another meaning, another number.
let fileVersion: UInt64 = 1

extension Network {
    private var tensors: Tensors<T> {
        Tensors(
            layers, layerCount, parameters: parameterCount,
            moments: stateIfMade == nil ? 0 : optimizer.kind.moments)
    }

    /// Bytes of the parameters, and of the state if it is written.
    private var dataSizes: (parameters: Int, state: Int) {
        let size = parameterCount * MemoryLayout<T>.stride
        return (size, size * tensors.moments)
    }

    /// Everything before the tensors.
    private func header() throws(NetworkError) -> WrittenBytes {
        var json = ByteWriter()
        writeHeader(&json)
        // The tensors begin at a multiple of 8.
        let padding = -json.count & 7
        return try WrittenBytes { writer in
            var size = UInt64(json.count + padding).littleEndian
            writer.write(&size, 8)
            writeHeader(&writer)
            for _ in 0..<padding { writer.write(" ") }
        }
    }

    private func writeHeader(_ writer: inout ByteWriter) {
        writer.write("{\"__metadata__\":{")
        writer = metadata(writer)
        writer.write("}")
        let tensors = tensors
        var offset = 0
        for tensor in 0..<tensors.count {
            writer.write(",\"")
            tensors.writeName(tensor, &writer)
            writer.write("\":{\"dtype\":\"")
            writer.write(Tensors<T>.elementType)
            writer.write("\",\"shape\":[")
            let shape = tensors.shape(tensor)
            writer.write(shape.first)
            if let second = shape.second {
                writer.write(",")
                writer.write(second)
            }
            writer.write("],\"data_offsets\":[")
            writer.write(offset)
            offset += tensors.elements(tensor) * MemoryLayout<T>.stride
            writer.write(",")
            writer.write(offset)
            writer.write("]}")
        }
        writer.write("}")
    }

    private func metadata(_ writer: ByteWriter) -> ByteWriter {
        var fields = FieldWriter(writer)
        fields.begin("swiftreg")
        fields.writer.write(fileVersion)
        fields.end()
        fields.begin("widths")
        fields.writer.write(inputs)
        for l in 0..<layerCount {
            fields.space()
            fields.writer.write(layers[l].nOut)
        }
        fields.end()
        var (settings, optimizer, position) = (settings, optimizer, position)
        do throws(NetworkError) {
            try fields.fields(&settings, layers, layerCount, &optimizer, &position)
        } catch {}  // Writing throws nothing.
        return fields.writer
    }

    /// The number of bytes; they are written to the buffer if it has room for them.
    public func serialize(
        _ buffer: UnsafeMutableRawPointer?, capacity: Int
    ) throws(NetworkError) -> Int {
        let header = try header()
        defer { free(header.memory) }
        let data = dataSizes
        let size = header.count + data.parameters + data.state
        guard let buffer, size <= capacity else { return size }
        var writer = ByteWriter(buffer, capacity: capacity)
        writer.write(header.memory, header.count)
        writer.write(parameters, data.parameters)
        if let stateIfMade { writer.write(stateIfMade, data.state) }
        return size
    }

    /// After a file error, errno says why.
    public func save(_ path: UnsafePointer<CChar>) throws(NetworkError) {
        let header = try header()
        defer { freeKeepingErrno(header.memory) }
        let data = dataSizes
        try replaceFile(path) { (file) throws(NetworkError) in
            try file.write(header.memory, header.count)
            try file.write(parameters, data.parameters)
            if let stateIfMade { try file.write(stateIfMade, data.state) }
        }
    }
}
