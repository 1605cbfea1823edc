import CSwiftReg
import Network

// MARK: Forward and backward

private func dropout<T: Scalar>(
    _ a: UnsafePointer<T>?, _ count: Int, _ keepProb: Double, _ draw: DropoutDraw,
    _ out: UnsafeMutablePointer<T>?, _ mask: UnsafeMutablePointer<UInt8>?,
    names: (StaticString, StaticString)
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, Size(count, "count"))
        try check(keepProb, as: .keepProb)
        let (a, out) = (try input(a, count, names.0), try output(out, count, names.1))
        try arrayOperations(T.self).dropout(a, out, mask, count, draw)
    }
}

@c @implementation
public func reg_forward_dropout(
    _ a: UnsafePointer<Float>?, _ count: Int, _ keep_prob: Double, _ seed: UInt64,
    _ stream: UInt64, _ offset: UInt64, _ out: UnsafeMutablePointer<Float>?,
    _ mask: UnsafeMutablePointer<UInt8>?
) -> reg_status {
    dropout(
        a, count, keep_prob, draw(keep_prob, seed, stream, offset), out, mask, names: ("a", "out"))
}

@c @implementation
public func reg_forward_dropout_f64(
    _ a: UnsafePointer<Double>?, _ count: Int, _ keep_prob: Double, _ seed: UInt64,
    _ stream: UInt64, _ offset: UInt64, _ out: UnsafeMutablePointer<Double>?,
    _ mask: UnsafeMutablePointer<UInt8>?
) -> reg_status {
    dropout(
        a, count, keep_prob, draw(keep_prob, seed, stream, offset), out, mask, names: ("a", "out"))
}

@c @implementation
public func reg_backward_dropout(
    _ dout: UnsafePointer<Float>?, _ count: Int, _ keep_prob: Double, _ seed: UInt64,
    _ stream: UInt64, _ offset: UInt64, _ da: UnsafeMutablePointer<Float>?
) -> reg_status {
    dropout(
        dout, count, keep_prob, draw(keep_prob, seed, stream, offset), da, nil,
        names: ("dout", "da"))
}

@c @implementation
public func reg_backward_dropout_f64(
    _ dout: UnsafePointer<Double>?, _ count: Int, _ keep_prob: Double, _ seed: UInt64,
    _ stream: UInt64, _ offset: UInt64, _ da: UnsafeMutablePointer<Double>?
) -> reg_status {
    dropout(
        dout, count, keep_prob, draw(keep_prob, seed, stream, offset), da, nil,
        names: ("dout", "da"))
}

// MARK: Masks

@c @implementation
public func reg_dropout_mask(
    _ count: Int, _ keep_prob: Double, _ seed: UInt64, _ stream: UInt64, _ offset: UInt64,
    _ mask: UnsafeMutablePointer<UInt8>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(UInt8.self, Size(count, "count"))
        try check(keep_prob, as: .keepProb)
        let mask = try output(mask, count, "mask")
        try arrayOperations(Float.self).dropoutMask(
            mask, count, draw(keep_prob, seed, stream, offset))
    }
}

@c @implementation
public func reg_philox(
    _ count: Int, _ seed: UInt64, _ stream: UInt64, _ offset: UInt64,
    _ words: UnsafeMutablePointer<UInt32>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(UInt32.self, Size(count, "count"))
        let words = try output(words, count, "words")
        philoxWords(try runtime(), words, count, draw(1, seed, stream, offset))
    }
}

private func applyMask<T: Scalar>(
    _ a: UnsafePointer<T>?, _ mask: UnsafePointer<UInt8>?, _ count: Int, _ keepProb: Double,
    _ out: UnsafeMutablePointer<T>?
) -> reg_status {
    status { () throws(Failure) in
        let count = try elements(T.self, Size(count, "count"))
        try check(keepProb, as: .keepProb)
        let (a, mask) = (try input(a, count, "a"), try input(mask, count, "mask"))
        let out = try output(out, count, "out")
        try arrayOperations(T.self).applyMask(a, mask, out, count, keepProb: keepProb)
    }
}

@c @implementation
public func reg_apply_mask(
    _ a: UnsafePointer<Float>?, _ mask: UnsafePointer<UInt8>?, _ count: Int, _ keep_prob: Double,
    _ out: UnsafeMutablePointer<Float>?
) -> reg_status {
    applyMask(a, mask, count, keep_prob, out)
}

@c @implementation
public func reg_apply_mask_f64(
    _ a: UnsafePointer<Double>?, _ mask: UnsafePointer<UInt8>?, _ count: Int, _ keep_prob: Double,
    _ out: UnsafeMutablePointer<Double>?
) -> reg_status {
    applyMask(a, mask, count, keep_prob, out)
}

/// A draw by arguments that need not have been checked: a bad keep_prob draws nothing.
private func draw(
    _ keepProb: Double, _ seed: UInt64, _ stream: UInt64, _ offset: UInt64
) -> DropoutDraw {
    DropoutDraw(
        keepProb: keepProb > 0 && keepProb <= 1 ? keepProb : 1, seed: seed, stream: stream,
        offset: offset)
}
