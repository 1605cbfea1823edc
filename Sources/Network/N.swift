import Kernels
import KernelInterface
#if REG_KERNELSAVX2
import KernelsAVX2
import KernelsAVX512
#endif
public struct Table { public let f: (UnsafeMutablePointer<Float>, Int) -> Void }
public func table(_ i: Int) -> Table {
#if REG_KERNELSAVX2
 if i == 1 { return Table(f: KernelsAVX2.kern) }
 if i == 2 { return Table(f: KernelsAVX512.kern) }
#endif
 return Table(f: Kernels.kern) }
