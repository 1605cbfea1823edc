public enum Loss: UInt32, Sendable {
    case binaryCrossEntropy = 0
    case softmaxCrossEntropy = 1
    case squaredError = 2
}
