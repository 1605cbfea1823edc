import CPlatform

// The host: the one place that knows an operating system. Everything else in the library is the
// same on every host. A host is a folder beside this file, chosen by the build (Package.swift, or the
// script of a cross build), never by `#if`:
//
//   Linux          large pages, a pool of threads, files, environment variables
//   WebAssembly    the heap of the C library; with OneThread
//   BareMetal      a heap in a block of the caller; with OneThread
//   OneThread      one thread, no files, no environment
//
// A host implements:
//
//   Memory         allocateBlock, free; savesMemory
//   Threads        Threads.count, Threads.isSingle, Threads.run; Once; ThreadMemory
//   Files          InputFile, replaceFile, fileError, fileErrorWords, writeDecimal
//   Processor      x86Level (x86-64 only)
//   Environment    setting
//
// The library reads no clock.

/// Memory for `count` elements, aligned to 64 bytes (BareMetal: 8), or nil; release it with `free`. Nothing is
/// stored in it. Large blocks get large pages, where the host has them: a product walks down rows that
/// are a page apart.
public func allocate<E>(_: E.Type, _ count: Int) -> UnsafeMutablePointer<E>? {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<E>.stride)
    guard count >= 0, !overflow else { return nil }
    return allocateBlock(max(bytes, 1), largePages: true)?.assumingMemoryBound(to: E.self)
}

/// The bytes of a file, in up to three pieces.
struct FileContent {
    typealias Piece = (bytes: UnsafeRawPointer, size: Int)
    let first: Piece
    var second: Piece?
    var third: Piece?

    init(_ bytes: UnsafeRawPointer, _ size: Int) { first = (bytes, size) }
}

/// `free` may change the error of a file operation, which the caller is to see.
func freeKeepingFileError(_ memory: UnsafeMutableRawPointer?) {
    let error = fileError
    free(memory)
    fileError = error
}

// `update` of the standard library is a loop, with a call for each element, where code is compiled
// to be small.
extension UnsafeMutablePointer where Pointee: BitwiseCopyable {
    func copy(_ source: UnsafePointer<Pointee>, _ count: Int) {
        memcpy(self, source, count * MemoryLayout<Pointee>.stride)
    }

    /// All bits 0.
    func clear(_ count: Int) { memset(self, 0, count * MemoryLayout<Pointee>.stride) }
}
