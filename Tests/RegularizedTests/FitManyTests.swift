import Regularized
import Testing

/// Many fits at once: the bits of fits one after the other; errors; locks; cancellation.
@Suite(.timeLimit(.minutes(30))) struct FitManyTests {
    static let fit = FitOptions(epochs: 4, batchSize: 30, shuffle: true, patience: 2)

    struct OneAfterTheOther: ForBothTypes {
        func run<T: NetworkScalar>(_: T.Type) throws {
            let points = Points<T>(120)
            let validation = Points<T>(40, seed: 2).examples
            func job(_ i: Int) throws -> FitJob<T> {
                var fit = FitManyTests.fit
                fit.batchSize += i
                return FitJob(
                    try Network<T>(
                        [2, 5 + i, 1], options: NetworkOptions(seed: UInt64(i), keepProb: 0.9),
                        optimizer: TrainingTests.adam),
                    options: fit,
                    rows: i % 2 == 0 ? nil : (0..<120).filter { $0 % 5 != i % 5 },
                    validationRows: i % 3 == 0 ? nil : (0..<120).filter { $0 % 5 == i % 5 })
            }
            let jobs = try (0..<7).map(job)
            let results = try Network.fitMany(jobs, on: points.examples, validation: validation)
            #expect(results.count == 7)
            for i in 0..<7 {
                let alone = try job(i)
                var (examples, own) = (points.examples, validation)
                if let rows = alone.rows { examples.rows = rows }
                if let rows = alone.validationRows {
                    own = points.examples
                    own.rows = rows
                }
                let result = try alone.network.fit(
                    examples, validation: own, options: alone.options)
                #expect(try results[i].get() == result)
                #expect(try jobs[i].network.parameters == alone.network.parameters)
                #expect(try jobs[i].network.position == alone.network.position)
            }
            // Without validation; sparse inputs; no jobs.
            let (one, other) = (try job(0), try job(0))
            let x = try SparseMatrix<T>(
                rows: points.y.indices.map { [0: points.x[2 * $0], 1: points.x[2 * $0 + 1]] },
                columnCount: 2)
            let result = try Network.fitMany([one], on: Examples(x: x, y: points.y))
            #expect(
                try result[0].get() == other.network.fit(points.examples, options: other.options))
            #expect(try one.network.parameters == other.network.parameters)
            #expect(try Network<T>.fitMany([], on: points.examples).isEmpty)
        }
    }

    @Test func sameAsOneAfterTheOther() throws { try OneAfterTheOther()() }

    /// An error of one fit is its own, with its words; the others train.
    @Test func errors() throws {
        let points = Points<Float>(50)
        func job(
            _ fit: FitOptions = Self.fit, inputs: Int = 2, rate: Double = 0.01, rows: [Int]? = nil
        )
            throws -> FitJob<Float>
        {
            FitJob(
                try Network<Float>(
                    [inputs, 3, 1], optimizer: OptimizerOptions(.sgd, learningRate: rate)),
                options: fit, rows: rows)
        }
        let jobs = [
            try job(), try job(FitOptions(epochs: 1, minDelta: -1)), try job(inputs: 3),
            try job(rows: [0, 50]), try job(rate: 1e300),
            try job(FitOptions(epochs: 1, minDelta: -2)),
            try job(rows: []), try job(),
        ]
        let before = try jobs[1].network.parameters
        let results = try Network.fitMany(jobs, on: points.examples)
        let words = results.map { result in
            failure { () throws(NetworkError) in try result.get() }?.description
        }
        func alone(_ job: FitJob<Float>) throws -> String? {
            var examples = points.examples
            examples.rows = job.rows
            let network = try Network<Float>(
                job.network.widths, optimizer: job.network.optimizer)
            return failure { () throws(NetworkError) in
                try network.fit(examples, options: job.options)
            }?.description
        }
        #expect(words == (try jobs.map(alone)))
        #expect(words[0] == nil && words[7] == nil)
        #expect(words[1]?.hasPrefix("minDelta is -1;") == true)
        #expect(words[2] == "x has 100 values; it must have a multiple of 3, one for each input")
        #expect(words[3]?.hasPrefix("rows[1] is 50;") == true)
        #expect(words[5]?.hasPrefix("minDelta is -2;") == true)
        #expect(words[6] != nil)
        if case .failure(let error) = results[4] { #expect(error.kind == .notFinite) }
        #expect(try jobs[4].network.parameters.allSatisfy(\.isFinite))
        #expect(try jobs[1].network.parameters == before)
        #expect(try jobs[7].network.position.epoch == 4)

        let twice = failure { () throws(NetworkError) in
            try Network.fitMany([jobs[0], jobs[7], jobs[0]], on: points.examples)
        }
        #expect(
            twice?.description
                == "jobs[2] has the network of an earlier job; it must have one of its own")
        #expect(twice?.argument == "jobs" && twice?.index == 2)
        // In the report of one of the networks; both can be used afterwards.
        var inside: NetworkError.Kind?
        try jobs[0].network.fit(points.examples, options: FitOptions(epochs: 1)) { _ in
            inside =
                failure { () throws(NetworkError) in
                    try Network.fitMany([jobs[7], jobs[0]], on: points.examples)
                }?.kind
            return .proceed
        }
        #expect(inside == .inUse)
        #expect(try jobs[7].network.cost(points.examples).total.isFinite)
    }

    @Test func asynchronousAndCancelled() async throws {
        let points = Points<Double>(60)
        func jobs(_ options: FitOptions) throws -> [FitJob<Double>] {
            try (0..<5).map {
                FitJob(
                    try Network<Double>([2, 6, 1], options: NetworkOptions(seed: $0)),
                    options: options)
            }
        }
        let (one, other) = (try jobs(Self.fit), try jobs(Self.fit))
        let results = try await Network.fitMany(one, on: points.examples)
        let expected = try train(other, points.examples)
        #expect(results == expected)
        #expect(
            try one.map { try $0.network.parameters } == other.map { try $0.network.parameters })

        let endless = try jobs(ConcurrencyTests.forever)
        let training = Task { try await Network.fitMany(endless, on: points.examples) }
        try await Task.sleep(for: .milliseconds(50))
        training.cancel()
        await #expect(throws: CancellationError.self) { try await training.value }
        for job in endless {
            let position = try job.network.position
            #expect(position.step == 3 * position.epoch)
        }
    }

    private func train(_ jobs: [FitJob<Double>], _ examples: Examples<Double>) throws
        -> [Result<FitResult, NetworkError>]
    {
        try Network.fitMany(jobs, on: examples)
    }

    /// Tasks that train the same networks in other orders, and predict meanwhile, all end.
    @Test func tasksShareNetworks() async throws {
        let points = Points<Float>(60)
        let jobs = try (0..<4).map {
            FitJob(
                try Network<Float>([2, 6, 1], options: NetworkOptions(seed: $0)),
                options: FitOptions(epochs: 2))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for i in 0..<8 {
                group.addTask {
                    let order = i % 2 == 0 ? jobs : jobs.reversed()
                    for result in try await Network.fitMany(order, on: points.examples) {
                        _ = try result.get()
                    }
                }
                group.addTask { _ = try jobs[i % 4].network.predict(points.x) }
            }
            try await group.waitForAll()
        }
        for job in jobs { #expect(try job.network.position.epoch == 16) }
    }
}
