import CPlatform

extension Network {
    /// Trains: see reg_network_fit, on at most so many threads. On an error the result describes the epochs
    /// that were completed.
    ///
    /// A static function with a handle: no access to the network is open during a report, which may use it.
    public static func fit(
        _ network: Handle, _ examples: Examples<T>, validation: Examples<T>?, _ options: FitOptions,
        threads: Int = Threads.count, _ result: inout FitResult
    ) throws(NetworkError) {
        var training = try Training(
            network, examples, validation: validation, options, threads: threads)
        defer { result = training.result }
        while !training.isOver {
            let progress = try training.trainEpoch()
            guard let report = options.report, training.isReportDue else { continue }
            if reporting(network, { report(options.context, progress) }) { training.stop() }
        }
        training.restoreBest()
    }

    /// Runs code of the caller, which may use the network but not train it.
    static func reporting(_ network: Handle, _ report: () -> Bool) -> Bool {
        network.pointee.isReporting = true
        defer { network.pointee.isReporting = false }
        return report()
    }

    /// Allocates what the batches and the validation will need, so that they cannot run out of memory. Returns
    /// the need of both.
    mutating func reserve(
        _ examples: Examples<T>, _ validation: Examples<T>?, _ options: FitOptions,
        _ threads: Int
    ) throws(NetworkError) -> WorkingMemory<T> {
        var need = WorkingMemory(
            self, batches: options.size(of: examples), of: examples.count, threads: threads)
        if let validation {
            need.add(WorkingMemory(self, batch: validation.count, trains: false, threads: threads))
        }
        _ = try reserve(need, threads)
        return need
    }

    /// Trains for one epoch. Returns the mean cost of the batches.
    mutating func epoch(
        _ examples: Examples<T>, _ options: FitOptions, order: UnsafeMutablePointer<Int>?,
        _ need: WorkingMemory<T>, _ threads: Int
    ) throws(NetworkError) -> Double {
        if let order {
            shuffle(
                runtime, order, count: examples.count, seed: settings.seed, epoch: position.epoch)
        }
        // Again in every epoch: a report may have replaced it.
        let memory = try reserve(need, threads)
        let size = options.size(of: examples)
        // The parameters are examined below.
        let wantsPenalty = options.readsCosts || !penaltyFollowsParameters
        var (sum, total) = (0.0, 0.0)
        for first in stride(from: 0, to: examples.count, by: size) {
            let range = ExampleRange(
                first: first, count: min(size, examples.count - first),
                order: UnsafePointer(order), rows: examples.rows)
            let m = examples.totalWeight(of: range)
            // All examples of the batch weigh 0.
            if m == 0 { continue }
            var dropout = dropout(firstRow: 0)
            dropout.masks = options.masks
            dropout.maskRowStride = examples.count
            var update = fusedUpdate
            // The caller may read the gradient of the last batch. Without weights that is not an empty one.
            update?.keepsGradient = examples.weights != nil || first + size >= examples.count
            let cost = try batch(
                examples, range, BatchShare(totalWeight: m, fraction: 1), dropout: dropout,
                wantsGradient: true, wantsPenalty: wantsPenalty, memory: memory,
                fusedUpdate: update)
            if !cost.isFinite { throw .notFinite }
            if update == nil { try apply() } else { endUpdate() }
            sum += cost * m
            total += m
        }
        // Otherwise the next epoch would keep such parameters as good ones.
        if !operations.sumOfMagnitudes(parameters, parameterCount).isFinite { throw .notFinite }
        return sum / total
    }
}
