import Regularized
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(30))) struct ConcurrencyTests {
    static let forever = FitOptions(epochs: 1 << 40, batchSize: 20)

    @Test func asynchronousFitIsTheSameFit() async throws {
        let points = Points<Float>(100)
        let fit = FitOptions(epochs: 5, batchSize: 30, shuffle: true)
        let one = try Network<Float>([2, 6, 1], options: TrainingTests.options)
        let other = try one.copy()
        let reports = Mutex<[UInt64]>([])
        let result = try await one.fit(points.examples, options: fit) { progress in
            reports.withLock { $0.append(progress.epoch) }
            return .proceed
        }
        #expect(result.reason == .epochs && reports.withLock { $0 } == [1, 2, 3, 4, 5])
        var epochs: [FitProgress] = []
        for try await progress in other.progress(of: points.examples, options: fit) {
            epochs.append(progress)
        }
        #expect(epochs == result.history)
        #expect(try one.parameters == other.parameters)
    }

    @Test func cancellationEndsAFit() async throws {
        let points = Points<Float>(100)
        let network = try Network<Float>([2, 6, 1])
        let started = Mutex(false)
        let training = Task {
            try await network.fit(points.examples, options: Self.forever) { _ in
                started.withLock { $0 = true }
                return .proceed
            }
        }
        while !started.withLock({ $0 }) { await Task.yield() }
        training.cancel()
        await #expect(throws: CancellationError.self) { try await training.value }
        // The epochs completed are kept, and the network can be used.
        let position = try network.position
        #expect(position.epoch > 0 && position.step == 5 * position.epoch)
        #expect(try network.cost(points.examples).total.isFinite)
    }

    @Test func aCancelledTaskTrainsNothing() async throws {
        let points = Points<Float>(20)
        let network = try Network<Float>([2, 6, 1])
        let training = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await network.fit(points.examples, options: Self.forever)
        }
        await #expect(throws: CancellationError.self) { try await training.value }
        #expect(try network.position.step == 0)
    }

    @Test func leavingTheLoopEndsTheTraining() async throws {
        let points = Points<Double>(100)
        let network = try Network<Double>([2, 6, 1])
        for try await progress in network.progress(of: points.examples, options: Self.forever)
        where progress.epoch >= 3 {
            break
        }
        // Waits for the end of the training.
        let position = try network.position
        #expect(position.epoch >= 3)
        #expect(try network.position == position)
    }

    @Test func cancellingTheLoopThrows() async throws {
        let points = Points<Double>(100)
        let network = try Network<Double>([2, 6, 1])
        let training = Task {
            for try await progress in network.progress(of: points.examples, options: Self.forever)
            where progress.epoch == 2 {
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await training.value }
        #expect(try network.position.epoch >= 2)
    }

    @Test func errorsOfALoop() async throws {
        let network = try Network<Double>([2, 6, 1])
        await #expect(throws: NetworkError.self) {
            for try await _ in network.progress(of: Examples(x: [1], y: [1]), options: Self.forever)
            {}
        }
    }

    /// Calls of several tasks with one network take turns, and give what they give alone.
    @Test func tasksShareANetwork() async throws {
        let points = Points<Float>(200)
        let network = try Network<Float>([2, 30, 1], options: NetworkOptions(seed: 1))
        let expected = try network.predict(points.x)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<50 where try network.predict(points.x) != expected { return false }
                    return true
                }
            }
            for try await same in group { #expect(same) }
        }
    }
}
