import KernelInterface

/// The two element types.
public protocol Scalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    static func table(of kernels: KernelSet) -> UnsafePointer<KernelTable<Self>>
}

extension Float: Scalar {
    public static func table(of kernels: KernelSet) -> UnsafePointer<KernelTable<Float>> {
        kernels.float
    }
}

extension Double: Scalar {
    public static func table(of kernels: KernelSet) -> UnsafePointer<KernelTable<Double>> {
        kernels.double
    }
}
