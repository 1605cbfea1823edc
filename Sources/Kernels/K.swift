import KernelInterface
@inline(never) public func kern(_ p: UnsafeMutablePointer<Float>, _ n: Int) { for i in 0..<n { p[i] = twice(p[i]) } }
