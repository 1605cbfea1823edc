/// The host has one thread: every part of a job is done by the caller.
public enum Threads {
    public static let maxCount = 256

    /// Whether there never are several, so that no call need be divided.
    @inline(__always) static var isSingle: Bool { true }

    /// How many threads a call may use. One does the work, whatever the number.
    public static var count: Int {
        get { storedCount }
        set { storedCount = newValue }
    }

    /// Calls body(context, 0), ..., body(context, parts - 1), each once.
    public static func run<Context>(
        parts: Int, _ context: Context,
        _ body: @escaping (_ context: UnsafePointer<Context>, _ part: Int) -> Void
    ) {
        withUnsafePointer(to: context) { context in
            for part in 0..<parts { body(context, part) }
        }
    }
}

nonisolated(unsafe) private var storedCount = 1

/// Runs a body once.
struct Once {
    private var isDone = false

    static func run(_ once: UnsafeMutablePointer<Once>, _ body: () -> Void) {
        if once.pointee.isDone { return }
        once.pointee.isDone = true
        body()
    }
}

/// The thread's block.
enum ThreadMemory {
    /// Nil if there is none yet.
    static var block: UnsafeMutableRawPointer? { storedBlock }

    /// The former block is the caller's.
    static func replace(by block: UnsafeMutableRawPointer?) -> Bool {
        storedBlock = block
        return true
    }
}

nonisolated(unsafe) private var storedBlock: UnsafeMutableRawPointer?

/// The host has no environment.
func setting(_ name: StaticString) -> UnsafePointer<CChar>? { nil }
