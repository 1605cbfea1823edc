/// An option that is out of range.
public enum OptionProblem: UInt8, Error {
    case keepProb, lambda, labelSmoothing, maxNorm
    case learningRate, momentum, epsilon, weightDecay, clipNorm, schedule
}

// The ranges of options, for those of a caller and those of a file.

extension Layer {
    public func check() throws(OptionProblem) {
        if !(keepProb > 0 && keepProb <= 1) { throw .keepProb }
        if !isFiniteFromZero(l2) || !isFiniteFromZero(l1) { throw .lambda }
    }
}

extension Settings {
    public func check() throws(OptionProblem) {
        if !isFraction(labelSmoothing) || (labelSmoothing != 0 && loss == .squaredError) {
            throw .labelSmoothing
        }
        if !(maxNorm >= 0) { throw .maxNorm }
    }
}

extension Optimizer {
    public func check() throws(OptionProblem) {
        if !isFiniteFromZero(learningRate) { throw .learningRate }
        if !isFraction(momentum) || !isFraction(beta1) || !isFraction(beta2) { throw .momentum }
        if !isFiniteFromZero(epsilon) { throw .epsilon }
        if !isFiniteFromZero(weightDecay) { throw .weightDecay }
        if !(clipNorm >= 0) { throw .clipNorm }
        let needsPeriod = schedule == .step || schedule == .cosine
        if !isFiniteFromZero(decay) || !isFiniteFromZero(minLearningRate)
            || (needsPeriod && period == 0)
        {
            throw .schedule
        }
    }
}

private func isFraction(_ x: Double) -> Bool { x >= 0 && x < 1 }

private func isFiniteFromZero(_ x: Double) -> Bool { x >= 0 && x < .infinity }
