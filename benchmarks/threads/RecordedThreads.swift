import CLinux

// Takes the place of Sources/Network/Platform/Linux/Threads.swift in a build for benchmarks/threads.py:
// parts run one after the other on the calling thread, and their times are recorded. The plans are those of
// `count` threads.

public enum Threads {
    public static let maxCount = 256
    @inline(__always) static var isSingle: Bool { false }
    public static var count: Int {
        get { recorder.count }
        set { recorder.count = newValue }
    }

    public static func run<Context>(
        parts: Int, _ context: Context,
        _ body: @escaping (_ context: UnsafePointer<Context>, _ part: Int) -> Void
    ) {
        withUnsafePointer(to: context) { context in
            // A job of several threads begins one region, and jobs inside it run on one thread.
            let isRegion = parts > 1 && recorder.count > 1 && !recorder.isInside
            if isRegion { recorder.begin(parts) }
            for part in 0..<parts {
                body(context, part)
                if isRegion { recorder.add(now()) }
            }
            if isRegion { recorder.isInside = false }
        }
    }
}

private struct Recorder {
    var count = 1
    var isInside = false
    /// For each region the number of its parts, the time of its begin, and the times of the parts' ends.
    var values: UnsafeMutablePointer<Double>?
    var capacity = 0
    var used = 0

    mutating func begin(_ parts: Int) {
        isInside = true
        add(Double(parts))
        add(now())
    }

    mutating func add(_ value: Double) {
        if used < capacity { values?[used] = value }
        used += 1
    }
}

nonisolated(unsafe) private var recorder = Recorder()

private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

/// Records into `values` from now on.
@_cdecl("threads_record")
public func record(_ values: UnsafeMutablePointer<Double>?, _ capacity: Int) {
    (recorder.values, recorder.capacity, recorder.used) = (values, capacity, 0)
}

/// Ends the recording. Returns how many values there were, which may be more than there was room for.
@_cdecl("threads_recorded")
public func recorded() -> Int {
    recorder.values = nil
    return recorder.used
}
