import CSwiftReg
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Networks saved and read, and damaged bytes, for the sanitizers, which find reads beyond a
/// buffer. C and Python test the contents.
@Suite struct FileTests {
    private func withNetwork(_ body: (OpaquePointer) -> Void) {
        let widths = [3, 4, 2]
        let keepProb = [1, 0.5]
        widths.withUnsafeBufferPointer { widths in
            keepProb.withUnsafeBufferPointer { keepProb in
                var options = reg_network_options()
                options.struct_size = MemoryLayout<reg_network_options>.size
                options.layers = 2
                options.widths = widths.baseAddress
                options.keep_prob = keepProb.baseAddress
                var network: OpaquePointer?
                #expect(reg_network_create(&options, &network) == REG_OK)
                guard let network else { return }
                defer { reg_network_destroy(network) }
                var optimizer = reg_optimizer_options()
                optimizer.struct_size = MemoryLayout<reg_optimizer_options>.size
                #expect(reg_optimizer_defaults(REG_ADAM, &optimizer) == REG_OK)
                #expect(reg_network_set_optimizer(network, &optimizer) == REG_OK)
                var state: UnsafeMutablePointer<Float>?
                var count = 0
                #expect(reg_network_optimizer_state(network, &state, &count) == REG_OK)
                for i in 0..<count { state?[i] = Float(i) }
                body(network)
            }
        }
    }

    private func serialized(_ network: OpaquePointer) -> [UInt8] {
        var size = 0
        #expect(reg_network_serialize(network, nil, 0, &size) == REG_OK)
        var bytes = [UInt8](repeating: 0, count: size)
        #expect(reg_network_serialize(network, &bytes, size, &size) == REG_OK)
        #expect(bytes.count == size)
        return bytes
    }

    /// Reads the bytes and serializes the network again; nil if they are refused.
    private func reread(_ bytes: [UInt8]) -> [UInt8]? {
        // Separate memory that ends with the bytes, unlike an array's.
        let exact = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
        exact.initialize(from: bytes, count: bytes.count)
        defer { exact.deallocate() }
        var network: OpaquePointer?
        let status = reg_network_deserialize(exact, bytes.count, &network)
        #expect(status == (network == nil ? REG_ERROR_FORMAT : REG_OK))
        guard let network else { return nil }
        defer { reg_network_destroy(network) }
        return serialized(network)
    }

    @Test func bytesReturn() {
        withNetwork { network in
            let bytes = serialized(network)
            #expect(reread(bytes) == bytes)
        }
    }

    @Test func filesReturn() {
        withNetwork { network in
            let path = "/tmp/swiftreg-test-\(getpid())"
            defer { unlink(path) }
            #expect(reg_network_save(network, path) == REG_OK)
            var loaded: OpaquePointer?
            #expect(reg_network_load(path, &loaded) == REG_OK)
            #expect(loaded.map(serialized) == serialized(network))
            reg_network_destroy(loaded)
            #expect(reg_network_export_c(network, path, "predict", nil) == REG_OK)
            #expect(reg_network_load(path, &loaded) == REG_ERROR_FORMAT)
            #expect(loaded == nil)
        }
    }

    @Test func truncated() {
        withNetwork { network in
            let bytes = serialized(network)
            for count in 0..<bytes.count {
                #expect(reread(Array(bytes[..<count])) == nil, "\(count) bytes")
            }
        }
    }

    @Test func corrupted() {
        withNetwork { network in
            var bytes = serialized(network)
            let header = 8 + Int(bytes[0]) + 256 * Int(bytes[1])
            for i in 0..<header {
                let before = bytes[i]
                for value in [before ^ 1, before ^ 0x80, 0, UInt8(ascii: "\""), UInt8(ascii: "9")] {
                    bytes[i] = value
                    // The result may be another valid network.
                    if let other = reread(bytes) { #expect(reread(other) == other) }
                }
                bytes[i] = before
            }
        }
    }
}
