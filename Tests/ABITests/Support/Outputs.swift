import CSwiftReg

/// Buffers of an error test: valid inputs, and outputs filled so that a write shows.
final class Buffers<T: Element> {
    /// Enough for every valid call of the error tests.
    static var count: Int { 64 }

    let input = UnsafeMutablePointer<T>.allocate(capacity: count)
    let out = UnsafeMutablePointer<T>.allocate(capacity: count)
    let out2 = UnsafeMutablePointer<T>.allocate(capacity: count)
    let out3 = UnsafeMutablePointer<T>.allocate(capacity: count)
    let mask = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
    let cost = UnsafeMutablePointer<Double>.allocate(capacity: 1)
    let ignored = UnsafeMutablePointer<Int>.allocate(capacity: 1)

    init() {
        input.initialize(repeating: 0.5, count: Self.count)
        for buffer in [out, out2, out3] { buffer.initialize(repeating: 123, count: Self.count) }
        mask.initialize(repeating: 123, count: Self.count)
        words.initialize(repeating: 123, count: Self.count)
        cost.initialize(to: 123)
        ignored.initialize(to: 123)
    }

    deinit {
        for buffer in [input, out, out2, out3] { buffer.deallocate() }
        mask.deallocate()
        words.deallocate()
        cost.deallocate()
        ignored.deallocate()
    }

    var outputsAreUntouched: Bool {
        let elements = [out, out2, out3].allSatisfy { buffer in
            (0..<Self.count).allSatisfy { buffer[$0] == 123 }
        }
        let others = (0..<Self.count).allSatisfy { mask[$0] == 123 && words[$0] == 123 }
        return elements && others && cost.pointee == 123 && ignored.pointee == 123
    }
}

/// The smallest number of elements whose bytes exceed memory.
func overflowing<T>(_: T.Type) -> Int { Int.max / MemoryLayout<T>.stride + 1 }

let badKeepProbs: [Double] = [0, -0.0, -0.1, 1.0000001, 1e300, .nan, .infinity, -.infinity]
let badLambdas: [Double] = [-1, -.leastNonzeroMagnitude, .nan, .infinity, -.infinity]
