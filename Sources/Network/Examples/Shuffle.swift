import KernelInterface

/// Writes the order of the examples in an epoch: see `shuffle` in reg_fit_options. `order` has
/// `shuffleBytes(count)` bytes; its first `count` numbers receive the order.
func shuffle(
    _ runtime: UnsafePointer<Runtime>, _ order: UnsafeMutablePointer<Int>, count: Int,
    seed: UInt64, epoch: UInt64
) {
    for i in 0..<count { order[i] = i }
    let pairs = UnsafeMutableRawPointer(order + count).assumingMemoryBound(to: UInt32.self)
    var draw = DropoutDraw(
        keepProb: 1, seed: seed,
        stream: StreamLayout.stream(step: epoch, layer: StreamLayout.shuffleLayer), offset: 0)
    var end = count
    while end > 1 {
        let start = (end - 1) / shuffleBlock * shuffleBlock
        draw.offset = UInt64(2 * start)
        runtime.pointee.kernels.philox(pairs, 2 * (end - start), draw)
        for i in (max(start, 1)..<end).reversed() {
            let v = UInt64(pairs[2 * (i - start)]) | UInt64(pairs[2 * (i - start) + 1]) << 32
            let j = Int(v.multipliedFullWidth(by: UInt64(i) + 1).high)
            let other = order[i]
            order[i] = order[j]
            order[j] = other
        }
        end = start
    }
}

/// Bytes of an order and of the random words behind it, rounded up to whole doubles.
func shuffleBytes(_ count: Int) -> Int {
    let bytes = count * MemoryLayout<Int>.stride + shuffleBlock * 2 * MemoryLayout<UInt32>.stride
    return (bytes + 7) & ~7
}

/// Random numbers per call of the generator.
private let shuffleBlock = savesMemory ? 16 : 1024
