import CSwiftReg
import Foundation
import Testing

/// Calls body(0), ..., body(count - 1) in parallel, each on its own thread, and waits for all. Uses
/// pthreads, which run together on any number of cores, and which the thread sanitizer supports.
private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let gate = NSLock()
    gate.lock()
    let threads = (0..<count).map { index in
        let job = Job {
            gate.withLock {}
            body(index)
        }
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            {
                Unmanaged<Job>.fromOpaque($0!).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(job).toOpaque())
        precondition(failed == 0, "no thread")
        return thread
    }
    gate.unlock()
    for thread in threads { pthread_join(thread, nil) }
}

/// The result of one kind of call, as bytes.
private typealias Work = @Sendable () -> [UInt8]

private func bytes<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

/// Many values from few random ones. Masks do not repeat with them.
private func periodic<T: Element>(_ count: Int, in range: ClosedRange<Double>, seed: UInt64) -> [T]
{
    var random = SplitMix64(seed)
    var values: [T] = random.values(101, in: range)
    while values.count < count { values += values }
    return Array(values.prefix(count))
}

private func dropout<T: Element>(_: T.Type, count: Int, seed: UInt64) -> Work {
    {
        let a: [T] = periodic(count, in: -1...1, seed: seed)
        var (out, mask) = (a, [UInt8](repeating: 7, count: count))
        #expect(T.abi.forwardDropout(a, count, 0.5, seed, 1, 3, &out, &mask) == REG_OK)
        return bytes(out) + mask
    }
}

private func dense<T: Element>(_: T.Type, nOut: Int, nIn: Int, m: Int, layout: Layout) -> Work {
    {
        let w: [T] = periodic(nOut * nIn, in: -1...1, seed: 1)
        let b: [T] = periodic(nOut, in: -1...1, seed: 2)
        let a: [T] = periodic(nIn * m, in: -1...1, seed: 3)
        var out = [T](repeating: 7, count: nOut * m)
        var (dw, db, da) = (w, b, a)
        let input = layout.strides(units: nIn, examples: m)
        let output = layout.strides(units: nOut, examples: m)
        #expect(
            T.abi.forwardDense(w, b, nOut, nIn, m, a, input, REG_RELU, nil, &out, output) == REG_OK)
        #expect(
            T.abi.backwardL2(w, nOut, nIn, m, out, output, a, input, 0.1, &dw, &db, &da, input)
                == REG_OK)
        return [out, dw, db, da].flatMap(bytes)
    }
}

private func cost<T: Element>(_: T.Type, count: Int) -> Work {
    {
        let a: [T] = periodic(count, in: 0.1...0.9, seed: 16)
        var result = -1.0
        #expect(T.abi.cost(a, a, 1, count, &result, nil) == REG_OK)
        return bytes([result])
    }
}

private func legacy(seed: UInt32) -> Work {
    {
        var rng = reg_legacy_rng()
        var out = [Double](repeating: 7, count: 700)
        #expect(reg_legacy_seed(&rng, seed) == REG_OK)
        #expect(reg_legacy_normal(&rng, out.count, &out) == REG_OK)
        return bytes(out)
    }
}

/// A separate network, trained in mini-batches that are large enough for several threads.
private func training<T: NetworkElement>(_: T.Type, hidden: Int, seed: UInt64) -> Work {
    {
        let network = TrainedNetwork<T>(hidden: hidden, keepProb: 0.5, seed: seed)
        network.setOptimizer(REG_ADAM, learningRate: 0.01)
        #expect(network.fit(epochs: 1, batchSize: 200).status == REG_OK)
        return bytes(network.parameters) + bytes(network.predict().values)
    }
}

/// Serialized, because the number of threads is global to the process.
@Suite(.serialized) struct ThreadTests {
    private func setThreads(_ count: Int32) {
        #expect(reg_set_num_threads(count) == REG_OK)
    }

    /// Restores the number of threads after the body.
    private func keepingThreads(_ body: () throws -> Void) rethrows {
        var before: Int32 = 0
        #expect(reg_get_num_threads(&before) == REG_OK)
        defer { setThreads(before) }
        try body()
    }

    @Test func theNumberIsWhatWasSet() throws {
        try keepingThreads {
            for count in [1, 2, 3, REG_MAX_THREADS] as [Int32] {
                setThreads(count)
                var (read, build) = (Int32(0), reg_build())
                build.struct_size = MemoryLayout<reg_build>.size
                try #require(reg_build_info(&build) == REG_OK)
                #expect(reg_get_num_threads(&read) == REG_OK)
                #expect(read == count && build.num_threads == count)
            }
        }
    }

    @Test func badNumbersAreRefused() {
        keepingThreads {
            setThreads(2)
            for count in [0, -1, REG_MAX_THREADS + 1, .min, .max] as [Int32] {
                #expect(reg_set_num_threads(count) == REG_ERROR_THREADS)
            }
            #expect(reg_get_num_threads(nil) == REG_ERROR_NULL)
            var read: Int32 = 0
            #expect(reg_get_num_threads(&read) == REG_OK)
            #expect(read == 2)
        }
    }

    /// Sizes for several threads: more than two parts of 2^16 elements, a product of more than 10^6
    /// multiply-adds, by rows and by columns.
    private static let largeWorks: [Work] = [
        dropout(Float.self, count: 2 << 16 + 333, seed: 1),
        dropout(Double.self, count: 2 << 16 + 333, seed: 2),
        dense(Float.self, nOut: 131, nIn: 110, m: 70, layout: .featuresFirst),
        dense(Double.self, nOut: 70, nIn: 110, m: 131, layout: .featuresFirst),
        dense(Float.self, nOut: 70, nIn: 110, m: 131, layout: .examplesFirst),
        cost(Double.self, count: 70_000),
        training(Float.self, hidden: 2700, seed: 7),
    ]

    @Test(arguments: largeWorks.indices) func resultsDoNotDependOnTheNumber(work index: Int) {
        keepingThreads {
            let work = Self.largeWorks[index]
            setThreads(1)
            let expected = work()
            for count in [2, 3] as [Int32] {
                setThreads(count)
                #expect(work() == expected, "\(count) threads")
            }
        }
    }

    /// Sixteen threads make different calls in parallel; the pool serves one of them at a time.
    @Test func concurrentCallsGiveTheRightResults() {
        let works: [Work] = [
            dropout(Float.self, count: 1 << 16 + 5, seed: 3),
            dropout(Double.self, count: 999, seed: 4),
            dense(Float.self, nOut: 20, nIn: 3, m: 50, layout: .featuresFirst),
            dense(Double.self, nOut: 13, nIn: 40, m: 33, layout: .examplesFirst),
            cost(Float.self, count: 500), legacy(seed: 5),
            dense(Float.self, nOut: 101, nIn: 101, m: 101, layout: .featuresFirst),
            training(Float.self, hidden: 40, seed: 9), training(Double.self, hidden: 30, seed: 10),
        ]
        keepingThreads {
            setThreads(1)
            let expected = works.map { $0() }
            setThreads(3)
            onThreads(16) { thread in
                for round in 0..<works.count {
                    let index = (thread + round) % works.count
                    #expect(works[index]() == expected[index], "thread \(thread), work \(index)")
                }
            }
        }
    }

    /// The number may change while calls run.
    @Test func theNumberMayChangeDuringCalls() {
        let work = dropout(Float.self, count: 1 << 16 + 5, seed: 6)
        keepingThreads {
            setThreads(1)
            let expected = work()
            onThreads(4) { thread in
                for round in 0..<3 {
                    #expect(reg_set_num_threads(Int32((thread + round) % 4 + 1)) == REG_OK)
                    #expect(work() == expected)
                }
            }
        }
    }
}
