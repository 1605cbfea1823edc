import KernelInterface

/// The properties of a network beside its layers.
public struct Settings: Sendable {
    public var loss = Loss.binaryCrossEntropy
    public var initialWeights = InitialWeights.he
    public var seed: UInt64 = 0
    public var labelSmoothing = 0.0
    /// The largest norm of the weights into a unit; 0: no limit.
    public var maxNorm = 0.0

    public init() {}
}

/// The training progress.
public struct Position: Sendable {
    public var step: UInt64 = 0
    public var epoch: UInt64 = 0

    /// Both are below this: the streams of random words have so many bits for them.
    public static var limit: UInt64 { 1 << UInt64(StreamLayout.stepBits) }

    public init() {}
}
