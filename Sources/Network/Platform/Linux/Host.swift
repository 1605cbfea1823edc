import CLinux

// MARK: Memory

/// `bytes` > 0, aligned to 64; nil if there is no memory.
@inline(never)
func allocateBlock(_ bytes: Int, largePages: Bool) -> UnsafeMutableRawPointer? {
    let page = 1 << 21
    let isLarge = largePages && bytes >= page
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, isLarge ? page : 64, bytes) == 0 else { return nil }
    // Only as many pages as it fills. Where there are no large ones, that is no error.
    if isLarge { _ = madvise(memory, bytes / page * page, MADV_HUGEPAGE) }
    return memory
}

/// Releases a block of `allocateBlock`; nil is a no-op.
public func free(_ memory: UnsafeMutableRawPointer?) { CLinux.free(memory) }

/// Whether memory is scarcer than time, and no cache has sets to conflict in.
let savesMemory = false

// MARK: Processor and environment

/// The x86-64 level of CPU and kernel: 1, 3 (AVX2, FMA) or 4 (AVX-512).
var x86Level: Int { Int(platform_x86_level()) }

/// The value of an environment variable, or nil.
func setting(_ name: StaticString) -> UnsafePointer<CChar>? {
    UnsafePointer(getenv(name.utf8Start))
}

// MARK: Threads

/// Runs a body once in a process, whichever threads get here at the same time.
struct Once {
    private var control = pthread_once_t()
    private var isDone: UInt32 = 0

    /// By its address: a mutating method would be an access to all of `once`, which threads may not make
    /// at the same time.
    static func run(_ once: UnsafeMutablePointer<Once>, _ body: @convention(c) () -> Void) {
        // pthread_once is a call into another library, as long as a small kernel.
        if platform_load(&once.pointee.isDone) != 0 { return }
        pthread_once(&once.pointee.control, body)
        platform_store(&once.pointee.isDone, 1)
    }
}

/// One block for each thread, freed when its thread ends.
enum ThreadMemory {
    /// Nil if there is none yet.
    static var block: UnsafeMutableRawPointer? {
        Once.run(&makeKey) { hasKey = pthread_key_create(&key, { free($0) }) == 0 }
        return hasKey ? pthread_getspecific(key) : nil
    }

    /// The former block is the caller's. False if there is no memory.
    static func replace(by block: UnsafeMutableRawPointer?) -> Bool {
        hasKey && pthread_setspecific(key, block) == 0
    }
}

nonisolated(unsafe) private var makeKey = Once()
nonisolated(unsafe) private var key = pthread_key_t()
nonisolated(unsafe) private var hasKey = false
