/// Bytes in memory or in a file.
struct ByteSource {
    private let buffer: UnsafeRawPointer?
    private let file: InputFile?
    /// Bytes. Of a file, when it was opened.
    let size: Int

    init(buffer: UnsafeRawPointer, size: Int) {
        self.buffer = buffer
        file = nil
        self.size = size
    }

    /// Opens a file. The caller closes it.
    init(path: UnsafePointer<CChar>) throws(NetworkError) {
        let file = try InputFile(path: path)
        buffer = nil
        self.file = file
        size = file.size
    }

    func close() { file?.close() }

    /// Reads `count` bytes, all of them within `size`.
    func read(at offset: Int, _ count: Int, into memory: UnsafeMutableRawPointer)
        throws(NetworkError)
    {
        if let buffer { memory.copyMemory(from: buffer + offset, byteCount: count) }
        try file?.read(at: offset, count, into: memory)
    }
}
