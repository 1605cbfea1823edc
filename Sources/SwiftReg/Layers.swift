import CSwiftReg
import Network

// MARK: Activations

private func activate<T: Scalar>(
    _ z: UnsafePointer<T>?, _ count: Int, _ kind: reg_activation, _ a: UnsafeMutablePointer<T>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, count)
        let kind = try activation(kind)
        let (z, a) = (try input(z, count), try output(a, count))
        try operations(T.self).activate(z, a, count, kind)
    }
}

@c @implementation
public func reg_forward_activation(
    _ z: UnsafePointer<Float>?, _ count: Int, _ activation: reg_activation,
    _ a: UnsafeMutablePointer<Float>?
) -> reg_status {
    activate(z, count, activation, a)
}

@c @implementation
public func reg_forward_activation_f64(
    _ z: UnsafePointer<Double>?, _ count: Int, _ activation: reg_activation,
    _ a: UnsafeMutablePointer<Double>?
) -> reg_status {
    activate(z, count, activation, a)
}

private func activationGradient<T: Scalar>(
    _ da: UnsafePointer<T>?, _ a: UnsafePointer<T>?, _ count: Int, _ kind: reg_activation,
    _ dz: UnsafeMutablePointer<T>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, count)
        let kind = try activation(kind)
        let (da, a, dz) = (try input(da, count), try input(a, count), try output(dz, count))
        try operations(T.self).activationGradient(da, a, dz, count, kind)
    }
}

@c @implementation
public func reg_backward_activation(
    _ da: UnsafePointer<Float>?, _ a: UnsafePointer<Float>?, _ count: Int,
    _ activation: reg_activation, _ dz: UnsafeMutablePointer<Float>?
) -> reg_status {
    activationGradient(da, a, count, activation, dz)
}

@c @implementation
public func reg_backward_activation_f64(
    _ da: UnsafePointer<Double>?, _ a: UnsafePointer<Double>?, _ count: Int,
    _ activation: reg_activation, _ dz: UnsafeMutablePointer<Double>?
) -> reg_status {
    activationGradient(da, a, count, activation, dz)
}

// MARK: Elementary functions

private func elementary<T: Scalar>(
    _ x: UnsafePointer<T>?, _ count: Int, _ function: reg_function, _ out: UnsafeMutablePointer<T>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, count)
        guard let function = ElementaryFunction(rawValue: function.rawValue) else {
            throw Failure(REG_ERROR_FUNCTION)
        }
        let (x, out) = (try input(x, count), try output(out, count))
        try operations(T.self).elementary(x, out, count, function)
    }
}

@c @implementation
public func reg_elementary(
    _ x: UnsafePointer<Float>?, _ count: Int, _ function: reg_function,
    _ out: UnsafeMutablePointer<Float>?
) -> reg_status {
    elementary(x, count, function, out)
}

@c @implementation
public func reg_elementary_f64(
    _ x: UnsafePointer<Double>?, _ count: Int, _ function: reg_function,
    _ out: UnsafeMutablePointer<Double>?
) -> reg_status {
    elementary(x, count, function, out)
}

// MARK: Dense layers

/// Sizes of a layer, none of them 0, whose matrices memory can hold.
private func checkLayer<T>(_: T.Type, nOut: Int, nIn: Int, m: Int) throws(Failure) {
    let sizes = (
        try elements(T.self, nOut, nIn), try elements(T.self, nOut, m), try elements(T.self, nIn, m)
    )
    try require(sizes.0 > 0 && sizes.1 > 0 && sizes.2 > 0, else: REG_ERROR_SHAPE)
}

private func forwardDense<T: Scalar>(
    _ w: UnsafePointer<T>?, _ b: UnsafePointer<T>?, _ nOut: Int, _ nIn: Int, _ m: Int,
    _ a: UnsafePointer<T>?, _ aStrides: reg_strides, _ kind: reg_activation,
    _ z: UnsafeMutablePointer<T>?, _ out: UnsafeMutablePointer<T>?, _ outStrides: reg_strides
) -> reg_status {
    status { () throws(Failure) in
        try checkLayer(T.self, nOut: nOut, nIn: nIn, m: m)
        let aStrides = try aStrides.checked(T.self, units: nIn, examples: m, isOutput: false)
        let outStrides = try outStrides.checked(T.self, units: nOut, examples: m, isOutput: true)
        let kind = try activation(kind)
        let (w, b, a, out) = (try input(w, 1), try input(b, 1), try input(a, 1), try output(out, 1))
        let isDone = try operations(T.self).forward(
            w: w, b: b, nOut: nOut, nIn: nIn, examples: m, a: a, aStrides: aStrides,
            activation: kind, z: z, out: out, outStrides: outStrides)
        try require(isDone, else: REG_ERROR_MEMORY)
    }
}

@c @implementation
public func reg_forward_dense(
    _ w: UnsafePointer<Float>?, _ b: UnsafePointer<Float>?, _ n_out: Int, _ n_in: Int, _ m: Int,
    _ a: UnsafePointer<Float>?, _ a_strides: reg_strides, _ activation: reg_activation,
    _ z: UnsafeMutablePointer<Float>?, _ out: UnsafeMutablePointer<Float>?,
    _ out_strides: reg_strides
) -> reg_status {
    forwardDense(w, b, n_out, n_in, m, a, a_strides, activation, z, out, out_strides)
}

@c @implementation
public func reg_forward_dense_f64(
    _ w: UnsafePointer<Double>?, _ b: UnsafePointer<Double>?, _ n_out: Int, _ n_in: Int, _ m: Int,
    _ a: UnsafePointer<Double>?, _ a_strides: reg_strides, _ activation: reg_activation,
    _ z: UnsafeMutablePointer<Double>?, _ out: UnsafeMutablePointer<Double>?,
    _ out_strides: reg_strides
) -> reg_status {
    forwardDense(w, b, n_out, n_in, m, a, a_strides, activation, z, out, out_strides)
}

private func backwardL2<T: Scalar>(
    _ w: UnsafePointer<T>?, _ nOut: Int, _ nIn: Int, _ m: Int, _ dz: UnsafePointer<T>?,
    _ dzStrides: reg_strides, _ a: UnsafePointer<T>?, _ aStrides: reg_strides, _ lambda: Double,
    _ dw: UnsafeMutablePointer<T>?, _ db: UnsafeMutablePointer<T>?, _ da: UnsafeMutablePointer<T>?,
    _ daStrides: reg_strides
) -> reg_status {
    status { () throws(Failure) in
        try checkLayer(T.self, nOut: nOut, nIn: nIn, m: m)
        let dzStrides = try dzStrides.checked(T.self, units: nOut, examples: m, isOutput: false)
        try checkLambda(lambda)
        let (w, dz) = (try input(w, 1), try input(dz, 1))
        try require((dw == nil) == (db == nil), else: REG_ERROR_NULL)
        try require(dw != nil || da != nil, else: REG_ERROR_NULL)
        var inputStrides = Strides(unit: 0, example: 0)
        if dw != nil {
            _ = try input(a, 1)
            inputStrides = try aStrides.checked(T.self, units: nIn, examples: m, isOutput: false)
        }
        var gradientStrides = inputStrides
        if da != nil {
            gradientStrides = try daStrides.checked(T.self, units: nIn, examples: m, isOutput: true)
        }
        let operations = try operations(T.self)
        let isDone = operations.backward(
            w: w, nOut: nOut, nIn: nIn, examples: m, dz: dz, dzStrides: dzStrides, a: a,
            aStrides: inputStrides, lambda: lambda, dw: dw, db: db, da: da,
            daStrides: gradientStrides)
        try require(isDone, else: REG_ERROR_MEMORY)
    }
}

@c @implementation
public func reg_backward_l2(
    _ w: UnsafePointer<Float>?, _ n_out: Int, _ n_in: Int, _ m: Int, _ dz: UnsafePointer<Float>?,
    _ dz_strides: reg_strides, _ a: UnsafePointer<Float>?, _ a_strides: reg_strides,
    _ lambda: Double, _ dw: UnsafeMutablePointer<Float>?, _ db: UnsafeMutablePointer<Float>?,
    _ da: UnsafeMutablePointer<Float>?, _ da_strides: reg_strides
) -> reg_status {
    backwardL2(
        w, n_out, n_in, m, dz, dz_strides, a, a_strides, lambda, dw, db, da, da_strides)
}

@c @implementation
public func reg_backward_l2_f64(
    _ w: UnsafePointer<Double>?, _ n_out: Int, _ n_in: Int, _ m: Int, _ dz: UnsafePointer<Double>?,
    _ dz_strides: reg_strides, _ a: UnsafePointer<Double>?, _ a_strides: reg_strides,
    _ lambda: Double, _ dw: UnsafeMutablePointer<Double>?, _ db: UnsafeMutablePointer<Double>?,
    _ da: UnsafeMutablePointer<Double>?, _ da_strides: reg_strides
) -> reg_status {
    backwardL2(
        w, n_out, n_in, m, dz, dz_strides, a, a_strides, lambda, dw, db, da, da_strides)
}

// MARK: Update

private func update<T: Scalar>(
    _ w: UnsafePointer<T>?, _ dw: UnsafePointer<T>?, _ count: Int, _ rate: Double,
    _ out: UnsafeMutablePointer<T>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, count)
        try require(rate.isFinite, else: REG_ERROR_LEARNING_RATE)
        let (w, dw, out) = (try input(w, count), try input(dw, count), try output(out, count))
        try operations(T.self).update(w, dw, out, count, rate: rate)
    }
}

@c @implementation
public func reg_update(
    _ w: UnsafePointer<Float>?, _ dw: UnsafePointer<Float>?, _ count: Int,
    _ learning_rate: Double, _ out: UnsafeMutablePointer<Float>?
) -> reg_status {
    update(w, dw, count, learning_rate, out)
}

@c @implementation
public func reg_update_f64(
    _ w: UnsafePointer<Double>?, _ dw: UnsafePointer<Double>?, _ count: Int,
    _ learning_rate: Double, _ out: UnsafeMutablePointer<Double>?
) -> reg_status {
    update(w, dw, count, learning_rate, out)
}
