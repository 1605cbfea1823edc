import CBareMetal
import KernelInterface

// The heap is a block of memory that the caller gives before the first call. It is divided into
// blocks that follow one another, each with a header; an allocation takes the first that is free and
// large enough. A network has about ten blocks, so that no list of free ones would be faster.

/// In front of each block.
private struct Header {
    /// Bytes to the next header.
    var size: Int
    var isUsed: Bool
}

/// That of a double. No kernel here needs more.
private let alignment = 8
private let headerSize = MemoryLayout<Header>.stride
private let minHeapSize = 256

nonisolated(unsafe) private var heapStart: UnsafeMutableRawPointer?
nonisolated(unsafe) private var heapEnd: UnsafeMutableRawPointer?
/// Bytes of the caller's block before the first header.
nonisolated(unsafe) private var heapSkipped = 0

@c @implementation
public func reg_set_heap(_ memory: UnsafeMutableRawPointer?, _ size: Int) -> Int32 {
    // The working memory that the library keeps between calls.
    free(ThreadMemory.block)
    _ = ThreadMemory.replace(by: nil)
    var isUsed = false
    forEachBlock { header in
        isUsed = header.pointee.isUsed
        return isUsed
    }
    guard let memory, size >= minHeapSize, !isUsed else { return 1 }
    let first = UInt(bitPattern: memory)
    // A header ends where a block begins.
    let start = (first + UInt(headerSize + alignment - 1)) & ~UInt(alignment - 1)
    let skipped = Int(start - first) - headerSize
    let usable = (size - skipped) / alignment * alignment
    heapSkipped = skipped
    heapStart = memory + skipped
    heapEnd = memory + skipped + usable
    (memory + skipped).storeBytes(of: Header(size: usable, isUsed: false), as: Header.self)
    return 0
}

/// Calls body for the header of each block, until it returns true.
private func forEachBlock(_ body: (UnsafeMutablePointer<Header>) -> Bool) {
    guard var at = heapStart, let end = heapEnd else { return }
    while at < end {
        let header = at.assumingMemoryBound(to: Header.self)
        if body(header) { return }
        at += header.pointee.size
    }
}

/// `bytes` > 0, aligned to 8; nil if there is no memory. There are no large pages.
@inline(never)
func allocateBlock(_ bytes: Int, largePages: Bool) -> UnsafeMutableRawPointer? {
    allocateBlock(bytes, fromEnd: true)
}

/// `fromEnd`: also from the free block at the end of the heap.
private func allocateBlock(_ bytes: Int, fromEnd: Bool) -> UnsafeMutableRawPointer? {
    if bytes > Int.max / 2 { return nil }
    let wanted = sizeWithHeader(bytes)
    var found: UnsafeMutableRawPointer?
    forEachBlock { header in
        if header.pointee.isUsed { return false }
        // Free blocks behind it become a part of it.
        let start = UnsafeMutableRawPointer(header)
        while let end = heapEnd, start + header.pointee.size < end {
            let next = (start + header.pointee.size).assumingMemoryBound(to: Header.self)
            if next.pointee.isUsed { break }
            header.pointee.size += next.pointee.size
        }
        if header.pointee.size < wanted { return false }
        if !fromEnd && start + header.pointee.size == heapEnd { return false }
        if header.pointee.size > wanted {
            let rest = Header(size: header.pointee.size - wanted, isUsed: false)
            (start + wanted).storeBytes(of: rest, as: Header.self)
        }
        header.pointee = Header(size: wanted, isUsed: true)
        found = start + headerSize
        return true
    }
    return found
}

private func sizeWithHeader(_ bytes: Int) -> Int {
    (bytes + headerSize + alignment - 1) / alignment * alignment
}

/// Releases a block of `allocateBlock`; nil is a no-op.
public func free(_ memory: UnsafeMutableRawPointer?) {
    guard let memory else { return }
    (memory - headerSize).assumingMemoryBound(to: Header.self).pointee.isUsed = false
}

/// Whether memory is scarcer than time, and no cache has sets to conflict in.
let savesMemory = true

// MARK: Size of the heap

/// Bytes of the caller's block up to the end of the last block in use.
private func heapInUse() -> Int {
    guard let start = heapStart else { return 0 }
    var end = start
    forEachBlock { header in
        if header.pointee.isUsed { end = UnsafeMutableRawPointer(header) + header.pointee.size }
        return false
    }
    return heapSkipped + (end - start)
}

/// The bytes of a heap in which each of `blocks` can be allocated beside what is in use now, in this order.
private func heapBytes(for blocks: InlineArray<5, Int>) -> Int {
    var size = heapInUse()
    // The blocks that fill gaps before the last block in use.
    var gaps = InlineArray<5, UnsafeMutableRawPointer?>(repeating: nil)
    for i in 0..<blocks.count where blocks[i] > 0 {
        gaps[i] = allocateBlock(blocks[i], fromEnd: false)
        if gaps[i] == nil { size += sizeWithHeader(blocks[i]) }
    }
    for i in 0..<gaps.count { free(gaps[i]) }
    return size
}

extension Network {
    /// The bytes of a heap in which this network, created as the first, can be trained by `fit`; with
    /// `batchSize` 0, in which it can predict.
    public func heapSize(batchSize: Int, examples: Int, validates: Bool) -> Int {
        let element = MemoryLayout<T>.stride
        let trains = batchSize > 0
        let size = min(batchSize, examples)
        var need =
            trains
            ? WorkingMemory(self, batches: size, of: examples, threads: 1)
            : WorkingMemory(self, batch: Self.predicted(examples), trains: false, threads: 1)
        if trains && validates {
            need.add(WorkingMemory(self, batch: examples, trains: false, threads: 1))
        }
        let fit = FitMemory.bytes(self, examples: examples, shuffles: true, validates: validates)
        // What creation takes for a moment: see `drawNotebookWeights`.
        let key = LegacyGenerator.size * MemoryLayout<UInt32>.stride
        let creation = settings.initialWeights == .notebook ? sizeWithHeader(key) : 0
        let training = heapBytes(for: [
            trains ? parameterCount * element : 0, trains ? max(1, stateCount) * element : 0,
            trains ? fit : 0, need.elements * element,
            need.scratch == 0 ? 0 : Scratch.total(need.scratch),
        ])
        return max(minHeapSize, training, heapInUse() + creation)
    }
}
