import CSwiftReg

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

// MARK: Bytes and files

extension Network {
    /// The network in the safetensors format, with all its options and its position: what is loaded from these bytes
    /// goes on bit for bit.
    public func serialized() throws(NetworkError) -> [UInt8] {
        try call { () throws(NetworkError) in
            var size = 0
            try check(functions.serialize(handle, nil, 0, &size))
            var bytes = [UInt8](repeating: 0, count: size)
            let status = bytes.withUnsafeMutableBytes {
                functions.serialize(handle, $0.baseAddress, $0.count, &size)
            }
            try check(status)
            return bytes
        }
    }

    /// A network from bytes of ``serialized()``, which need not be trusted.
    public convenience init(serialized bytes: [UInt8]) throws(NetworkError) {
        try self.init { handle in
            bytes.withUnsafeBytes {
                Scalar._functions.deserialize($0.baseAddress, $0.count, &handle)
            }
        }
    }

    /// A network from a file of ``save(to:)``, or of another language's save.
    public convenience init(contentsOf path: String) throws(NetworkError) {
        try self.init { handle in Scalar._functions.load(path, &handle) }
    }

    /// Writes a file in the safetensors format. After any error, the old file is whole.
    public func save(to path: String) throws(NetworkError) {
        try call { () throws(NetworkError) in try check(functions.save(handle, path)) }
    }

    /// Writes the network as one C file, C99 and C++11 at once, that needs nothing but math.h, with the function
    /// `void NAME(const T x[inputs], T y[outputs])`.
    ///
    /// - Parameters:
    ///   - path: of the file, which is written as by ``save(to:)``.
    ///   - name: an identifier of C of at most 255 characters, no keyword of C or C++ and no name of math.h.
    ///   - precision: of T.
    ///   - header: the path of a header with the declarations; nil: none.
    ///   - block: whether there is also `void NAME_block(const T *x, long m, T *y)`, for m examples in rows.
    public func exportC(
        to path: String, name: String, precision: Precision = .own, header: String? = nil,
        block: Bool = false
    ) throws(NetworkError) {
        try withCString(header) { (header) throws(NetworkError) in
            var options = reg_export_options()
            options.struct_size = MemoryLayout<reg_export_options>.size
            options.precision = reg_precision(precision.rawValue)
            options.header = header
            options.block = block ? 1 : 0
            try call { () throws(NetworkError) in
                try check(functions.exportC(handle, path, name, &options))
            }
        }
    }

    /// Another network with the same parameters, options, optimizer state and position.
    public func copy() throws(NetworkError) -> Network { try Network(serialized: serialized()) }

    private convenience init(_ make: (inout OpaquePointer?) -> reg_status) throws(NetworkError) {
        var made: OpaquePointer?
        try check(make(&made))
        try self.init(owning: made!)
    }
}

private func withCString(
    _ text: String?, _ body: (UnsafePointer<CChar>?) throws(NetworkError) -> Void
) throws(NetworkError) {
    guard let text else { return try body(nil) }
    try text.utf8CString.withUnsafeBufferPointer { (text) throws(NetworkError) in
        try body(text.baseAddress)
    }
}

// MARK: Codable

extension Network: Encodable {
    /// Encodes the bytes of ``serialized()``.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Data(serialized()))
    }
}

extension Network: Decodable {
    public convenience init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let bytes = try container.decode(Data.self)
        do {
            try self.init(serialized: [UInt8](bytes))
        } catch {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: container.codingPath, debugDescription: error.description,
                    underlyingError: error))
        }
    }
}
