/// Working memory that a thread keeps from call to call, so that a call does not pay for fresh
/// pages. It is freed when its thread ends.
enum Scratch {
    /// What is allocated for so many: the first 64 bytes hold the size.
    static func total(_ bytes: Int) -> Int { bytes + 64 }

    /// At least `bytes`, aligned to 64; nil if there is no memory. What an earlier call got on
    /// this thread is no longer valid.
    static func take(_ bytes: Int) -> UnsafeMutableRawPointer? {
        let old = ThreadMemory.block
        if let old, old.load(as: Int.self) >= bytes { return old + 64 }
        // Before there is new memory, so that never both are held.
        if let old {
            guard ThreadMemory.replace(by: nil) else { return nil }
            free(old)
        }
        if bytes > Int.max - 64 { return nil }
        guard let new = allocateBlock(total(bytes), largePages: false) else { return nil }
        guard ThreadMemory.replace(by: new) else {
            free(new)
            return nil
        }
        new.storeBytes(of: bytes, as: Int.self)
        return new + 64
    }
}
