import CPlatform
import CSwiftReg
import Network

// MARK: Bytes

private func serialize<T: Scalar>(
    _: T.Type, _ network: OpaquePointer?, _ buffer: UnsafeMutableRawPointer?, _ capacity: Int,
    _ size: UnsafeMutablePointer<Int>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try SwiftReg.network(T.self, network)
        let size = try output(size, 1, "size")
        try require(
            capacity >= 0, else: REG_ERROR_SIZE, "capacity", is: .size(capacity),
            "is too large for memory")
        let count = try networkDoes { () throws(NetworkError) in
            try network.pointee.serialize(buffer, capacity: capacity)
        }
        size.pointee = count
        try require(
            buffer == nil || count <= capacity, else: REG_ERROR_SIZE, "capacity",
            is: .size(capacity),
            "must be at least *size")
    }
}

@c @implementation
public func reg_network_serialize(
    _ network: OpaquePointer?, _ buffer: UnsafeMutableRawPointer?, _ capacity: Int,
    _ size: UnsafeMutablePointer<Int>?
) -> reg_status {
    serialize(Float.self, network, buffer, capacity, size)
}

@c @implementation
public func reg_network_serialize_f64(
    _ network: OpaquePointer?, _ buffer: UnsafeMutableRawPointer?, _ capacity: Int,
    _ size: UnsafeMutablePointer<Int>?
) -> reg_status {
    serialize(Double.self, network, buffer, capacity, size)
}

private func deserialize<T: Scalar>(
    _: T.Type, _ buffer: UnsafeRawPointer?, _ size: Int,
    _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try output(network, 1, "network")
        network.pointee = nil
        let buffer = try input(buffer?.assumingMemoryBound(to: UInt8.self), 1, "buffer")
        // No memory has so many bytes.
        if size < 0 { throw Failure(REG_ERROR_FORMAT) }
        let runtime = try runtime()
        network.pointee = OpaquePointer(
            try networkDoes { () throws(NetworkError) in
                try Network<T>.deserialize(buffer, size, runtime: runtime)
            })
    }
}

@c @implementation
public func reg_network_deserialize(
    _ buffer: UnsafeRawPointer?, _ size: Int, _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    deserialize(Float.self, buffer, size, network)
}

@c @implementation
public func reg_network_deserialize_f64(
    _ buffer: UnsafeRawPointer?, _ size: Int, _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    deserialize(Double.self, buffer, size, network)
}

// MARK: Files

private func save<T: Scalar>(
    _: T.Type, _ network: OpaquePointer?, _ path: UnsafePointer<CChar>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try SwiftReg.network(T.self, network)
        let path = try input(path, 1, "path")
        try networkDoes { () throws(NetworkError) in try network.pointee.save(path) }
    }
}

@c @implementation
public func reg_network_save(
    _ network: OpaquePointer?, _ path: UnsafePointer<CChar>?
) -> reg_status {
    save(Float.self, network, path)
}

@c @implementation
public func reg_network_save_f64(
    _ network: OpaquePointer?, _ path: UnsafePointer<CChar>?
) -> reg_status {
    save(Double.self, network, path)
}

private func load<T: Scalar>(
    _: T.Type, _ path: UnsafePointer<CChar>?, _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try output(network, 1, "network")
        network.pointee = nil
        let path = try input(path, 1, "path")
        let runtime = try runtime()
        network.pointee = OpaquePointer(
            try networkDoes { () throws(NetworkError) in
                try Network<T>.load(path, runtime: runtime)
            })
    }
}

@c @implementation
public func reg_network_load(
    _ path: UnsafePointer<CChar>?, _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    load(Float.self, path, network)
}

@c @implementation
public func reg_network_load_f64(
    _ path: UnsafePointer<CChar>?, _ network: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    load(Double.self, path, network)
}

// MARK: Either element type

/// Where a network of either type goes; both places are NULL after an error.
private func either(
    _ network: UnsafeMutablePointer<OpaquePointer?>?,
    _ network64: UnsafeMutablePointer<OpaquePointer?>?,
    _ read: (UnsafePointer<Runtime>) throws(NetworkError) -> AnyNetwork
) throws(Failure) {
    let network = try output(network, 1, "network")
    network.pointee = nil
    let network64 = try output(network64, 1, "network_f64")
    network64.pointee = nil
    let runtime = try runtime()
    let found = try networkDoes { () throws(NetworkError) in try read(runtime) }
    switch found {
    case .float(let handle): network.pointee = OpaquePointer(handle)
    case .double(let handle): network64.pointee = OpaquePointer(handle)
    }
}

@c @implementation
public func reg_network_deserialize_any(
    _ buffer: UnsafeRawPointer?, _ size: Int, _ network: UnsafeMutablePointer<OpaquePointer?>?,
    _ network_f64: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    status { () throws(Failure) in
        network?.pointee = nil
        network_f64?.pointee = nil
        let buffer = try input(buffer?.assumingMemoryBound(to: UInt8.self), 1, "buffer")
        // No memory has so many bytes.
        if size < 0 { throw Failure(REG_ERROR_FORMAT) }
        try either(network, network_f64) { (runtime) throws(NetworkError) in
            try AnyNetwork.deserialize(buffer, size, runtime: runtime)
        }
    }
}

@c @implementation
public func reg_network_load_any(
    _ path: UnsafePointer<CChar>?, _ network: UnsafeMutablePointer<OpaquePointer?>?,
    _ network_f64: UnsafeMutablePointer<OpaquePointer?>?
) -> reg_status {
    status { () throws(Failure) in
        network?.pointee = nil
        network_f64?.pointee = nil
        let path = try input(path, 1, "path")
        try either(network, network_f64) { (runtime) throws(NetworkError) in
            try AnyNetwork.load(path, runtime: runtime)
        }
    }
}

// MARK: C

private func exportC<T: Scalar>(
    _: T.Type, _ network: OpaquePointer?, _ path: UnsafePointer<CChar>?,
    _ name: UnsafePointer<CChar>?, _ options: UnsafePointer<reg_export_options>?
) -> reg_status {
    status { () throws(Failure) in
        let network = try SwiftReg.network(T.self, network)
        let (path, name) = (try input(path, 1, "path"), try input(name, 1, "name"))
        try require(
            isFunctionName(name), else: REG_ERROR_NAME, "name",
            "must be an identifier of C, but no keyword and no name of math.h")
        var export = CExport(name: name, version: reg_version())
        if options != nil {
            let options = try read(options, "options")
            try export.set(
                options, layers: network.pointee.layers, count: network.pointee.layerCount,
                loss: network.pointee.settings.loss)
        }
        if let header = export.header {
            try require(
                strcmp(header, path) != 0, else: REG_ERROR_NAME, "header", "must not be the path")
        }
        try networkDoes { () throws(NetworkError) in try network.pointee.exportC(path, export) }
    }
}

extension CExport {
    /// Checks the options for a network.
    fileprivate mutating func set(
        _ options: reg_export_options, layers: UnsafePointer<Layer>, count: Int, loss: Loss
    ) throws(Failure) {
        let (inputs, outputs) = (layers[0].nIn, layers[count - 1].nOut)
        header = options.header
        precision = try choice(
            Precision.self, options.precision.rawValue, REG_ERROR_SHAPE, "precision",
            "must be a value of reg_precision")
        hasBlock = options.block != 0
        _ = try elements(Double.self, Size(options.steps, "steps"), Size(inputs, ""))
        stepCount = options.steps
        let kinds = try input(options.step_kinds, stepCount, "step_kinds")
        for i in 0..<stepCount {
            _ = try choice(
                InputStep.self, kinds[i].rawValue, REG_ERROR_SHAPE, "step_kinds", index: i,
                "must be a value of reg_input_step")
        }
        steps = UnsafeRawPointer(kinds).assumingMemoryBound(to: UInt32.self)
        stepValues = try input(options.step_values, stepCount, "step_values")
        classCount = options.classes
        try require(
            classCount == 0 || classCount == loss.classes(outputs: outputs),
            else: REG_ERROR_SHAPE, "classes", is: .size(classCount),
            "must be 0, or 2 for one sigmoid, or the outputs of a softmax")
        labels = options.labels
        for c in 0..<(labels == nil ? 0 : classCount) where labels?[c] == nil {
            throw Failure(REG_ERROR_NULL, "labels", index: c, "is NULL")
        }
    }
}

@c @implementation
public func reg_network_export_c(
    _ network: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?,
    _ options: UnsafePointer<reg_export_options>?
) -> reg_status {
    exportC(Float.self, network, path, name, options)
}

@c @implementation
public func reg_network_export_c_f64(
    _ network: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?,
    _ options: UnsafePointer<reg_export_options>?
) -> reg_status {
    exportC(Double.self, network, path, name, options)
}
