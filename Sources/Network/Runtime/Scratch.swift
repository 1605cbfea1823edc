/// Scratch memory that a thread keeps between calls, so that a call does not pay for fresh pages. Freed
/// when the thread ends.
enum Scratch {
    /// The size of the allocation for `bytes`: the first 64 bytes hold the size.
    static func total(_ bytes: Int) -> Int { bytes + 64 }

    /// At least `bytes`, aligned to 64; nil if memory is exhausted. Invalidates what an earlier call on
    /// this thread returned. A block that is too small is freed first, so that both are never held at once;
    /// with `keepsOld`, only after the new one is there.
    static func take(_ bytes: Int, keepsOld: Bool = false) -> UnsafeMutableRawPointer? {
        let old = ThreadMemory.block
        if let old, old.load(as: Int.self) >= bytes { return old + 64 }
        if let old, !keepsOld {
            guard ThreadMemory.replace(by: nil) else { return nil }
            free(old)
        }
        if bytes > Int.max - 64 { return nil }
        guard let new = allocateBlock(total(bytes), largePages: false) else { return nil }
        guard ThreadMemory.replace(by: new) else {
            free(new)
            return nil
        }
        if keepsOld { free(old) }
        new.storeBytes(of: bytes, as: Int.self)
        return new + 64
    }
}
