import CSwiftReg
import Network

@c @implementation
public func reg_status_message(_ status: reg_status) -> UnsafePointer<CChar>! {
    message(status)
}

private func message(_ status: reg_status) -> UnsafePointer<CChar> {
    switch status {
    case REG_OK: words("OK", "success")
    case REG_ERROR_NULL: words("NULL", "a required pointer is NULL")
    case REG_ERROR_SIZE:
        words(
            "SIZE",
            "a size or stride is negative or too large for memory, or a struct_size is not set")
    case REG_ERROR_SHAPE:
        words("SHAPE", "a layer or an example count is 0, or the strides of an output overlap")
    case REG_ERROR_KEEP_PROB: words("KEEP_PROB", "keep_prob is not in (0, 1]")
    case REG_ERROR_LAMBDA: words("LAMBDA", "lambda is negative, infinite or NaN")
    case REG_ERROR_ACTIVATION:
        words("ACTIVATION", "the activation is not a value of reg_activation")
    case REG_ERROR_LEARNING_RATE:
        words("LEARNING_RATE", "the learning rate is infinite or NaN, or of a network negative")
    case REG_ERROR_MEMORY: words("MEMORY", "working memory could not be allocated")
    case REG_ERROR_ISA:
        words("ISA", "SWIFTREG_ISA names an instruction set that this CPU or build lacks")
    case REG_ERROR_STATE:
        words("STATE", "the generator was never seeded, or the network is in training")
    case REG_ERROR_THREADS: words("THREADS", "the thread count is not in 1 to REG_MAX_THREADS")
    case REG_ERROR_FUNCTION: words("FUNCTION", "the function is not a value of reg_function")
    case REG_ERROR_LOSS: words("LOSS", "the loss is not a value of reg_loss")
    case REG_ERROR_INIT: words("INIT", "init is not a value of reg_init")
    case REG_ERROR_LABEL_SMOOTHING:
        words(
            "LABEL_SMOOTHING",
            "label_smoothing is not in [0, 1), or not 0 with the squared error")
    case REG_ERROR_MAX_NORM: words("MAX_NORM", "max_norm is negative or NaN")
    case REG_ERROR_OPTIMIZER: words("OPTIMIZER", "the optimizer is not a value of reg_optimizer")
    case REG_ERROR_SCHEDULE:
        words(
            "SCHEDULE",
            "the schedule is not a value of reg_schedule, or its numbers are out of range")
    case REG_ERROR_MOMENTUM: words("MOMENTUM", "momentum, beta1 or beta2 is not in [0, 1)")
    case REG_ERROR_EPSILON: words("EPSILON", "epsilon is negative, infinite or NaN")
    case REG_ERROR_WEIGHT_DECAY: words("WEIGHT_DECAY", "weight_decay is negative, infinite or NaN")
    case REG_ERROR_CLIP_NORM: words("CLIP_NORM", "clip_norm is negative or NaN")
    case REG_ERROR_SAMPLE_WEIGHT:
        words(
            "SAMPLE_WEIGHT",
            "a weight of an example is negative or not finite, or their sum is 0, infinite or not the batch's"
        )
    case REG_ERROR_MIN_DELTA: words("MIN_DELTA", "min_delta is negative or NaN")
    case REG_ERROR_NOT_FINITE: words("NOT_FINITE", "a cost or a gradient is infinite or NaN")
    case REG_ERROR_FILE: words("FILE", "a file could not be read or written")
    case REG_ERROR_FORMAT: words("FORMAT", "the bytes are no network of this element type")
    case REG_ERROR_NAME:
        words("NAME", "the name is not an identifier of C, or is a keyword or a name of math.h")
    case REG_ERROR_TARGET: words("TARGET", "a target is not in the range of the loss")
    default: words("unknown", "unknown status")
    }
}

/// The sentence of a status; its name in a library that has the codes alone.
@inline(__always)
private func words(_ name: StaticString, _ sentence: StaticString) -> UnsafePointer<CChar> {
    #if REG_ERROR_CODES
        text(name)
    #else
        text(sentence)
    #endif
}

@c @implementation
public func reg_version() -> UnsafePointer<CChar>! {
    text("0.1.0")
}

@c @implementation
public func reg_build_info(_ build: UnsafeMutablePointer<reg_build>?) -> reg_status {
    status { () throws(Failure) in
        let out = try result(build, "build")
        let runtime = try runtime()
        #if REG_EMBEDDED
            let kind: StaticString = "embedded"
        #else
            let kind: StaticString = "swift"
        #endif
        var build = reg_build()
        build.version = reg_version()
        build.isa = text(runtime.pointee.isa)
        build.runtime = text(kind)
        build.fused = runtime.pointee.kernels.isFused ? 1 : 0
        build.num_threads = Int32(Threads.count)
        out.write(build)
    }
}

@c @implementation
public func reg_set_num_threads(_ num_threads: Int32) -> reg_status {
    status { () throws(Failure) in
        try require(
            num_threads >= 1 && num_threads <= Threads.maxCount, else: REG_ERROR_THREADS,
            "num_threads", is: .signed(Int(num_threads)), "must be in 1 to 256")
        Threads.count = Int(num_threads)
    }
}

@c @implementation
public func reg_get_num_threads(_ num_threads: UnsafeMutablePointer<Int32>?) -> reg_status {
    status { () throws(Failure) in
        let result = try output(num_threads, 1, "num_threads")
        result.pointee = Int32(Threads.count)
    }
}
