import CPlatform
import KernelInterface

/// The two element types. A library without functions over doubles has no tables of them: what would call one stops
/// the program.
public protocol Scalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    static func table(of kernels: KernelSet) -> UnsafePointer<KernelTable<Self>>
    static func table(of kernels: ArrayKernelSet) -> UnsafePointer<ArrayKernelTable<Self>>
}

extension Float: Scalar {
    public static func table(of kernels: KernelSet) -> UnsafePointer<KernelTable<Float>> {
        kernels.float
    }

    public static func table(of kernels: ArrayKernelSet) -> UnsafePointer<ArrayKernelTable<Float>> {
        kernels.float
    }
}

extension Double: Scalar {
    public static func table(of kernels: KernelSet) -> UnsafePointer<KernelTable<Double>> {
        guard let table = kernels.double else { platform_trap() }
        return table
    }

    public static func table(
        of kernels: ArrayKernelSet
    ) -> UnsafePointer<ArrayKernelTable<Double>> {
        guard let table = kernels.double else { platform_trap() }
        return table
    }
}
