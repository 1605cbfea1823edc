/// Matrices of Double, rows contiguous, by the plain triple loop.
struct Product {
    var values: [Double]
    /// The same sums over absolute values, to which error bounds are proportional.
    var sizes: [Double]

    /// A B for A of rows x depth and B of depth x columns.
    init(_ a: [Double], _ b: [Double], rows: Int, depth: Int, columns: Int) {
        values = [Double](repeating: 0, count: rows * columns)
        sizes = values
        for i in 0..<rows {
            for k in 0..<depth {
                let x = a[i * depth + k]
                for j in 0..<columns {
                    let term = x * b[k * columns + j]
                    values[i * columns + j] += term
                    sizes[i * columns + j] += term.magnitude
                }
            }
        }
    }
}

func transposed(_ a: [Double], rows: Int, columns: Int) -> [Double] {
    (0..<columns).flatMap { j in (0..<rows).map { i in a[i * columns + j] } }
}
