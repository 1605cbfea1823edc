import CPlatform
import KernelInterface
import Kernels

#if REG_KERNELSAVX2
    import KernelsAVX2
    import KernelsAVX512
#endif

/// The kernel set in use, chosen at the first call.
public struct Runtime: Sendable {
    public let kernels: KernelSet
    public let isa: StaticString
    /// The kernels that only functions of arrays call. Where flash is scarce, nothing of networks holds them.
    #if REG_SCALAR
        public var arrayKernels: ArrayKernelSet { Kernels.arrayKernelSet() }
    #else
        public let arrayKernels: ArrayKernelSet
    #endif

    private init(
        _ isa: StaticString, _ kernels: KernelSet, _ arrayKernels: @autoclosure () -> ArrayKernelSet
    ) {
        self.isa = isa
        self.kernels = kernels
        #if !REG_SCALAR
            self.arrayKernels = arrayKernels()
        #endif
    }

    /// Nil if SWIFTREG_ISA names an instruction set that this CPU or build lacks.
    public static var current: UnsafePointer<Runtime>? {
        Once.run(&once) {
            chosen = Runtime.choose()
        }
        return chosen == nil ? nil : address(&chosen)
    }

    fileprivate static func choose() -> Runtime? {
        #if arch(arm64)
            let portable: StaticString = "neon"
        #elseif arch(wasm32) && REG_RELAXED_SIMD
            let portable: StaticString = "relaxed-simd"
        #elseif REG_SCALAR
            let portable: StaticString = "scalar"
        #elseif arch(wasm32)
            let portable: StaticString = "simd128"
        #else
            let portable: StaticString = "baseline"
        #endif
        let wanted = setting("SWIFTREG_ISA")
        func isWanted(_ name: StaticString) -> Bool {
            guard let wanted, wanted[0] != 0 else { return true }
            return strcmp(wanted, name.utf8Start) == 0
        }
        #if REG_KERNELSAVX2
            let level = x86Level
            if level >= 4 && isWanted("avx512") {
                return Runtime("avx512", KernelsAVX512.kernelSet(), KernelsAVX512.arrayKernelSet())
            }
            if level >= 3 && isWanted("avx2") {
                return Runtime("avx2", KernelsAVX2.kernelSet(), KernelsAVX2.arrayKernelSet())
            }
        #endif
        guard isWanted(portable) else { return nil }
        return Runtime(portable, Kernels.kernelSet(), Kernels.arrayKernelSet())
    }
}

// Globals, because a C callback can capture nothing, not even Self.
nonisolated(unsafe) private var once = Once()
nonisolated(unsafe) private var chosen: Runtime?

/// The address of the value in an optional, which is that of the optional.
private func address<T>(_ global: UnsafeMutablePointer<T?>) -> UnsafePointer<T> {
    UnsafePointer(UnsafeMutableRawPointer(global).assumingMemoryBound(to: T.self))
}
