import CSwiftReg
import Regularized

/// Points in the square, and whether each is in a circle: one feature pair and one target a row.
struct Points<T: NetworkScalar> {
    let x: [T]
    let y: [T]

    init(_ count: Int, seed: UInt64 = 1) {
        var random = SplitMix(seed)
        var (x, y): ([T], [T]) = ([], [])
        for _ in 0..<count {
            let (u, v) = (T(random.unit()), T(random.unit()))
            x += [u, v]
            y.append(u * u + v * v < 0.6 ? 1 : 0)
        }
        (self.x, self.y) = (x, y)
    }

    var examples: Examples<T> { Examples(x: x, y: y) }
    var columns: Examples<T> {
        Examples(x: transposed(x, rows: y.count, columns: 2), y: y, layout: .columns)
    }

    func accuracy(_ network: Network<T>) throws -> Double {
        Double(zip(try network.predict(x), y).count { ($0 > 0.5) == ($1 == 1) }) / Double(y.count)
    }
}

/// Numbers in [-1, 1) that do not depend on the library.
struct SplitMix {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func unit() -> Double { Double(next() >> 11) / 4_503_599_627_370_496 - 1 }
}

func transposed<T>(_ values: [T], rows: Int, columns: Int) -> [T] {
    (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
}

/// The error that a call throws; nil if none.
func failure<R>(_ body: () throws(NetworkError) -> R) -> NetworkError? {
    do {
        _ = try body()
        return nil
    } catch { return error }
}

/// Calls a generic test for both element types.
protocol ForBothTypes {
    func run<T: NetworkScalar>(_: T.Type) throws
}

extension ForBothTypes {
    func callAsFunction() throws {
        try run(Float.self)
        try run(Double.self)
    }
}
