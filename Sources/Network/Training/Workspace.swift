import CPlatform

/// A block of memory that is kept between calls and grows when needed.
struct Workspace<T: Scalar> {
    private var memory: UnsafeMutablePointer<T>?
    private var elements = 0

    /// At least `count` elements, aligned to 64 bytes. New memory is zeroed because kernels also process row
    /// padding. A block that is too small is freed first, so that both are never held at once; with
    /// `keepsOld`, only after the new one is there.
    mutating func take(
        _ count: Int, keepsOld: Bool = false
    ) throws(NetworkError) -> UnsafeMutablePointer<T> {
        if let memory, has(count) { return memory }
        if !keepsOld { release() }
        guard let new = allocate(T.self, count) else { throw .memory }
        release()
        new.clear(count)
        memory = new
        elements = count
        return new
    }

    func has(_ count: Int) -> Bool { memory != nil && elements >= count }

    mutating func release() {
        free(memory)
        memory = nil
        elements = 0
    }
}
