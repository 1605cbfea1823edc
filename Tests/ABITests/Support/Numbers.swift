import CSwiftReg

/// Reproducible test data: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014).
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func values<T: Element>(
        _ count: Int, in range: ClosedRange<Double> = -1...1
    ) -> [T] {
        (0..<count).map { _ in T(Double.random(in: range, using: &self)) }
    }
}

/// Half the distance from 1 to the next number: the relative error of one rounding.
func unitRoundoff<T: Element>(_: T.Type) -> Double { T.ulpOfOne.double / 2 }

/// Higham's gamma: n successive roundings change a result, or each product in a sum, by at most
/// this factor ("Accuracy and Stability of Numerical Algorithms", 2nd ed., section 3.1). It holds
/// for any order of the sum, fused or not.
func gamma<T: Element>(_ n: Int, _: T.Type) -> Double {
    let nu = Double(n) * unitRoundoff(T.self)
    return nu / (1 - nu)
}

/// The error bound of a sum that the library computes in T and the oracle in Double.
func sumBound<T: Element>(_ terms: Int, _: T.Type) -> Double {
    gamma(terms, T.self) + gamma(terms, Double.self)
}

/// Calls `body` on a buffer that is both input and output, and returns its contents.
func inPlace<T>(
    _ values: [T], _ body: (UnsafePointer<T>?, UnsafeMutablePointer<T>?) -> reg_status
) -> (status: reg_status, values: [T]) {
    var values = values
    let status = values.withUnsafeMutableBufferPointer {
        body(UnsafePointer($0.baseAddress), $0.baseAddress)
    }
    return (status, values)
}
