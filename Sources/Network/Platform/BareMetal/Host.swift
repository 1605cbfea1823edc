import CBareMetal

// The heap is a block of memory that the caller gives before the first call. It is divided into
// blocks that follow one another, each with a header; an allocation takes the first that is free and
// large enough. A network has about ten blocks, so that no list of free ones would be faster.

/// In front of each block.
private struct Header {
    /// Bytes to the next header.
    var size: Int
    var isUsed: Bool
}

private let alignment = 64
private let headerSize = MemoryLayout<Header>.stride

nonisolated(unsafe) private var heapStart: UnsafeMutableRawPointer?
nonisolated(unsafe) private var heapEnd: UnsafeMutableRawPointer?

@c @implementation
public func reg_set_heap(_ memory: UnsafeMutableRawPointer?, _ size: Int) -> Int32 {
    var isUsed = false
    forEachBlock { header in
        isUsed = header.pointee.isUsed
        return isUsed
    }
    guard let memory, size >= 4 * alignment, !isUsed else { return 1 }
    let first = UInt(bitPattern: memory)
    // A header ends where a block begins.
    let start = (first + UInt(headerSize + alignment - 1)) & ~UInt(alignment - 1)
    let skipped = Int(start - first) - headerSize
    let usable = (size - skipped) / alignment * alignment
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

/// `bytes` > 0, aligned to 64; nil if there is no memory. There are no large pages.
@inline(never)
func allocateBlock(_ bytes: Int, largePages: Bool) -> UnsafeMutableRawPointer? {
    if bytes > Int.max / 2 { return nil }
    let wanted = (bytes + headerSize + alignment - 1) / alignment * alignment
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

/// Releases a block of `allocateBlock`; nil is a no-op.
public func free(_ memory: UnsafeMutableRawPointer?) {
    guard let memory else { return }
    (memory - headerSize).assumingMemoryBound(to: Header.self).pointee.isUsed = false
}
