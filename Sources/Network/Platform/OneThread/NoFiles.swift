// The host has no files: every operation on one fails. Networks are read from and written to memory.

/// There is no errno here.
var fileError: Int32 {
    get { 0 }
    set {}
}

struct OutputFile {
    func write(_ bytes: UnsafeRawPointer, _ size: Int) throws(NetworkError) { throw .file }
}

func replaceFile(
    _ path: UnsafePointer<CChar>, _ body: (_ file: OutputFile) throws(NetworkError) -> Void
) throws(NetworkError) {
    throw .file
}

struct InputFile {
    let size = 0

    init(path: UnsafePointer<CChar>) throws(NetworkError) { throw .file }

    func close() {}

    func read(at offset: Int, _ count: Int, into memory: UnsafeMutableRawPointer)
        throws(NetworkError)
    {
        throw .file
    }
}
