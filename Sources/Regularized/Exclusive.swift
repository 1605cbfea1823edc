#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Lets one thread at a time use a network. A second use by the same thread, from a closure of the first, where
/// waiting would never end, is an error; but in the report of a fit, only a use that trains is one.
final class Exclusive: @unchecked Sendable {
    enum Use {
        case nothing
        /// A call that does not train.
        case call
        case fit
        /// Another call that trains, or sets the position.
        case training
        case buffers
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    /// Read and written by the thread that holds the mutex only.
    private var present = Use.nothing

    init() {
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        // Locking again in the same thread returns EDEADLK.
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_ERRORCHECK))
        pthread_mutex_init(mutex, &attributes)
        pthread_mutexattr_destroy(&attributes)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Waits for the uses by other threads, then calls `body`.
    func during<R>(_ use: Use, _ body: () throws(NetworkError) -> R) throws(NetworkError) -> R {
        let outer = try enter(use)
        defer { leave(to: outer) }
        return try body()
    }

    /// Waits for the uses by other threads. Returns the use of this thread that the new one is inside.
    func enter(_ use: Use) throws(NetworkError) -> Use {
        let isNested = pthread_mutex_lock(mutex) == EDEADLK
        if isNested && !(present == .fit && (use == .call || use == .buffers)) { throw .inUse }
        defer { present = use }
        return present
    }

    func leave(to outer: Use) {
        present = outer
        if outer == .nothing { pthread_mutex_unlock(mutex) }
    }
}
