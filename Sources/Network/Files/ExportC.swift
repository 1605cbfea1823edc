import CPlatform
import KernelInterface

extension Network {
    /// Writes the network as a C file with a function, and its header. After a file error, errno has the
    /// reason.
    public func exportC(_ path: UnsafePointer<CChar>, _ export: CExport) throws(NetworkError) {
        let areFloats = MemoryLayout<T>.size == 4
        let source = CSource(
            export: export, layers: layers, count: layerCount, loss: settings.loss,
            parameters: Numbers(memory: parameters, areFloats: areFloats),
            isFloat: export.precision == .own ? areFloats : export.precision == .float32,
            chain: operations.table.pointee.blockK)
        try source.write(path)
    }
}

extension CSource {
    @inline(never)
    fileprivate func write(_ path: UnsafePointer<CChar>) throws(NetworkError) {
        let text = try written(.source)
        defer { freeKeepingFileError(text.memory) }
        let content = FileContent(text.memory, text.count)
        guard let header = export.header else { return try replaceFile(path, content) }
        let declarations = try written(.header)
        defer { freeKeepingFileError(declarations.memory) }
        try replaceFile(
            path, content, and: (header, FileContent(declarations.memory, declarations.count)))
    }

    private func written(_ file: CSourceWriter.File) throws(NetworkError) -> WrittenBytes {
        try WrittenBytes { writer in
            var source = CSourceWriter(self, writer)
            source.write(file)
            writer = source.writer
        }
    }
}
