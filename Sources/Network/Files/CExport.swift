/// A change of every input, in the order of the steps, before the first layer; v is the input and c the
/// step's constant for it.
public enum InputStep: UInt32, Sendable {
    case subtract = 0
    case divide = 1
    case multiply = 2
    case add = 3
    case atLeast = 4
    case atMost = 5
    /// c is the mark of a missing input, which becomes NaN.
    case missing = 6
    /// NaN becomes c.
    case impute = 7
}

/// The element type of an exported function.
public enum Precision: UInt32, Sendable {
    case own = 0
    case float32 = 1
    case float64 = 2
}

/// How a network is exported. The caller has checked everything.
public struct CExport {
    public let name: UnsafePointer<CChar>
    public let version: UnsafePointer<CChar>
    public var precision = Precision.own
    public var hasBlock = false
    /// The path of the header, if there is one.
    public var header: UnsafePointer<CChar>?
    public var stepCount = 0
    /// The numbers of the steps.
    public var steps: UnsafePointer<UInt32>?
    /// A row of constants, one for each input, for each step.
    public var stepValues: UnsafePointer<Double>?
    public var classCount = 0
    public var labels: UnsafePointer<UnsafePointer<CChar>?>?

    public init(name: UnsafePointer<CChar>, version: UnsafePointer<CChar>) {
        self.name = name
        self.version = version
    }
}
