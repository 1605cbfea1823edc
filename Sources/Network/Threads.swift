import CPlatform

/// One lazy pool of threads. A call that finds the pool busy, from another thread or from inside
/// itself, does its work alone: that can neither deadlock nor use more threads than asked for.
public enum Threads {
    public static let most = 256

    /// How many threads a large call may use.
    public static var count: Int {
        get {
            pthread_mutex_lock(&state.lock)
            defer { pthread_mutex_unlock(&state.lock) }
            if state.count == 0 { state.count = initialCount() }
            return state.count
        }
        set {
            pthread_mutex_lock(&state.lock)
            state.count = newValue
            pthread_mutex_unlock(&state.lock)
        }
    }

    /// Calls body(0), ..., body(parts - 1), each once, on up to `count` threads.
    public static func run(parts: Int, _ body: (Int) -> Void) {
        let threads = parts > 1 ? min(count, parts) : 1
        guard threads > 1, pthread_mutex_trylock(&state.region) == 0 else {
            for part in 0..<parts { body(part) }
            return
        }
        withoutActuallyEscaping(body) { body in
            pthread_mutex_lock(&state.lock)
            startWorkers(threads - 1)
            state.job = body
            state.next = 0
            state.parts = parts
            state.unfinished = parts
            state.helpers = threads - 1
            pthread_cond_broadcast(&state.begin)
            work()
            while state.unfinished > 0 { pthread_cond_wait(&state.end, &state.lock) }
            state.job = nil
            pthread_mutex_unlock(&state.lock)
        }
        pthread_mutex_unlock(&state.region)
    }
}

private struct State {
    /// Held by the call that uses the pool.
    var region = pthread_mutex_t()
    /// Guards all below.
    var lock = pthread_mutex_t()
    var begin = pthread_cond_t()
    var end = pthread_cond_t()
    var count = 0
    var workers = 0
    var handlesFork = false
    var job: ((Int) -> Void)?
    var next = 0
    var parts = 0
    var unfinished = 0
    /// Workers that may still join the current job.
    var helpers = 0
}

nonisolated(unsafe) private var state = State()

/// Takes parts until none is left. The lock is held on entry and on return.
private func work() {
    guard let job = state.job else { return }
    while state.next < state.parts {
        let part = state.next
        state.next += 1
        pthread_mutex_unlock(&state.lock)
        job(part)
        pthread_mutex_lock(&state.lock)
        state.unfinished -= 1
        if state.unfinished == 0 { pthread_cond_signal(&state.end) }
    }
}

private func startWorkers(_ wanted: Int) {
    if !state.handlesFork {
        state.handlesFork = true
        pthread_atfork(
            {
                pthread_mutex_lock(&state.region)
                pthread_mutex_lock(&state.lock)
            },
            {
                pthread_mutex_unlock(&state.lock)
                pthread_mutex_unlock(&state.region)
            },
            {
                // The child has one thread; its pool begins anew.
                let count = state.count
                state = State()
                state.count = count
                state.handlesFork = true
            })
    }
    while state.workers < wanted {
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { _ in
                workerLoop()
                return nil
            }, nil)
        // Fewer threads are no error: the calling one takes what they leave.
        if failed != 0 { return }
        pthread_detach(thread)
        state.workers += 1
    }
}

private func workerLoop() {
    pthread_mutex_lock(&state.lock)
    while true {
        while state.helpers == 0 || state.next >= state.parts {
            pthread_cond_wait(&state.begin, &state.lock)
        }
        state.helpers -= 1
        work()
    }
}

private func initialCount() -> Int {
    for name in [StaticString("SWIFTREG_NUM_THREADS"), "OMP_NUM_THREADS"] {
        // OMP_NUM_THREADS may be a list, one number for each level of nesting.
        guard let text = getenv(name.utf8Start) else { continue }
        let number = strtol(text, nil, 10)
        if number >= 1 { return min(number, Threads.most) }
    }
    return min(Int(platform_core_count()), Threads.most)
}
