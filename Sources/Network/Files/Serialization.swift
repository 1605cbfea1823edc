import CPlatform

// The format is safetensors (github.com/huggingface/safetensors): the length of a header in 8 bytes,
// little-endian; the header, a JSON object with the type, shape and offsets of each tensor, padded with
// spaces; the tensors, without gaps. A network's parameters and its optimizer's state have this layout in
// memory.

extension FileHeader {
    /// The bytes before the tensors. The caller frees them.
    func written() throws(NetworkError) -> WrittenBytes {
        try WrittenBytes { writer in
            var size: UInt64 = 0
            writer.write(&size, 8)
            write(&writer)
            // The tensors begin at a multiple of 8.
            while writer.count % 8 != 0 { writer.write(" ") }
            size = UInt64(writer.count - 8).littleEndian
            writer.replace(at: 0, &size, 8)
        }
    }

    private func write(_ writer: inout ByteWriter) {
        writer.write("{\"__metadata__\":{")
        writeMetadata(&writer)
        writer.write("}")
        var offset = 0
        for tensor in 0..<tensors.count {
            writer.write(",\"")
            tensors.writeName(tensor, &writer)
            writer.write("\":{\"dtype\":\"")
            writer.write(Tensors.typeName(tensors.elementSize))
            writer.write("\",\"shape\":[")
            let shape = tensors.shape(tensor)
            writer.write(shape.first)
            if let second = shape.second {
                writer.write(",")
                writer.write(second)
            }
            writer.write("],\"data_offsets\":[")
            writer.write(offset)
            offset += tensors.bytes(tensor)
            writer.write(",")
            writer.write(offset)
            writer.write("]}")
        }
        writer.write("}")
    }

    private func writeMetadata(_ writer: inout ByteWriter) {
        var fields = FieldWriter(writer)
        fields.begin("swiftreg")
        fields.writer.write(Self.version)
        fields.end()
        fields.begin("widths")
        fields.writer.write(tensors.layers[0].nIn)
        for l in 0..<tensors.layerCount {
            fields.space()
            fields.writer.write(tensors.layers[l].nOut)
        }
        fields.end()
        // `code` is mutating, because it also reads. Writing throws nothing.
        var copy = self
        do throws(NetworkError) { try copy.code(&fields) } catch {}
        writer = fields.writer
    }
}

extension Network {
    private var fileHeader: FileHeader {
        var header = FileHeader(
            tensors: Tensors(
                layers, layerCount, parameters: parameterCount,
                moments: stateBuffer == nil ? 0 : optimizer.kind.moments,
                elementSize: MemoryLayout<T>.size))
        header.settings = settings
        header.optimizer = optimizer
        header.position = position
        return header
    }

    /// Bytes of the parameters, and of the state, which is 0 if it is not written.
    private var dataSizes: (parameters: Int, state: Int) {
        let size = parameterCount * MemoryLayout<T>.stride
        return (size, stateBuffer == nil ? 0 : size * optimizer.kind.moments)
    }

    /// Writes the file to the buffer, if it fits. Returns the size in bytes.
    public func serialize(
        _ buffer: UnsafeMutableRawPointer?, capacity: Int
    ) throws(NetworkError) -> Int {
        let header = try fileHeader.written()
        defer { free(header.memory) }
        let data = dataSizes
        let size = header.count + data.parameters + data.state
        guard let buffer, size <= capacity else { return size }
        var writer = ByteWriter(buffer, capacity: capacity)
        writer.write(header.memory, header.count)
        writer.write(parameters, data.parameters)
        if let stateBuffer { writer.write(stateBuffer, data.state) }
        return size
    }

    /// After a file error, errno has the reason.
    public func save(_ path: UnsafePointer<CChar>) throws(NetworkError) {
        let header = try fileHeader.written()
        defer { freeKeepingFileError(header.memory) }
        let data = dataSizes
        var content = FileContent(header.memory, header.count)
        content.second = (UnsafeRawPointer(parameters), data.parameters)
        if let stateBuffer { content.third = (UnsafeRawPointer(stateBuffer), data.state) }
        try replaceFile(path, content)
    }
}
