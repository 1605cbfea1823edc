import CPlatform

/// Working memory that a thread keeps from call to call, so that a call does not pay for fresh
/// pages. It is freed when its thread ends.
enum Scratch {
    /// What is allocated for so many: the first 64 bytes hold the size.
    static func total(_ bytes: Int) -> Int { bytes + 64 }

    /// At least `bytes`, aligned to 64; nil if there is no memory. What an earlier call got on
    /// this thread is no longer valid.
    static func take(_ bytes: Int) -> UnsafeMutableRawPointer? {
        pthread_once(&once) { hasKey = pthread_key_create(&key, { free($0) }) == 0 }
        guard hasKey else { return nil }
        let old = pthread_getspecific(key)
        if let old, old.load(as: Int.self) >= bytes { return old + 64 }
        // Before there is new memory, so that never both are held.
        if let old {
            guard pthread_setspecific(key, nil) == 0 else { return nil }
            free(old)
        }
        if bytes > Int.max - 64 { return nil }
        var new: UnsafeMutableRawPointer?
        guard posix_memalign(&new, 64, total(bytes)) == 0, let new else { return nil }
        guard pthread_setspecific(key, new) == 0 else {
            free(new)
            return nil
        }
        new.storeBytes(of: bytes, as: Int.self)
        return new + 64
    }
}

nonisolated(unsafe) private var once = pthread_once_t()
nonisolated(unsafe) private var key = pthread_key_t()
nonisolated(unsafe) private var hasKey = false
