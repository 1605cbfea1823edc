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
        let helpers = startWorkers(threads - 1)
        (state.pointee.job, state.pointee.context, state.pointee.parts) = (job, context, parts)
        platform_store(&state.pointee.next, 0)
        platform_store(&state.pointee.left, 0)
        // From here on workers may join.
        platform_store(&state.pointee.places, UInt32(helpers))
        _ = platform_add(&state.pointee.begun, 1)
        if platform_load(&state.pointee.sleepers) > 0 {
            pthread_mutex_lock(&state.pointee.lock)
            pthread_cond_broadcast(&state.pointee.begin)
            pthread_mutex_unlock(&state.pointee.lock)
        }
        work()
        waitForWorkers(UInt32(helpers) - platform_exchange(&state.pointee.places, 0))
        state.pointee.job = nil
        state.pointee.context = nil
        pthread_mutex_unlock(&state.pointee.region)
    }
}

/// Workers join a job, take parts and leave it without a lock: with many threads they would wait for one
/// another longer than a small part takes. The lock is for those who sleep.
private struct State {
    /// Held by the call that uses the pool. Guards the job, `workers`, `cores` and `handlesFork`.
    var region = pthread_mutex_t()
    /// Guards `count`, and the conditions.
    var lock = pthread_mutex_t()
    var begin = pthread_cond_t()
    var end = pthread_cond_t()
    // All is 0 in the beginning: the compiler (6.3.1) lays another value of a global with such C types
    // out at a place where no field is, and a count of workers came to be 1.
    var count = 0
    var cores = 0
    var workers = 0
    var handlesFork = false
    // Constant while `places` is not 0 and until the workers that joined have left.
    var job: Threads.Job?
    var context: UnsafeRawPointer?
    var parts = 0
    // The rest is for the atomic operations of linux.h.
    /// The first part that nobody has taken.
    var next: UInt32 = 0
    /// How many workers may still join the job.
    var places: UInt32 = 0
    /// How many workers have left the job.
    var left: UInt32 = 0
    /// How often a job began.
    var begun: UInt32 = 0
    /// Workers that wait for `begin`.
    var sleepers: UInt32 = 0
    /// Whether the caller waits for `end`.
    var callerSleeps: UInt32 = 0
    /// Whether threads watch for some time before they sleep: not with more threads than cores.
    var watches: UInt32 = 0
}

nonisolated(unsafe) private var storage = State()
nonisolated(unsafe) private let state = pointer(&storage)

private func pointer<T>(_ global: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<T> { global }

/// Takes parts until none is left.
private func work() {
    guard let job = state.pointee.job, let context = state.pointee.context else { return }
    while true {
        let part = Int(platform_add(&state.pointee.next, 1))
        if part >= state.pointee.parts { return }
        job.call(context, part)
    }
}

/// Returns when `joined` workers have left.
private func waitForWorkers(_ joined: UInt32) {
    var left = platform_load(&state.pointee.left)
    while left != joined && platform_load(&state.pointee.watches) != 0
        && platform_watch(&state.pointee.left, left) != 0
    {
        left = platform_load(&state.pointee.left)
    }
    if left == joined { return }
    pthread_mutex_lock(&state.pointee.lock)
    platform_store(&state.pointee.callerSleeps, 1)
    while platform_load(&state.pointee.left) != joined {
        pthread_cond_wait(&state.pointee.end, &state.pointee.lock)
    }
    platform_store(&state.pointee.callerSleeps, 0)
    pthread_mutex_unlock(&state.pointee.lock)
}

private func workerLoop() {
    while true {
        let begun = platform_load(&state.pointee.begun)
        if platform_take_one(&state.pointee.places) != 0 {
            work()
            _ = platform_add(&state.pointee.left, 1)
            if platform_load(&state.pointee.callerSleeps) != 0 {
                pthread_mutex_lock(&state.pointee.lock)
                pthread_cond_signal(&state.pointee.end)
                pthread_mutex_unlock(&state.pointee.lock)
            }
        } else if platform_load(&state.pointee.watches) == 0
            || platform_watch(&state.pointee.begun, begun) == 0
        {
            pthread_mutex_lock(&state.pointee.lock)
            _ = platform_add(&state.pointee.sleepers, 1)
            while platform_load(&state.pointee.places) == 0 {
                pthread_cond_wait(&state.pointee.begin, &state.pointee.lock)
            }
            _ = platform_add(&state.pointee.sleepers, UInt32.max)
            pthread_mutex_unlock(&state.pointee.lock)
        }
    }
}

/// Sees to `wanted` workers. Returns how many of them there are: fewer are no error, for the calling thread takes the
/// parts that they leave.
private func startWorkers(_ wanted: Int) -> Int {
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
    platform_store(
        &state.pointee.watches, wanted < state.pointee.cores ? 1 : 0)
    while state.pointee.workers < wanted {
        let starts = platform_start_thread { _ in
            workerLoop()
            return nil
        }
        if starts == 0 { break }
        state.pointee.workers += 1
    }
    return min(wanted, state.pointee.workers)
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
