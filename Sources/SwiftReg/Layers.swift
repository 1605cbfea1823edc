import CSwiftReg
import Network

// Bodies are inline in their entry points: passing so many arguments on takes a tenth of a small product's time.

// MARK: Activations

@inline(__always)
private func activate<T: Scalar>(
    _ z: UnsafePointer<T>?, _ count: Int, _ kind: reg_activation, _ a: UnsafeMutablePointer<T>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, Size(count, "count"))
        let kind = try activation(kind)
        let (z, a) = (try input(z, count, "z"), try output(a, count, "a"))
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

@inline(__always)
private func activationGradient<T: Scalar>(
    _ da: UnsafePointer<T>?, _ a: UnsafePointer<T>?, _ count: Int, _ kind: reg_activation,
    _ dz: UnsafeMutablePointer<T>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, Size(count, "count"))
        let kind = try activation(kind)
        let (da, a) = (try input(da, count, "da"), try input(a, count, "a"))
        let dz = try output(dz, count, "dz")
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

@inline(__always)
private func elementary<T: Scalar>(
    _ x: UnsafePointer<T>?, _ count: Int, _ function: reg_function, _ out: UnsafeMutablePointer<T>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, Size(count, "count"))
        let function = try choice(
            ElementaryFunction.self, function.rawValue, REG_ERROR_FUNCTION, "function",
            "must be a value of reg_function")
        let (x, out) = (try input(x, count, "x"), try output(out, count, "out"))
        try arrayOperations(T.self).elementary(x, out, count, function)
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
@inline(__always)
private func checkLayer<T>(_: T.Type, nOut: Int, nIn: Int, m: Int) throws(Failure) {
    // In a small product these checks take as long as the arithmetic: ordinary sizes pass at once.
    let ordinary = 1...(1 << (Int.bitWidth / 2 - 4))
    if ordinary.contains(nOut) && ordinary.contains(nIn) && ordinary.contains(m) { return }
    try checkAnyLayer(T.self, nOut: nOut, nIn: nIn, m: m)
}

@inline(never)
private func checkAnyLayer<T>(_: T.Type, nOut: Int, nIn: Int, m: Int) throws(Failure) {
    let (nOut, nIn, m) = (Size(nOut, "n_out"), Size(nIn, "n_in"), Size(m, "m"))
    _ = try elements(T.self, nOut, nIn)
    _ = try elements(T.self, nOut, m)
    _ = try elements(T.self, nIn, m)
    try requireSome(nOut)
    try requireSome(nIn)
    try requireSome(m)
}

@inline(__always)
private func forwardDense<T: Scalar>(
    _ w: UnsafePointer<T>?, _ b: UnsafePointer<T>?, _ nOut: Int, _ nIn: Int, _ m: Int,
    _ a: UnsafePointer<T>?, _ aStrides: reg_strides, _ kind: reg_activation,
    _ z: UnsafeMutablePointer<T>?, _ out: UnsafeMutablePointer<T>?, _ outStrides: reg_strides
) -> reg_status {
    status { () throws(Failure) in
        try checkLayer(T.self, nOut: nOut, nIn: nIn, m: m)
        let aStrides = try aStrides.checked(
            T.self, "a_strides", units: nIn, examples: m, isOutput: false)
        let outStrides = try outStrides.checked(
            T.self, "out_strides", units: nOut, examples: m, isOutput: true)
        let kind = try activation(kind)
        let (w, b) = (try input(w, 1, "w"), try input(b, 1, "b"))
        let (a, out) = (try input(a, 1, "a"), try output(out, 1, "out"))
        let isDone = try operations(T.self).forward(
            w: w, b: b, nOut: nOut, nIn: nIn, examples: m, a: a, aStrides: aStrides,
            activation: kind, z: z, out: out, outStrides: outStrides)
        if !isDone { throw Failure(REG_ERROR_MEMORY) }
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

@inline(__always)
private func backwardL2<T: Scalar>(
    _ w: UnsafePointer<T>?, _ nOut: Int, _ nIn: Int, _ m: Int, _ dz: UnsafePointer<T>?,
    _ dzStrides: reg_strides, _ a: UnsafePointer<T>?, _ aStrides: reg_strides, _ lambda: Double,
    _ dw: UnsafeMutablePointer<T>?, _ db: UnsafeMutablePointer<T>?, _ da: UnsafeMutablePointer<T>?,
    _ daStrides: reg_strides
) -> reg_status {
    status { () throws(Failure) in
        try checkLayer(T.self, nOut: nOut, nIn: nIn, m: m)
        let dzStrides = try dzStrides.checked(
            T.self, "dz_strides", units: nOut, examples: m, isOutput: false)
        if lambda != 0 { try check(lambda, as: .l2, "lambda") }
        let (w, dz) = (try input(w, 1, "w"), try input(dz, 1, "dz"))
        try require(dw != nil || db == nil, else: REG_ERROR_NULL, "dw", "is NULL, but db is not")
        try require(db != nil || dw == nil, else: REG_ERROR_NULL, "db", "is NULL, but dw is not")
        try require(dw != nil || da != nil, else: REG_ERROR_NULL, "dw", "and da are NULL")
        var inputStrides = Strides(unit: 0, example: 0)
        if dw != nil {
            _ = try input(a, 1, "a")
            inputStrides = try aStrides.checked(
                T.self, "a_strides", units: nIn, examples: m, isOutput: false)
        }
        var gradientStrides = inputStrides
        if da != nil {
            gradientStrides = try daStrides.checked(
                T.self, "da_strides", units: nIn, examples: m, isOutput: true)
        }
        let arrays = try arrayOperations(T.self)
        let isDone = arrays.operations.backward(
            w: w, nOut: nOut, nIn: nIn, examples: m, dz: dz, dzStrides: dzStrides, a: a,
            aStrides: inputStrides, lambda: lambda, dw: dw, da: da, daStrides: gradientStrides)
        if !isDone { throw Failure(REG_ERROR_MEMORY) }
        if let db { arrays.biasGradient(dz, dzStrides, nOut: nOut, examples: m, db) }
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

@inline(__always)
private func update<T: Scalar>(
    _ w: UnsafePointer<T>?, _ dw: UnsafePointer<T>?, _ count: Int, _ rate: Double,
    _ out: UnsafeMutablePointer<T>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, Size(count, "count"))
        try require(
            rate.isFinite, else: REG_ERROR_LEARNING_RATE, "learning_rate", is: .real(rate),
            "must be finite")
        let (w, dw) = (try input(w, count, "w"), try input(dw, count, "dw"))
        let out = try output(out, count, "out")
        try arrayOperations(T.self).update(w, dw, out, count, rate: rate)
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
