import CPlatform
import KernelInterface
import Kernels

#if REG_KERNELSAVX2
    import KernelsAVX2
    import KernelsAVX512
#endif

/// The kernel set in use, chosen at the first call.
public struct Runtime: Sendable {
    public fileprivate(set) var kernels: KernelSet
    public let isa: StaticString

    /// Nil if SWIFTREG_ISA names an instruction set that this CPU or build lacks.
    public static var current: UnsafePointer<Runtime>? {
        Once.run(&once) {
            chosen = Runtime.choose()
        }
        return chosen == nil ? nil : address(&chosen)
    }

    /// The same for functions of arrays: where flash is scarce, the kernels of networks are less than all.
    public static var forArrays: UnsafePointer<Runtime>? {
        #if REG_SCALAR
            Once.run(&onceForArrays) {
                chosenForArrays = current?.pointee
                chosenForArrays?.kernels = Kernels.arrayKernelSet()
            }
            return chosenForArrays == nil ? nil : address(&chosenForArrays)
        #else
            return current
        #endif
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
                return Runtime(kernels: KernelsAVX512.kernelSet(), isa: "avx512")
            }
            if level >= 3 && isWanted("avx2") {
                return Runtime(kernels: KernelsAVX2.kernelSet(), isa: "avx2")
            }
        #endif
        return isWanted(portable) ? Runtime(kernels: Kernels.kernelSet(), isa: portable) : nil
    }
}

// Globals, because a C callback can capture nothing, not even Self.
nonisolated(unsafe) private var once = Once()
nonisolated(unsafe) private var chosen: Runtime?
#if REG_SCALAR
    nonisolated(unsafe) private var onceForArrays = Once()
    nonisolated(unsafe) private var chosenForArrays: Runtime?
#endif

/// The address of the value in an optional, which is that of the optional.
private func address<T>(_ global: UnsafeMutablePointer<T?>) -> UnsafePointer<T> {
    UnsafePointer(UnsafeMutableRawPointer(global).assumingMemoryBound(to: T.self))
}
