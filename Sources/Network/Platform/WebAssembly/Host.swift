import CWebAssembly

/// `bytes` > 0, aligned to 64; nil if there is no memory. There are no large pages.
@inline(never)
func allocateBlock(_ bytes: Int, largePages: Bool) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    return posix_memalign(&memory, 64, bytes) == 0 ? memory : nil
}

/// Releases a block of `allocateBlock`; nil is a no-op.
public func free(_ memory: UnsafeMutableRawPointer?) { CWebAssembly.free(memory) }

/// Whether memory is scarcer than time, and no cache has sets to conflict in.
let savesMemory = false
