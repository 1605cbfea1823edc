import CLinux

/// One lazy pool of threads. A call that finds the pool busy, from another thread or from inside
/// itself, does its work alone: that can neither deadlock nor use more threads than asked for.
public enum Threads {
    public static let maxCount = 256

    /// Whether there never are several, so that no call need be divided.
    @inline(__always) static var isSingle: Bool { false }

    /// How many threads a large call may use.
    public static var count: Int {
        get {
            pthread_mutex_lock(&state.pointee.lock)
            defer { pthread_mutex_unlock(&state.pointee.lock) }
            if state.pointee.count == 0 { state.pointee.count = initialCount() }
            return state.pointee.count
        }
        set {
            pthread_mutex_lock(&state.pointee.lock)
            state.pointee.count = newValue
            pthread_mutex_unlock(&state.pointee.lock)
        }
    }

    /// Calls body(context, 0), ..., body(context, parts - 1), each once, on up to `count` threads.
    ///
    /// The body captures nothing: a closure with a context would be allocated on the heap, and an
    /// allocation that Swift makes itself ends the process where it fails.
    public static func run<Context>(
        parts: Int, _ context: Context,
        _ body: @escaping (_ context: UnsafePointer<Context>, _ part: Int) -> Void
    ) {
        let job = unsafeBitCast(Body(call: body), to: Job.self)
        withUnsafePointer(to: context) { run(parts, UnsafeRawPointer($0), job) }
    }

    // Structs, because a function that goes through a generic by itself is wrapped in a closure.

    private struct Body<Context> {
        let call: (_ context: UnsafePointer<Context>, _ part: Int) -> Void
    }

    /// A body whose context's type is forgotten; a pointer is a pointer.
    fileprivate struct Job {
        let call: (_ context: UnsafeRawPointer, _ part: Int) -> Void
    }

    /// Not optimized, so that the compiler makes no copy of it for every body: it does little
    /// itself, and the copies would be a tenth of the library.
    @inline(never)
    @_optimize(none)
    private static func run(_ parts: Int, _ context: UnsafeRawPointer, _ job: Job) {
        let threads = parts > 1 ? min(count, parts) : 1
        guard threads > 1, pthread_mutex_trylock(&state.pointee.region) == 0 else {
            for part in 0..<parts { job.call(context, part) }
            return
        }
        pthread_mutex_lock(&state.pointee.lock)
        startWorkers(threads - 1)
        state.pointee.job = job
        state.pointee.context = context
        state.pointee.next = 0
        state.pointee.parts = parts
        state.pointee.unfinished = parts
        state.pointee.helpers = threads - 1
        platform_count_up(&state.pointee.begun)
        pthread_cond_broadcast(&state.pointee.begin)
        work()
        while state.pointee.unfinished > 0 && !watch(&state.pointee.ended) {
            pthread_cond_wait(&state.pointee.end, &state.pointee.lock)
        }
        state.pointee.job = nil
        state.pointee.context = nil
        pthread_mutex_unlock(&state.pointee.lock)
        pthread_mutex_unlock(&state.pointee.region)
    }
}

private struct State {
    /// Held by the call that uses the pool.
    var region = pthread_mutex_t()
    /// Guards all below.
    var lock = pthread_mutex_t()
    var begin = pthread_cond_t()
    var end = pthread_cond_t()
    /// How often a job began, and how often one ended: for those who watch without the lock.
    var begun: UInt32 = 0
    var ended: UInt32 = 0
    /// All is 0 in the beginning: the compiler (6.3.1) lays another value of a global with such C types
    /// out at a place where no field is, and a count of workers came to be 1.
    var cores = 0
    var count = 0
    var workers = 0
    var handlesFork = false
    var job: Threads.Job?
    var context: UnsafeRawPointer?
    var next = 0
    var parts = 0
    var unfinished = 0
    /// Workers that may still join the current job.
    var helpers = 0
}

nonisolated(unsafe) private var storage = State()
nonisolated(unsafe) private let state = pointer(&storage)

private func pointer<T>(_ global: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<T> { global }

/// Takes parts until none is left. The lock is held on entry and on return.
private func work() {
    guard let job = state.pointee.job, let context = state.pointee.context else { return }
    while state.pointee.next < state.pointee.parts {
        let part = state.pointee.next
        state.pointee.next += 1
        pthread_mutex_unlock(&state.pointee.lock)
        job.call(context, part)
        pthread_mutex_lock(&state.pointee.lock)
        state.pointee.unfinished -= 1
        if state.pointee.unfinished == 0 {
            platform_count_up(&state.pointee.ended)
            pthread_cond_signal(&state.pointee.end)
        }
    }
}

/// Lets go of the lock, which is held on entry and on return, and watches for some ten microseconds;
/// whether the number changed meanwhile. With more threads than cores there is nothing to gain.
private func watch(_ number: UnsafeMutablePointer<UInt32>) -> Bool {
    if state.pointee.count > state.pointee.cores { return false }
    let seen = number.pointee
    pthread_mutex_unlock(&state.pointee.lock)
    let changed = platform_watch(number, seen) != 0
    pthread_mutex_lock(&state.pointee.lock)
    return changed || number.pointee != seen
}

private func startWorkers(_ wanted: Int) {
    if !state.pointee.handlesFork {
        state.pointee.handlesFork = true
        state.pointee.cores = Int(platform_core_count())
        pthread_atfork(
            {
                pthread_mutex_lock(&state.pointee.region)
                pthread_mutex_lock(&state.pointee.lock)
            },
            {
                pthread_mutex_unlock(&state.pointee.lock)
                pthread_mutex_unlock(&state.pointee.region)
            },
            {
                // The child has one thread; its pool begins anew.
                let (count, cores) = (state.pointee.count, state.pointee.cores)
                state.pointee = State()
                state.pointee.count = count
                state.pointee.cores = cores
                state.pointee.handlesFork = true
            })
    }
    while state.pointee.workers < wanted {
        let starts = platform_start_thread { _ in
            workerLoop()
            return nil
        }
        // Fewer threads are no error: the calling one takes what they leave.
        if starts == 0 { return }
        state.pointee.workers += 1
    }
}

private func workerLoop() {
    pthread_mutex_lock(&state.pointee.lock)
    while true {
        while state.pointee.helpers == 0 || state.pointee.next >= state.pointee.parts {
            if !watch(&state.pointee.begun) {
                pthread_cond_wait(&state.pointee.begin, &state.pointee.lock)
            }
        }
        state.pointee.helpers -= 1
        work()
    }
}

private func initialCount() -> Int {
    for name in [StaticString("SWIFTREG_NUM_THREADS"), "OMP_NUM_THREADS"] {
        // OMP_NUM_THREADS may be a list, one number for each level of nesting.
        guard let text = setting(name) else { continue }
        let number = strtol(text, nil, 10)
        if number >= 1 { return min(number, Threads.maxCount) }
    }
    return min(Int(platform_core_count()), Threads.maxCount)
}
