import CPlatform

/// How a network learns: see reg_optimizer_options for the meaning and the range of each number.
public struct Optimizer: Sendable {
    public var kind = OptimizerKind.sgd
    public var schedule = Schedule.constant
    public var learningRate = 0.01
    public var momentum = 0.9
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var weightDecay = 0.01
    /// 0: none.
    public var clipNorm = 0.0
    public var decay = 0.5
    public var period: UInt64 = 10
    public var minLearningRate = 0.0

    public init() {}

    /// The usual settings of a kind.
    public init(_ kind: OptimizerKind) {
        self.kind = kind
        learningRate = kind == .adam || kind == .adamw ? 0.001 : 0.01
    }
}

public enum Schedule: UInt32, Sendable {
    case constant = 0
    case step = 1
    case cosine = 2
    case inverseScaling = 3
}

extension Optimizer {
    /// The learning rate in an epoch: see reg_schedule.
    func rate(epoch: UInt64, _ runtime: UnsafePointer<Runtime>) -> Double {
        switch schedule {
        case .constant: learningRate
        case .step: learningRate * power(decay, epoch / max(period, 1))
        case .cosine:
            minLearningRate + (learningRate - minLearningRate)
                * (1 + cosineOfPi(Double(min(epoch, period)) / Double(max(period, 1)))) / 2
        case .inverseScaling:
            learningRate
                * elementary(.exp, -decay * elementary(.log, Double(epoch) + 1, runtime), runtime)
        }
    }

    /// Update number t, from 1, of parameters that are weights or biases.
    func step(_ t: UInt64, rate: Double, gradientScale: Double, areWeights: Bool) -> OptimizerStep {
        var step = OptimizerStep(kind: kind, rate: rate)
        step.gradientScale = gradientScale
        step.momentum = momentum
        if kind == .adam || kind == .adamw {
            step.rate = rate / (1 - power(beta1, t))
            step.beta1 = beta1
            step.beta2 = beta2
            step.epsilon = epsilon
            step.correction = 1 / (1 - power(beta2, t))
        }
        if kind == .adamw && areWeights { step.shrinkage = 1 - rate * weightDecay }
        return step
    }
}

// Functions of scalars, without libm, whose last bits differ from one machine to the next.

/// x^n.
private func power(_ x: Double, _ n: UInt64) -> Double {
    var (result, square, n) = (1.0, x, n)
    while n > 0 {
        if n & 1 == 1 { result *= square }
        square *= square
        n >>= 1
    }
    return result
}

/// cos(pi x) for x in [0, 1]: the sine of what is left to a right angle, by its series.
private func cosineOfPi(_ x: Double) -> Double {
    let angle = (0.5 - x) * Double.pi
    let square = angle * angle
    var (sum, term) = (angle, angle)
    var n = 2.0
    while n <= 24 {
        term *= -square / (n * (n + 1))
        sum += term
        n += 2
    }
    // The last rounding must not lead beyond, or a rate that ends at 0 ends below.
    return max(-1, min(1, sum))
}

private func elementary(
    _ function: ElementaryFunction, _ x: Double, _ runtime: UnsafePointer<Runtime>
) -> Double {
    var (x, result) = (x, 0.0)
    runtime.pointee.kernels.double.pointee.elementary(&x, &result, 1, function)
    return result
}

extension Network {
    /// One update from the gradient buffer.
    public mutating func apply() throws(NetworkError) {
        let gradients = try self.gradients()
        let state = try self.state()
        var scale = 1.0
        if optimizer.clipNorm != 0 {
            let norm = operations.sumOfSquares(gradients, parameterCount).squareRoot()
            if !norm.isFinite { throw .notFinite }
            if norm > optimizer.clipNorm { scale = optimizer.clipNorm / norm }
        }
        let rate = optimizer.rate(epoch: position.epoch, runtime)
        let second = optimizer.kind.moments == 2 ? state + parameterCount : state
        func update(_ first: Int, _ count: Int, areWeights: Bool) {
            operations.optimize(
                parameters + first, gradients + first, state + first, second + first, count,
                optimizer.step(
                    position.step + 1, rate: rate, gradientScale: scale, areWeights: areWeights))
        }
        if optimizer.kind == .adamw {
            for l in 0..<layerCount {
                update(layers[l].weights, layers[l].weightCount, areWeights: true)
                update(layers[l].biases, layers[l].nOut, areWeights: false)
            }
        } else {
            update(0, parameterCount, areWeights: true)
        }
        endUpdate()
    }

    /// What is left of an update when all parameters have changed.
    mutating func endUpdate() {
        if settings.maxNorm != 0 { limitNorms() }
        position.step += 1
    }

    /// The next update if it needs no more than the gradient of each parameter by itself, so that it can
    /// be made while this one is in the caches; not where all of them stay there.
    var descent: OptimizerStep? {
        guard optimizer.kind == .sgd && optimizer.clipNorm == 0 && parameterCount >= 1 << 15 else {
            return nil
        }
        return optimizer.step(
            position.step + 1, rate: optimizer.rate(epoch: position.epoch, runtime),
            gradientScale: 1, areWeights: true)
    }

    /// Scales the weights into each unit down to the greatest norm.
    private func limitNorms() {
        for l in 0..<layerCount {
            for u in 0..<layers[l].nOut {
                let row = parameters + layers[l].weights + u * layers[l].nIn
                let norm = operations.sumOfSquares(row, layers[l].nIn).squareRoot()
                // An infinite norm is left for fit to find.
                if norm > settings.maxNorm && norm.isFinite {
                    operations.penalize(
                        row, row, layers[l].nIn, scale: settings.maxNorm / norm, l2: 0, l1: 0)
                }
            }
        }
    }
}
