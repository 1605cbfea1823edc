/// Rows, columns and depth of a product, near the edges of tiles (2, 6 and 12 rows; 1 and 2 vectors
/// of 8 doubles or 16 floats) and of chains (256 doubles or 384 floats).
struct ProductShape: Sendable, CustomStringConvertible {
    var rows: Int
    var columns: Int
    var depth: Int

    var description: String { "\(rows)x\(depth) * \(depth)x\(columns)" }

    static let tileEdges: [ProductShape] = {
        let outputs = [1, 2, 5, 6, 7, 11, 12, 13].flatMap { rows in
            [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 34].map { (rows, $0) }
        }
        return outputs.map { ProductShape(rows: $0.0, columns: $0.1, depth: 3) }
    }()

    static let chainEdges: [ProductShape] =
        [1, 255, 256, 257, 383, 384, 385, 769].flatMap { depth in
            [(1, 1), (7, 9), (2, 17)].map {
                ProductShape(rows: $0.0, columns: $0.1, depth: depth)
            }
        }

    static let all = tileEdges + chainEdges
}
