import CPlatform

/// The caller's examples, by strides: see reg_data.
public struct Examples<T: Scalar>: @unchecked Sendable {
    public var count: Int
    public var x: UnsafePointer<T>
    public var xStrides: Strides
    public var y: UnsafePointer<T>
    public var yStrides: Strides
    /// Nil: 1 each.
    public var weights: UnsafePointer<T>?

    public init(
        count: Int, x: UnsafePointer<T>, xStrides: Strides, y: UnsafePointer<T>,
        yStrides: Strides, weights: UnsafePointer<T>?
    ) {
        self.count = count
        self.x = x
        self.xStrides = xStrides
        self.y = y
        self.yStrides = yStrides
        self.weights = weights
    }

    /// The m of a mean over some of them: their number, or the sum of their weights.
    func weight(of range: ExampleRange) -> Double {
        guard let weights else { return Double(range.count) }
        var sum = BlockSum()
        for e in 0..<range.count { sum.add(Double(weights[range.index(e)])) }
        return sum.total
    }

    /// Whether every weight is finite and at least 0, and a mean can be taken; `mayBeNone`:
    /// or all of them are 0.
    public func areWeightsValid(mayBeNone: Bool) -> Bool {
        guard let weights else { return true }
        for e in 0..<count where !(weights[e] >= 0 && weights[e] < .infinity) { return false }
        let sum = weight(of: all)
        if sum == 0 { return mayBeNone }
        return sum.isFinite && T(1 / sum).isFinite
    }

    var all: ExampleRange { ExampleRange(first: 0, count: count, order: nil) }
}

/// Where the masks of a pass come from.
struct Dropout {
    var seed: UInt64
    var step: UInt64
    /// The row of the batch that the pass begins with.
    var firstRow: UInt64 = 0
    /// For each layer nil, or a mask that is used instead of a drawn one, and the length of its rows.
    var masks: UnsafePointer<UnsafePointer<UInt8>?>?
    var maskRow = 0

    func draw(layer: Int, keepProb: Double) -> DropoutDraw {
        DropoutDraw(
            keepProb: keepProb, seed: seed, stream: step << 16 | UInt64(layer), offset: firstRow)
    }
}

/// Streams beside those of the masks: no network has so many layers.
private let shuffleLayer: UInt64 = 0xfffe
let initialWeightsStream: UInt64 = 0xffff

/// The order of the examples in an epoch: see `shuffle` in reg_fit_options. `order` has
/// `shuffleBytes(count)` bytes, whose first `count` numbers receive it.
func shuffle(
    _ runtime: UnsafePointer<Runtime>, _ order: UnsafeMutablePointer<Int>, count: Int,
    seed: UInt64, epoch: UInt64
) {
    for i in 0..<count { order[i] = i }
    let pairs = UnsafeMutableRawPointer(order + count).assumingMemoryBound(to: UInt32.self)
    var draw = DropoutDraw(
        keepProb: 1, seed: seed, stream: epoch << 16 | shuffleLayer, offset: 0)
    var end = count
    while end > 1 {
        let start = (end - 1) / shufflePiece * shufflePiece
        draw.offset = UInt64(2 * start)
        runtime.pointee.kernels.philox(pairs, 2 * (end - start), draw)
        for i in (max(start, 1)..<end).reversed() {
            let v = UInt64(pairs[2 * (i - start)]) | UInt64(pairs[2 * (i - start) + 1]) << 32
            let j = Int(v.multipliedFullWidth(by: UInt64(i) + 1).high)
            let kept = order[i]
            order[i] = order[j]
            order[j] = kept
        }
        end = start
    }
}

/// Bytes of an order and of the words behind it, as whole doubles.
func shuffleBytes(_ count: Int) -> Int {
    let bytes = count * MemoryLayout<Int>.stride + shufflePiece * 2 * MemoryLayout<UInt32>.stride
    return (bytes + 7) & ~7
}

/// Random numbers that are drawn at once.
private let shufflePiece = 1024
