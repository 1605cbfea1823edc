import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Runs `body` on a new thread: a training takes no thread of the tasks' pool from other tasks.
func runOnNewThread(_ body: @escaping @Sendable () -> Void) throws(NetworkError) {
    let box = Unmanaged.passRetained(Body(body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, &attributes,
        { box in
            if let box { Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run() }
            return nil
        }, box.toOpaque())
    if status != 0 {
        box.release()
        throw NetworkError(
            kind: .memory, argument: nil, index: nil, value: nil,
            description: "a thread could not be started")
    }
}

private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Runs `body` on a new thread while the task is suspended. Cancelling the task does no more than to set the flag.
func suspendedWhile<R: Sendable>(_ body: @escaping @Sendable (Cancellation) throws -> R)
    async throws -> R
{
    let cancellation = Cancellation()
    return try await withTaskCancellationHandler {
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            do {
                try runOnNewThread {
                    continuation.resume(with: Result { try body(cancellation) })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    } onCancel: {
        cancellation.cancel()
    }
}

final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .relaxed) }
    func cancel() { flag.store(true, ordering: .relaxed) }
}
