import CSwiftReg
import Network

private func cost<T: Scalar>(
    _ a: UnsafePointer<T>?, _ y: UnsafePointer<T>?, _ nOut: Int, _ m: Int,
    _ weights: UnsafePointer<UnsafePointer<T>?>?, _ weightCounts: UnsafePointer<Int>?,
    _ layers: Int, _ lambda: Double, _ cost: UnsafeMutablePointer<Double>?,
    _ ignored: UnsafeMutablePointer<Int>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, Size(nOut, "n_out"), Size(m, "m"))
        try requireSome(Size(nOut, "n_out"))
        try requireSome(Size(m, "m"))
        try check(lambda, as: .l2, "lambda")
        let (a, y) = (try input(a, count, "a"), try input(y, count, "y"))
        let cost = try output(cost, 1, "cost")
        _ = try elements(UnsafePointer<T>.self, Size(layers, "layers"))
        let weights = try input(weights, layers, "weights")
        let counts = try input(weightCounts, layers, "weight_counts")
        for layer in 0..<layers {
            let count = try elements(T.self, Size(counts[layer], "weight_counts"))
            try require(
                count == 0 || weights[layer] != nil, else: REG_ERROR_NULL, "weights", index: layer,
                "is NULL")
        }
        let arrays = try arrayOperations(T.self)
        let (sum, missing) = arrays.crossEntropy(a, y, count)
        var squares = 0.0
        for layer in 0..<layers {
            guard let weight = weights[layer] else { continue }
            squares += arrays.operations.sumOfSquares(weight, counts[layer])
        }
        cost.pointee = sum / Double(m) + lambda / (2 * Double(m)) * squares
        ignored?.pointee = missing
    }
}

@c @implementation
public func reg_cost(
    _ a: UnsafePointer<Float>?, _ y: UnsafePointer<Float>?, _ n_out: Int, _ m: Int,
    _ cost_out: UnsafeMutablePointer<Double>?, _ ignored: UnsafeMutablePointer<Int>?
) -> reg_status {
    cost(a, y, n_out, m, nil, nil, 0, 0, cost_out, ignored)
}

@c @implementation
public func reg_cost_f64(
    _ a: UnsafePointer<Double>?, _ y: UnsafePointer<Double>?, _ n_out: Int, _ m: Int,
    _ cost_out: UnsafeMutablePointer<Double>?, _ ignored: UnsafeMutablePointer<Int>?
) -> reg_status {
    cost(a, y, n_out, m, nil, nil, 0, 0, cost_out, ignored)
}

@c @implementation
public func reg_cost_l2(
    _ a: UnsafePointer<Float>?, _ y: UnsafePointer<Float>?, _ n_out: Int, _ m: Int,
    _ weights: UnsafePointer<UnsafePointer<Float>?>?, _ weight_counts: UnsafePointer<Int>?,
    _ layers: Int, _ lambda: Double, _ cost_out: UnsafeMutablePointer<Double>?,
    _ ignored: UnsafeMutablePointer<Int>?
) -> reg_status {
    cost(a, y, n_out, m, weights, weight_counts, layers, lambda, cost_out, ignored)
}

@c @implementation
public func reg_cost_l2_f64(
    _ a: UnsafePointer<Double>?, _ y: UnsafePointer<Double>?, _ n_out: Int, _ m: Int,
    _ weights: UnsafePointer<UnsafePointer<Double>?>?, _ weight_counts: UnsafePointer<Int>?,
    _ layers: Int, _ lambda: Double, _ cost_out: UnsafeMutablePointer<Double>?,
    _ ignored: UnsafeMutablePointer<Int>?
) -> reg_status {
    cost(a, y, n_out, m, weights, weight_counts, layers, lambda, cost_out, ignored)
}

private func costGradient<T: Scalar>(
    _ a: UnsafePointer<T>?, _ y: UnsafePointer<T>?, _ count: Int, _ dz: UnsafeMutablePointer<T>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, Size(count, "count"))
        let (a, y) = (try input(a, count, "a"), try input(y, count, "y"))
        let dz = try output(dz, count, "dz")
        try arrayOperations(T.self).subtract(a, y, dz, count)
    }
}

@c @implementation
public func reg_backward_cost(
    _ a: UnsafePointer<Float>?, _ y: UnsafePointer<Float>?, _ count: Int,
    _ dz: UnsafeMutablePointer<Float>?
) -> reg_status {
    costGradient(a, y, count, dz)
}

@c @implementation
public func reg_backward_cost_f64(
    _ a: UnsafePointer<Double>?, _ y: UnsafePointer<Double>?, _ count: Int,
    _ dz: UnsafeMutablePointer<Double>?
) -> reg_status {
    costGradient(a, y, count, dz)
}
