import CPlatform
import CSwiftReg
import Network

// What a network is and holds.

// MARK: Create and destroy

private func create<T: Scalar>(
    _: T.Type, _ options: UnsafePointer<reg_network_options>?,
    _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try output(network, 1, "network")
        network.pointee = nil
        let options = try read(options, "options")
        let count = options.layers
        try require(
            count >= 1 && count <= Int(REG_MAX_LAYERS), else: REG_ERROR_SHAPE, "layers",
            is: .size(count), "must be in 1 to REG_MAX_LAYERS")
        let widths = try input(options.widths, count + 1, "widths")
        try checkWidths(T.self, widths, count)
        let settings = try settings(options)
        guard let layer = allocate(Layer.self, count) else { throw Failure(REG_ERROR_MEMORY) }
        defer { free(layer) }
        for l in 0..<count {
            layer[l] = Layer(
                nOut: widths[l + 1], nIn: widths[l],
                activation: l + 1 == count
                    ? .identity : try hidden(options.activations, l),
                keepProb: options.keep_prob?[l] ?? 1, l2: options.l2?[l] ?? 0,
                l1: options.l1?[l] ?? 0)
            try SwiftReg.options(index: l) { () throws(OptionProblem) in try layer[l].check() }
        }
        let runtime = try runtime()
        let made = try networkDoes { () throws(NetworkError) in
            try Network<T>.create(
                layers: layer, count: count, settings: settings, runtime: runtime)
        }
        do throws(Failure) {
            try networkDoes { () throws(NetworkError) in try made.pointee.drawInitialWeights() }
        } catch {
            Network<T>.destroy(made)
            throw error
        }
        network.pointee = OpaquePointer(made)
    }
}

/// Widths of at least 1, whose parameters and values memory can hold.
private func checkWidths<T>(
    _: T.Type, _ widths: UnsafePointer<Int>, _ count: Int
) throws(Failure) {
    var total = 0
    for l in 0...count {
        try require(
            widths[l] != 0, else: REG_ERROR_SHAPE, "widths", index: l, is: .size(widths[l]),
            "must not be 0")
        // 512 examples, a pass of which has room for all units about three times, and for doubles.
        let values = try elements(Double.self, Size(widths[l], "widths"), Size(2048, ""))
        let weights =
            l < count
            ? try elements(T.self, Size(widths[l], "widths"), Size(widths[l + 1], "widths")) : 0
        let (sum, overflow1) = total.addingReportingOverflow(weights)
        let (more, overflow2) = sum.addingReportingOverflow(values)
        // With moments and copies.
        let (bytes, overflow3) = more.multipliedReportingOverflow(by: 8 * MemoryLayout<T>.stride)
        try require(
            !overflow1 && !overflow2 && !overflow3 && bytes <= Int.max / 2, else: REG_ERROR_SIZE,
            "widths", "are too large for memory")
        total = more
    }
}

/// The activation of a hidden layer.
private func hidden(
    _ activations: UnsafePointer<reg_activation>?, _ l: Int
) throws(Failure) -> Activation {
    guard let activations else { return .relu }
    return try activation(activations[l], "activations", index: l)
}

private func settings(_ options: reg_network_options) throws(Failure) -> Settings {
    var settings = Settings()
    var options = options
    try withUnsafePointer(to: &options) { fields throws(Failure) in
        var reader = StructReader(fields)
        try settings.codeModel(&reader)
        try settings.codeRegularization(&reader)
    }
    try SwiftReg.options { () throws(OptionProblem) in try settings.check() }
    return settings
}

@c @implementation
public func reg_network_create(
    _ options: UnsafePointer<reg_network_options>?, _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    create(Float.self, options, network)
}

@c @implementation
public func reg_network_create_f64(
    _ options: UnsafePointer<reg_network_options>?, _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    create(Double.self, options, network)
}

private func destroy<T: Scalar>(_: T.Type, _ network: OpaquePointer?) {
    guard let network else { return }
    let handle = Network<T>.Handle(network)
    // The training whose report this is still needs it.
    if !handle.pointee.isReporting { Network<T>.destroy(handle) }
}

@c @implementation
public func reg_network_destroy(_ network: OpaquePointer?) {
    destroy(Float.self, network)
}

@c @implementation
public func reg_network_destroy_f64(_ network: OpaquePointer?) {
    destroy(Double.self, network)
}

// MARK: Description

private func describe<T: Scalar>(
    _: T.Type, _ handle: OpaquePointer?, _ options: UnsafeMutablePointer<reg_network_options>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        let out = try result(options, "options")
        let arrays = network.pointee.layerArrays
        var settings = network.pointee.settings
        var options = reg_network_options()
        options.layers = network.pointee.layerCount
        options.widths = UnsafePointer(arrays.widths)
        options.activations = UnsafeRawPointer(arrays.activations)
            .assumingMemoryBound(to: reg_activation.self)
        options.keep_prob = UnsafePointer(arrays.keepProb)
        options.l2 = UnsafePointer(arrays.l2)
        options.l1 = UnsafePointer(arrays.l1)
        try withUnsafeMutablePointer(to: &options) { fields throws(Failure) in
            var writer = StructWriter(fields)
            try settings.codeModel(&writer)
            try settings.codeRegularization(&writer)
        }
        out.write(options)
    }
}

@c @implementation
public func reg_network_describe(
    _ network: OpaquePointer?, _ options: UnsafeMutablePointer<reg_network_options>?
) -> reg_status {
    describe(Float.self, network, options)
}

@c @implementation
public func reg_network_describe_f64(
    _ network: OpaquePointer?, _ options: UnsafeMutablePointer<reg_network_options>?
) -> reg_status {
    describe(Double.self, network, options)
}

private func setRegularization<T: Scalar>(
    _: T.Type, _ handle: OpaquePointer?, _ options: UnsafePointer<reg_network_options>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        var options = try read(options, "options")
        var settings = network.pointee.settings
        try withUnsafePointer(to: &options) { fields throws(Failure) in
            var reader = StructReader(fields)
            try settings.codeRegularization(&reader)
        }
        try SwiftReg.options { () throws(OptionProblem) in try settings.check() }
        let given = options
        func layer(_ l: Int) -> Layer {
            var layer = network.pointee.layers[l]
            layer.keepProb = given.keep_prob?[l] ?? 1
            layer.l2 = given.l2?[l] ?? 0
            layer.l1 = given.l1?[l] ?? 0
            return layer
        }
        // All are checked before the first changes.
        for l in 0..<network.pointee.layerCount {
            try SwiftReg.options(index: l) { () throws(OptionProblem) in try layer(l).check() }
        }
        for l in 0..<network.pointee.layerCount { network.pointee.replaceLayer(l, layer(l)) }
        network.pointee.settings = settings
    }
}

@c @implementation
public func reg_network_set_regularization(
    _ network: OpaquePointer?, _ options: UnsafePointer<reg_network_options>?
) -> reg_status {
    setRegularization(Float.self, network, options)
}

@c @implementation
public func reg_network_set_regularization_f64(
    _ network: OpaquePointer?, _ options: UnsafePointer<reg_network_options>?
) -> reg_status {
    setRegularization(Double.self, network, options)
}

private func layer<T: Scalar>(
    _: T.Type, _ handle: OpaquePointer?, _ l: Int, _ out: UnsafeMutablePointer<reg_layer>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        let out = try result(out, "out")
        try require(
            l >= 0 && l < network.pointee.layerCount, else: REG_ERROR_SHAPE, "layer", is: .size(l),
            "must be below the number of layers")
        let layer = network.pointee.layers[l]
        var found = reg_layer()
        found.n_out = layer.nOut
        found.n_in = layer.nIn
        found.weights = layer.weights
        found.biases = layer.biases
        out.write(found)
    }
}

@c @implementation
public func reg_network_layer(
    _ network: OpaquePointer?, _ l: Int, _ out: UnsafeMutablePointer<reg_layer>?
) -> reg_status {
    layer(Float.self, network, l, out)
}

@c @implementation
public func reg_network_layer_f64(
    _ network: OpaquePointer?, _ l: Int, _ out: UnsafeMutablePointer<reg_layer>?
) -> reg_status {
    layer(Double.self, network, l, out)
}

// MARK: Buffers

private enum Buffer: UInt8 {
    case parameters, gradients, state

    var name: StaticString {
        switch self {
        case .parameters: "parameters"
        case .gradients: "gradients"
        case .state: "state"
        }
    }
}

private func buffer<T: Scalar>(
    _ which: Buffer, _ handle: OpaquePointer?,
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?,
    _ count: UnsafeMutablePointer<Int>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        let (out, count) = (try output(out, 1, which.name), try output(count, 1, "count"))
        switch which {
        case .parameters: out.pointee = network.pointee.parameters
        case .gradients:
            out.pointee = try networkDoes { () throws(NetworkError) in
                try network.pointee.gradients()
            }
        case .state:
            out.pointee = try networkDoes { () throws(NetworkError) in
                try network.pointee.state()
            }
        }
        count.pointee =
            which == .state ? network.pointee.stateCount : network.pointee.parameterCount
    }
}

@c @implementation
public func reg_network_parameters(
    _ network: OpaquePointer?, _ parameters: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>?,
    _ count: UnsafeMutablePointer<Int>?
) -> reg_status {
    buffer(.parameters, network, parameters, count)
}

@c @implementation
public func reg_network_parameters_f64(
    _ network: OpaquePointer?, _ parameters: UnsafeMutablePointer<UnsafeMutablePointer<Double>?>?,
    _ count: UnsafeMutablePointer<Int>?
) -> reg_status {
    buffer(.parameters, network, parameters, count)
}

@c @implementation
public func reg_network_gradients(
    _ network: OpaquePointer?, _ gradients: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>?,
    _ count: UnsafeMutablePointer<Int>?
) -> reg_status {
    buffer(.gradients, network, gradients, count)
}

@c @implementation
public func reg_network_gradients_f64(
    _ network: OpaquePointer?, _ gradients: UnsafeMutablePointer<UnsafeMutablePointer<Double>?>?,
    _ count: UnsafeMutablePointer<Int>?
) -> reg_status {
    buffer(.gradients, network, gradients, count)
}

@c @implementation
public func reg_network_optimizer_state(
    _ network: OpaquePointer?, _ state: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>?,
    _ count: UnsafeMutablePointer<Int>?
) -> reg_status {
    buffer(.state, network, state, count)
}

@c @implementation
public func reg_network_optimizer_state_f64(
    _ network: OpaquePointer?, _ state: UnsafeMutablePointer<UnsafeMutablePointer<Double>?>?,
    _ count: UnsafeMutablePointer<Int>?
) -> reg_status {
    buffer(.state, network, state, count)
}

// MARK: Position

private func getPosition<T: Scalar>(
    _: T.Type, _ handle: OpaquePointer?, _ position: UnsafeMutablePointer<reg_position>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        let out = try result(position, "position")
        var position = reg_position()
        position.step = network.pointee.position.step
        position.epoch = network.pointee.position.epoch
        out.write(position)
    }
}

@c @implementation
public func reg_network_get_position(
    _ network: OpaquePointer?, _ position: UnsafeMutablePointer<reg_position>?
) -> reg_status {
    getPosition(Float.self, network, position)
}

@c @implementation
public func reg_network_get_position_f64(
    _ network: OpaquePointer?, _ position: UnsafeMutablePointer<reg_position>?
) -> reg_status {
    getPosition(Double.self, network, position)
}

private func setPosition<T: Scalar>(
    _: T.Type, _ handle: OpaquePointer?, _ position: UnsafePointer<reg_position>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try networkToTrain(T.self, handle)
        let position = try read(position, "position")
        try checkPosition(position.step, "step")
        try checkPosition(position.epoch, "epoch")
        network.pointee.position.step = position.step
        network.pointee.position.epoch = position.epoch
    }
}

@c @implementation
public func reg_network_set_position(
    _ network: OpaquePointer?, _ position: UnsafePointer<reg_position>?
) -> reg_status {
    setPosition(Float.self, network, position)
}

@c @implementation
public func reg_network_set_position_f64(
    _ network: OpaquePointer?, _ position: UnsafePointer<reg_position>?
) -> reg_status {
    setPosition(Double.self, network, position)
}

private func checkPosition(_ value: UInt64, _ name: StaticString) throws(Failure) {
    try require(
        value < Position.limit, else: REG_ERROR_SIZE, name, is: .unsigned(value),
        "must be below 2^48")
}

private func memory<T: Scalar>(
    _: T.Type, _ handle: OpaquePointer?, _ batchSize: Int, _ m: Int, _ validates: Int32,
    _ bytes: UnsafeMutablePointer<Int>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try network(T.self, handle)
        let bytes = try output(bytes, 1, "bytes")
        // The order of the examples is their largest share.
        _ = try elements(Int.self, Size(m, "m"))
        try requireSize(Size(batchSize, "batch_size"))
        bytes.pointee = network.pointee.memory(
            batchSize: batchSize, examples: m, validates: validates != 0)
    }
}

@c @implementation
public func reg_network_memory(
    _ network: OpaquePointer?, _ batch_size: Int, _ m: Int, _ validates: Int32,
    _ bytes: UnsafeMutablePointer<Int>?
) -> reg_status {
    memory(Float.self, network, batch_size, m, validates, bytes)
}

@c @implementation
public func reg_network_memory_f64(
    _ network: OpaquePointer?, _ batch_size: Int, _ m: Int, _ validates: Int32,
    _ bytes: UnsafeMutablePointer<Int>?
) -> reg_status {
    memory(Double.self, network, batch_size, m, validates, bytes)
}
