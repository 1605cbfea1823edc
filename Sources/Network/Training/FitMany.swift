import CPlatform
import KernelInterface

/// What happens to one of many jobs.
public enum FitEvent {
    case begins
    case ended(NetworkError?, FitResult)
}

/// One of many networks that are trained side by side.
public struct FitJob<T: Scalar> {
    public let network: Network<T>.Handle
    public let examples: Examples<T>
    public let validation: Examples<T>?
    public var options: FitOptions
    public var result = FitResult()
    /// Nil after success.
    public var error: NetworkError?
    /// Called with the options' context before the job (true: not to train) and with the finished job's
    /// error and result after it. Captures nothing.
    public var event: ((UnsafeRawPointer?, FitEvent) -> Bool)?

    public init(
        network: Network<T>.Handle, examples: Examples<T>, validation: Examples<T>?,
        options: FitOptions
    ) {
        self.network = network
        self.examples = examples
        self.validation = validation
        self.options = options
    }

    public mutating func run(threads: Int) {
        do throws(NetworkError) {
            try Network.fit(
                network, examples, validation: validation, options, threads: threads, &result)
        } catch {
            self.error = error
        }
    }

    /// One of many: keeps no working memory.
    @inline(never)
    fileprivate mutating func runAlone(threads: Int) {
        if let event, Network.reporting(network, { event(options.context, .begins) }) {
            result.reason = .report
        } else {
            run(threads: threads)
            network.pointee.releaseWorkingMemory()
        }
        _ = event?(options.context, .ended(error, result))
    }

    /// Whether the products of a batch are large enough for several threads.
    fileprivate var isLarge: Bool {
        var largest = 0
        for l in 0..<network.pointee.layerCount {
            largest = max(largest, network.pointee.layers[l].weightCount)
        }
        let batch = min(options.size(of: examples), Chunk<T>.maxExamples)
        return Double(largest) * Double(batch) >= minThreadedWork
    }
}

/// Trains independent networks, each on one thread of the pool; few and large ones one after the other,
/// each on all threads. A job that fails stops no other.
public func fitMany<T: Scalar>(_ jobs: UnsafeMutablePointer<FitJob<T>>, count: Int) {
    let threads = Threads.count
    var sharesThreads = count < threads
    for i in 0..<count where !jobs[i].isLarge { sharesThreads = false }
    if sharesThreads {
        for i in 0..<count { jobs[i].runAlone(threads: threads) }
    } else {
        Threads.run(parts: count, jobs) { jobs, part in jobs.pointee[part].runAlone(threads: 1) }
    }
}
