import CPlatform

extension Network {
    /// Trains: see reg_network_fit, on at most so many threads. On an error the result describes the epochs that were completed.
    public mutating func fit(
        _ examples: Examples<T>, validation: Examples<T>?, _ options: FitOptions,
        threads: Int = Threads.count, _ result: inout FitResult
    ) throws(NetworkError) {
        let memory = try FitMemory(
            &self, examples: examples.count, shuffles: options.shuffles,
            validates: validation != nil)
        try reserve(examples, validation, options, threads)
        var patience = Patience(options)
        var wantsMore = true
        while wantsMore && result.epochs < options.epochs {
            memory.save(self)
            let rate = optimizer.rate(epoch: position.epoch, runtime)
            let cost: Double
            var validationCost = Double.nan
            do throws(NetworkError) {
                cost = try epoch(examples, options, memory, threads)
                if let validation {
                    validationCost = try dataTerm(validation, threads: threads)
                    if !validationCost.isFinite { throw .notFinite }
                }
            } catch {
                result.failedStep = position.step
                memory.restore(&self)
                throw error
            }
            let at = Int(result.epochs)
            position.epoch += 1
            result.epochs += 1
            result.cost = cost
            options.costs?[at] = cost
            let progress = Progress(
                epoch: position.epoch, step: position.step, cost: cost,
                validationCost: validationCost, learningRate: rate)
            if validation != nil {
                options.validationCosts?[at] = validationCost
                if result.bestEpoch == 0 || validationCost < result.bestCost {
                    result.bestCost = validationCost
                    result.bestEpoch = position.epoch
                    memory.saveBest(self)
                }
            }
            if patience.isOver(validation == nil ? cost : validationCost) {
                result.reason = .patience
                wantsMore = false
            }
            let isLast = !wantsMore || result.epochs == options.epochs
            if let report = options.report, isLast || result.epochs % options.reportEvery == 0 {
                if report(options.context, progress) && !isLast {
                    result.reason = .report
                    wantsMore = false
                }
            }
        }
        if result.bestEpoch != 0 { memory.restoreBest(self) }
    }

    /// Allocates what the batches and the validation will need, so that they cannot run out of memory.
    private mutating func reserve(
        _ examples: Examples<T>, _ validation: Examples<T>?, _ options: FitOptions,
        _ threads: Int
    ) throws(NetworkError) {
        var need = WorkingMemory(
            self, batches: options.size(of: examples), of: examples.count, threads: threads)
        if let validation {
            need.add(WorkingMemory(self, batch: validation.count, trains: false, threads: threads))
        }
        _ = try reserve(need, threads)
    }

    /// Trains for one epoch. Returns the mean cost of the batches.
    private mutating func epoch(
        _ examples: Examples<T>, _ options: FitOptions, _ memory: FitMemory<T>,
        _ threads: Int
    ) throws(NetworkError) -> Double {
        if let order = memory.order {
            shuffle(
                runtime, order, count: examples.count, seed: settings.seed, epoch: position.epoch)
        }
        let size = options.size(of: examples)
        var (sum, total) = (0.0, 0.0)
        for first in stride(from: 0, to: examples.count, by: size) {
            let range = ExampleRange(
                first: first, count: min(size, examples.count - first),
                order: UnsafePointer(memory.order), rows: examples.rows)
            let m = examples.totalWeight(of: range)
            // All examples of the batch weigh 0.
            if m == 0 { continue }
            var dropout = dropout(firstRow: 0)
            dropout.masks = options.masks
            dropout.maskRowStride = examples.count
            let fusedUpdate = fusedUpdate
            let cost = try batch(
                examples, range, BatchShare(totalWeight: m, fraction: 1), dropout: dropout,
                wantsGradient: true, threads: threads, fusedUpdate: fusedUpdate)
            if !cost.isFinite { throw .notFinite }
            if fusedUpdate == nil { try apply() } else { endUpdate() }
            sum += cost * m
            total += m
        }
        // Otherwise the next epoch would keep such parameters as good ones.
        if !operations.sumOfMagnitudes(parameters, parameterCount).isFinite { throw .notFinite }
        return sum / total
    }
}

/// Counts epochs without improvement.
private struct Patience {
    private let maxEpochs: UInt64
    private let minDelta: Double
    private var best = Double.infinity
    private var waited: UInt64 = 0

    init(_ options: FitOptions) {
        maxEpochs = options.patience
        minDelta = options.minDelta
    }

    mutating func isOver(_ cost: Double) -> Bool {
        waited = cost < best - minDelta ? 0 : waited + 1
        if cost < best { best = cost }
        return maxEpochs > 0 && waited > maxEpochs
    }
}
