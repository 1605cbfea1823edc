/// The parameters of one dropout mask.
public struct DropoutDraw: Sendable {
    /// An element is kept if its random word < threshold; 2^32 keeps all.
    public var threshold: UInt64
    /// 1 / keep_prob.
    public var scale: Double
    public var seed: UInt64
    public var stream: UInt64
    /// The index of the first element.
    public var offset: UInt64

    public init(keepProb: Double, seed: UInt64, stream: UInt64, offset: UInt64) {
        // Halves round away from zero; the sum is below 2^33, so the truncation is exact.
        threshold = UInt64(keepProb * 0x1p32 + 0.5)
        scale = 1 / keepProb
        self.seed = seed
        self.stream = stream
        self.offset = offset
    }
}

/// The random streams of a network: layer l of step t draws its mask from stream
/// t << layerBits | l, where unit u of batch row r is element r << elementBitsPerRow | u.
public enum StreamLayout {
    @inlinable @inline(__always) public static var layerBits: Int { 16 }
    @inlinable @inline(__always) public static var stepBits: Int { 64 - layerBits }
    @inlinable @inline(__always) public static var elementBitsPerRow: Int { 34 }
    @inlinable @inline(__always) public static var rowBits: Int { 64 - elementBitsPerRow }

    /// The largest layer numbers are those of other streams; no network has so many layers.
    public static let shuffleLayer: UInt64 = 0xfffe
    public static let initialWeightsLayer: UInt64 = 0xffff

    @inlinable public static func stream(step: UInt64, layer: UInt64) -> UInt64 {
        step << UInt64(layerBits) | layer
    }
}
