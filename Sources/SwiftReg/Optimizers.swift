import CSwiftReg
import Network

// How a network learns.

@c @implementation
public func reg_optimizer_defaults(
    _ kind: reg_optimizer, _ options: UnsafeMutablePointer<reg_optimizer_options>?
) -> reg_status {
    status { () throws(Failure) in
        let out = try result(options, "options")
        let kind = try choice(
            OptimizerKind.self, kind.rawValue, REG_ERROR_OPTIMIZER, "kind",
            "must be a value of reg_optimizer")
        out.write(try reg_optimizer_options(Optimizer(kind)))
    }
}

extension reg_optimizer_options {
    fileprivate init(_ optimizer: Optimizer) throws(Failure) {
        self.init()
        var optimizer = optimizer
        try withUnsafeMutablePointer(to: &self) { fields throws(Failure) in
            var writer = StructWriter(fields)
            try optimizer.code(&writer)
        }
    }

    /// Whether all but the size, the kind and the schedule is 0.
    fileprivate var isOfKindAlone: Bool {
        var rest = self
        rest.struct_size = 0
        rest.kind = reg_optimizer(0)
        rest.schedule = reg_schedule(0)
        return withUnsafeBytes(of: &rest) { bytes in
            for byte in bytes where byte != 0 { return false }
            return true
        }
    }
}

/// The options of a caller, checked.
private func optimizer(
    _ options: UnsafePointer<reg_optimizer_options>?
) throws(Failure) -> Optimizer {
    var given = try read(options, "options")
    var optimizer = Optimizer()
    try withUnsafePointer(to: &given) { fields throws(Failure) in
        var reader = StructReader(fields)
        try optimizer.code(&reader)
    }
    let usual = Optimizer(optimizer.kind)
    if given.isOfKindAlone {
        let schedule = optimizer.schedule
        optimizer = usual
        optimizer.schedule = schedule
    } else {
        // What an older caller's struct lacks has the default.
        given = try read(options, "options", defaults: reg_optimizer_options(usual))
        try withUnsafePointer(to: &given) { fields throws(Failure) in
            var reader = StructReader(fields)
            try optimizer.code(&reader)
        }
    }
    try SwiftReg.options { () throws(OptionProblem) in try optimizer.check() }
    return optimizer
}

private func setOptimizer<T: Scalar>(
    _: T.Type, _ handle: OpaquePointer?, _ options: UnsafePointer<reg_optimizer_options>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        let optimizer = try optimizer(options)
        // Another kind has other state, of which the training keeps a copy.
        try require(
            optimizer.kind == network.pointee.optimizer.kind || !network.pointee.isReporting,
            else: REG_ERROR_STATE, "kind",
            "must stay the same in a report of the network's training")
        network.pointee.setOptimizer(optimizer)
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
        let out = try result(options, "options")
        out.write(try reg_optimizer_options(network.pointee.optimizer))
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
