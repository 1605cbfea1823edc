import CSwiftReg

/// An error of the library, in its words.
struct Refused: Error, CustomStringConvertible {
    let description: String
}

func check(_ status: reg_status) throws {
    if status != REG_OK { throw Refused(description: String(cString: reg_status_message(status))) }
}

/// Examples in rows: `x` is (count, features), `y` has a label of 0 or 1 for each.
struct Examples {
    let features: Int
    var x: [Double]
    let y: [Double]
    var count: Int { y.count }
    /// The position of unit u of example r in `x`, for the library.
    var rows: reg_strides { reg_strides(unit: 1, example: features) }
}

/// One sigmoid unit with L2: logistic regression.
struct Layer {
    var w: [Double]
    var b: [Double] = [0]
    let lambda: Double

    private static let rows = reg_strides(unit: 1, example: 1)

    /// The probability of label 1 for each example.
    func probabilities(_ examples: Examples) throws -> [Double] {
        var a = [Double](repeating: 0, count: examples.count)
        try check(
            reg_forward_dense_f64(
                w, b, 1, w.count, examples.count, examples.x, examples.rows, REG_SIGMOID, nil, &a,
                Self.rows))
        return a
    }

    /// The mean cross-entropy plus lambda / (2 m) * sum of w^2.
    func cost(_ examples: Examples) throws -> Double {
        let a = try probabilities(examples)
        var cost = 0.0
        try w.withUnsafeBufferPointer { weights in
            var matrices = [weights.baseAddress]
            var counts = [weights.count]
            try check(
                reg_cost_l2_f64(
                    a, examples.y, 1, examples.count, &matrices, &counts, 1, lambda, &cost, nil))
        }
        return cost
    }

    /// The gradient of `cost` by w and by b.
    func gradient(_ examples: Examples) throws -> (w: [Double], b: [Double]) {
        let a = try probabilities(examples)
        var dz = a
        try check(reg_backward_cost_f64(a, examples.y, examples.count, &dz))
        var dw = [Double](repeating: 0, count: w.count)
        var db = [0.0]
        try check(
            reg_backward_l2_f64(
                w, 1, w.count, examples.count, dz, Self.rows, examples.x, examples.rows, lambda,
                &dw, &db, nil, examples.rows))
        return (dw, db)
    }

    mutating func update(_ gradient: (w: [Double], b: [Double]), rate: Double) throws {
        let old = self
        try check(reg_update_f64(old.w, gradient.w, w.count, rate, &w))
        try check(reg_update_f64(old.b, gradient.b, 1, rate, &b))
    }
}
