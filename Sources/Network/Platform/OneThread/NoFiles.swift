// The host has no files: every operation on one fails. Networks are read from and written to memory.

/// There is no errno here.
var fileError: Int32 {
    get { 0 }
    set {}
}

public func fileErrorWords() -> UnsafePointer<CChar>? { nil }

func replaceFile(
    _ path: UnsafePointer<CChar>, _ content: FileContent,
    and second: (path: UnsafePointer<CChar>, content: FileContent)? = nil
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

/// A number in a file, of which there are none.
func writeDecimal(_ value: Double, isFloat: Bool, _ text: UnsafeMutablePointer<CChar>) {
    text[0] = 0
}
