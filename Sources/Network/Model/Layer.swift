/// A weight matrix with its bias, activation and regularization. Its inputs are the units of the layer
/// below.
public struct Layer: Sendable {
    public var nOut: Int
    public var nIn: Int
    /// The offsets of W, (nOut, nIn), and b in the flat parameter buffer.
    public var weights = 0
    public var biases = 0
    /// The number of units in all layers below its inputs.
    var unitsBelow = 0
    /// The activation of its outputs. The last layer has the identity: the loss applies its own.
    public var activation: Activation
    /// The probability to keep an input in dropout.
    public var keepProb: Double
    public var l2: Double
    public var l1: Double

    public init(
        nOut: Int, nIn: Int, activation: Activation, keepProb: Double, l2: Double, l1: Double
    ) {
        self.nOut = nOut
        self.nIn = nIn
        self.activation = activation
        self.keepProb = keepProb
        self.l2 = l2
        self.l1 = l1
    }

    public var weightCount: Int { nOut * nIn }
}
