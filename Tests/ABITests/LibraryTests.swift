import CSwiftReg
import Testing

@Suite struct LibraryTests {
    private static let statuses: [reg_status] = [
        REG_OK, REG_ERROR_NULL, REG_ERROR_SIZE, REG_ERROR_SHAPE, REG_ERROR_KEEP_PROB,
        REG_ERROR_LAMBDA, REG_ERROR_ACTIVATION, REG_ERROR_LEARNING_RATE, REG_ERROR_MEMORY,
        REG_ERROR_ISA, REG_ERROR_STATE, REG_ERROR_THREADS, REG_ERROR_FUNCTION,
    ]

    private func message(_ status: reg_status) -> String {
        String(cString: reg_status_message(status))
    }

    @Test func everyStatusHasAMessageOfItsOwn() {
        let messages = Self.statuses.map(message)
        #expect(Set(messages).count == Self.statuses.count)
        #expect(messages.allSatisfy { $0.count > 5 && !$0.hasSuffix(".") })
        let unknown = message(reg_status(rawValue: 100_000))
        #expect(!unknown.isEmpty && !messages.contains(unknown))
        #expect(message(reg_status(rawValue: .max)) == unknown)
    }

    /// The numbers are part of the ABI.
    @Test func statusesKeepTheirValues() {
        #expect(Self.statuses.map(\.rawValue) == Array(0...12))
        #expect([REG_IDENTITY, REG_RELU, REG_SIGMOID].map(\.rawValue) == [0, 1, 2])
        let functions = [
            REG_FUNCTION_EXP, REG_FUNCTION_LOG, REG_FUNCTION_LOG1P, REG_FUNCTION_SIGMOID,
            REG_FUNCTION_SOFTPLUS, REG_FUNCTION_TANH,
        ]
        #expect(functions.map(\.rawValue) == Array(0...5))
    }

    @Test func messagesAndVersionAreStatic() {
        #expect(reg_status_message(REG_ERROR_NULL) == reg_status_message(REG_ERROR_NULL))
        #expect(reg_version() == reg_version())
    }

    @Test func versionIsThatOfTheHeader() {
        #expect(
            String(cString: reg_version())
                == "\(REG_VERSION_MAJOR).\(REG_VERSION_MINOR).\(REG_VERSION_PATCH)")
    }

    @Test func buildInfo() throws {
        var build = reg_build()
        build.struct_size = MemoryLayout<reg_build>.size
        try #require(reg_build_info(&build) == REG_OK)
        #expect(build.struct_size == MemoryLayout<reg_build>.size)
        #expect(build.version == reg_version())
        #expect(["baseline", "avx2", "avx512", "neon"].contains(String(cString: build.isa)))
        // This test runs on the ordinary build.
        #expect(String(cString: build.runtime) == "swift")
        #expect(build.fused == 0 || build.fused == 1)
        #expect((1...REG_MAX_THREADS).contains(build.num_threads))
    }

    /// Unknown fields of a newer, longer struct stay unchanged.
    @Test func buildInfoOfALongerStruct() {
        let size = MemoryLayout<reg_build>.size
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: size + 16, alignment: MemoryLayout<reg_build>.alignment)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 123, count: size + 16)
        let build = memory.bindMemory(to: reg_build.self, capacity: 1)
        build.pointee.struct_size = size + 16
        #expect(reg_build_info(build) == REG_OK)
        #expect(build.pointee.version == reg_version())
        #expect(
            (size..<size + 16).allSatisfy { memory.load(fromByteOffset: $0, as: UInt8.self) == 123 }
        )
    }

    @Test(arguments: [0, 8, MemoryLayout<reg_build>.size - 1, -1, .min])
    func buildInfoRefusesAShortStruct(size: Int) {
        var build = reg_build()
        build.struct_size = size
        build.num_threads = -7
        #expect(reg_build_info(&build) == REG_ERROR_SIZE)
        #expect(build.struct_size == size && build.num_threads == -7 && build.version == nil)
        #expect(reg_build_info(nil) == REG_ERROR_NULL)
    }
}
