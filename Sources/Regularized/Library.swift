import CSwiftReg

/// The library beneath: its version, its threads, and its masks.
public enum Library {
    /// "major.minor.patch"
    public static var version: String { String(cString: reg_version()) }

    /// The kernels in use: "baseline", "avx2", "avx512" or "neon".
    public static var instructionSet: String {
        get throws(NetworkError) {
            var build = reg_build()
            build.struct_size = MemoryLayout<reg_build>.size
            try check(reg_build_info(&build))
            return String(cString: build.isa)
        }
    }

    /// The most threads that a large call uses; results do not depend on it. At first from SWIFTREG_NUM_THREADS, else
    /// OMP_NUM_THREADS, else the cores that the process may use.
    public static var threadCount: Int {
        get throws(NetworkError) {
            var count: Int32 = 0
            try check(reg_get_num_threads(&count))
            return Int(count)
        }
    }

    /// - Parameters:
    ///   - count: 1 to 256.
    public static func setThreadCount(_ count: Int) throws(NetworkError) {
        try check(reg_set_num_threads(Int32(clamping: count)))
    }

    /// A dropout mask, 1 for kept and 0 for dropped: a function of its arguments alone, as docs/reproducibility.md
    /// computes it.
    ///
    /// Layer l of a network (0 is the input) at step t has `stream` = t * 2^16 + l, row r `offset` = r * 2^34.
    ///
    /// - Parameters:
    ///   - count: the number of elements, at least 0.
    ///   - keepProb: the probability to keep an element, in (0, 1].
    ///   - seed: the key of the generator.
    ///   - stream: the upper half of its counter.
    ///   - offset: the number of the first element.
    public static func dropoutMask(
        count: Int, keepProb: Double, seed: UInt64, stream: UInt64 = 0, offset: UInt64 = 0
    ) throws(NetworkError) -> [UInt8] {
        if count < 0 {
            throw NetworkError(
                "count", is: "is \(count)", number: Double(count), must: "be at least 0")
        }
        var mask = [UInt8](repeating: 0, count: count)
        try check(reg_dropout_mask(count, keepProb, seed, stream, offset, &mask))
        return mask
    }
}
