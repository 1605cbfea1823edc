import CSwiftReg
import Network

// How a network learns.

@c @implementation
public func reg_optimizer_defaults(
    _ kind: reg_optimizer, _ options: UnsafeMutablePointer<reg_optimizer_options>?
) -> reg_status {
    status { () throws(Failure) in
        let options = try sized(options)
        guard let kind = OptimizerKind(rawValue: kind.rawValue) else {
            throw Failure(REG_ERROR_OPTIMIZER)
        }
        options.pointee.fill(Optimizer(kind))
    }
}

extension reg_optimizer_options {
    fileprivate mutating func fill(_ optimizer: Optimizer) {
        kind = reg_optimizer(optimizer.kind.rawValue)
        schedule = reg_schedule(optimizer.schedule.rawValue)
        learning_rate = optimizer.learningRate
        momentum = optimizer.momentum
        beta1 = optimizer.beta1
        beta2 = optimizer.beta2
        epsilon = optimizer.epsilon
        weight_decay = optimizer.weightDecay
        clip_norm = optimizer.clipNorm
        decay = optimizer.decay
        period = optimizer.period
        min_learning_rate = optimizer.minLearningRate
    }

    fileprivate func checked() throws(Failure) -> Optimizer {
        guard let kind = OptimizerKind(rawValue: kind.rawValue) else {
            throw Failure(REG_ERROR_OPTIMIZER)
        }
        guard let schedule = Schedule(rawValue: schedule.rawValue) else {
            throw Failure(REG_ERROR_SCHEDULE)
        }
        var optimizer = Optimizer(kind)
        optimizer.schedule = schedule
        optimizer.learningRate = learning_rate
        optimizer.momentum = momentum
        optimizer.beta1 = beta1
        optimizer.beta2 = beta2
        optimizer.epsilon = epsilon
        optimizer.weightDecay = weight_decay
        optimizer.clipNorm = clip_norm
        optimizer.decay = decay
        optimizer.period = period
        optimizer.minLearningRate = min_learning_rate
        try SwiftReg.options { () throws(OptionProblem) in try optimizer.check() }
        return optimizer
    }
}

private func setOptimizer<T: Scalar>(
    _: T.Type, _ handle: OpaquePointer?, _ options: UnsafePointer<reg_optimizer_options>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        network.pointee.setOptimizer(try sized(options).pointee.checked())
    }
}

@c @implementation
public func reg_network_set_optimizer(
    _ network: OpaquePointer?, _ options: UnsafePointer<reg_optimizer_options>?
) -> reg_status {
    setOptimizer(Float.self, network, options)
}

@c @implementation
public func reg_network_set_optimizer_f64(
    _ network: OpaquePointer?, _ options: UnsafePointer<reg_optimizer_options>?
) -> reg_status {
    setOptimizer(Double.self, network, options)
}

private func getOptimizer<T: Scalar>(
    _: T.Type, _ handle: OpaquePointer?, _ options: UnsafeMutablePointer<reg_optimizer_options>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        try sized(options).pointee.fill(network.pointee.optimizer)
    }
}

@c @implementation
public func reg_network_get_optimizer(
    _ network: OpaquePointer?, _ options: UnsafeMutablePointer<reg_optimizer_options>?
) -> reg_status {
    getOptimizer(Float.self, network, options)
}

@c @implementation
public func reg_network_get_optimizer_f64(
    _ network: OpaquePointer?, _ options: UnsafeMutablePointer<reg_optimizer_options>?
) -> reg_status {
    getOptimizer(Double.self, network, options)
}
