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
