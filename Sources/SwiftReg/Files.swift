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
