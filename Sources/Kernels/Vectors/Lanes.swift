import CLanes

struct F32x16: Lanes {
    typealias Element = Float
    typealias Mask = lanes_i32
    typealias Half = F32x8
    typealias Quarter = F32x4

    var v: lanes_f32

    @inline(__always) static var width: Int { 16 }
    @inline(__always) init(_ value: Float) { v = lanes_f32_all(value) }
    @inline(__always) init(v: lanes_f32) { self.v = v }

    #if REG_KERNELSAVX512
        @inline(__always) static var loadsPartially: Bool { true }

        @inline(__always)
        static func loadPartial(_ p: UnsafePointer<Float>, _ count: Int, filler: Float) -> Self {
            Self(v: lanes_f32_load_partial(p, count, filler))
        }

        @inline(__always)
        func storePartial(_ p: UnsafeMutablePointer<Float>, first count: Int) {
            lanes_f32_store_partial(v, p, count)
        }
    #endif

    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(v: lanes_f32_add(a.v, b.v)) }
    @inline(__always) static func - (a: Self, b: Self) -> Self { Self(v: lanes_f32_sub(a.v, b.v)) }
    @inline(__always) static func * (a: Self, b: Self) -> Self { Self(v: lanes_f32_mul(a.v, b.v)) }
    @inline(__always) static func / (a: Self, b: Self) -> Self { Self(v: lanes_f32_div(a.v, b.v)) }

    @inline(__always) func addingProduct(_ a: Self, _ b: Self) -> Self {
        #if REG_FMA
            Self(v: lanes_f32_fma(a.v, b.v, v))
        #else
            self + a * b
        #endif
    }

    @inline(__always) func atLeast(_ low: Self) -> Self { Self(v: lanes_f32_at_least(v, low.v)) }
    @inline(__always) var magnitude: Self { Self(v: lanes_f32_abs(v)) }
    @inline(__always) var negative: Self { Self(v: lanes_f32_negative(v)) }
    @inline(__always) func withSign(of other: Self) -> Self {
        Self(v: lanes_f32_with_sign(v, other.v))
    }
    @inline(__always) func isAllBetween(_ low: Self, _ high: Self) -> Bool {
        lanes_f32_all_between(v, low.v, high.v) != 0
    }
    @inline(__always) var squareRoot: Self { Self(v: lanes_f32_sqrt(v)) }
    @inline(__always) var laneSum: Float { lanes_f32_sum(v) }
    @inline(__always)
    static func laneSums(_ s: InlineArray<16, Self>, first: Int) -> Self {
        @inline(__always) func two(_ i: Int) -> lanes_f32 {
            lanes_f32_fold16(s[first + i].v, s[first + i + 1].v)
        }
        @inline(__always) func four(_ i: Int) -> lanes_f32 { lanes_f32_fold8(two(i), two(i + 2)) }
        return Self(
            v: lanes_f32_fold2(
                lanes_f32_fold4(four(0), four(4)), lanes_f32_fold4(four(8), four(12))))
    }
    @inline(__always) static func < (a: Self, b: Self) -> Mask { lanes_f32_less(a.v, b.v) }
    @inline(__always) static func == (a: Self, b: Self) -> Mask { lanes_f32_equal(a.v, b.v) }
    @inline(__always) static func select(_ mask: Mask, _ a: Self, _ b: Self) -> Self {
        Self(v: lanes_f32_select(mask, a.v, b.v))
    }

    @inline(__always) var powerOfTwo: Self { Self(v: lanes_f32_power(v)) }
    @inline(__always) var powerOfSum: Self { Self(v: lanes_f32_power_of_sum(v)) }
    @inline(__always) var inversePower: Self { Self(v: lanes_f32_inverse_power(v)) }
    @inline(__always) var normalized: (m: Self, n: Self) {
        (Self(v: lanes_f32_mantissa(v)), Self(v: lanes_f32_exponent(v)))
    }

    @inline(__always) var doubles: (low: F64x8, high: F64x8) {
        (F64x8(v: lanes_f32_low(v)), F64x8(v: lanes_f32_high(v)))
    }

    @inline(__always) static func transpose(
        _ row0: UnsafePointer<Float>, _ row1: UnsafePointer<Float>, _ row2: UnsafePointer<Float>,
        _ row3: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, width: Int
    ) {
        lanes_f32_transpose(row0, row1, row2, row3, to, width)
    }

    @inline(__always) static func transpose(
        _ rows: UnsafePointer<UnsafePointer<Float>?>, at: Int, to: UnsafeMutablePointer<Float>,
        width: Int
    ) {
        lanes_f32_transpose_vectors(rows, at, to, width)
    }

    @inline(__always) static func zip(
        _ from: UnsafePointer<Float>, stride: Int, to: UnsafeMutablePointer<Float>, width: Int
    ) {
        lanes_f32_zip(from, stride, to, width)
    }

    @inline(__always) static func multiply(
        _ a: UnsafePointer<Float>, by scale: Float, keeping words: lanes_u32,
        upTo limit: UInt32, into out: UnsafeMutablePointer<Float>, count: Int
    ) {
        (load(a) * Self(v: lanes_u32_keep(words, limit, scale))).store(out)
    }
}

struct F64x8: Lanes {
    typealias Element = Double
    typealias Mask = lanes_i64
    typealias Half = F64x4
    typealias Quarter = F64x2

    var v: lanes_f64

    @inline(__always) static var width: Int { 8 }
    @inline(__always) init(_ value: Double) { v = lanes_f64_all(value) }
    @inline(__always) init(v: lanes_f64) { self.v = v }

    #if REG_KERNELSAVX512
        @inline(__always) static var loadsPartially: Bool { true }

        @inline(__always)
        static func loadPartial(_ p: UnsafePointer<Double>, _ count: Int, filler: Double) -> Self {
            Self(v: lanes_f64_load_partial(p, count, filler))
        }

        @inline(__always)
        func storePartial(_ p: UnsafeMutablePointer<Double>, first count: Int) {
            lanes_f64_store_partial(v, p, count)
        }
    #endif

    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(v: lanes_f64_add(a.v, b.v)) }
    @inline(__always) static func - (a: Self, b: Self) -> Self { Self(v: lanes_f64_sub(a.v, b.v)) }
    @inline(__always) static func * (a: Self, b: Self) -> Self { Self(v: lanes_f64_mul(a.v, b.v)) }
    @inline(__always) static func / (a: Self, b: Self) -> Self { Self(v: lanes_f64_div(a.v, b.v)) }

    @inline(__always) func addingProduct(_ a: Self, _ b: Self) -> Self {
        #if REG_FMA
            Self(v: lanes_f64_fma(a.v, b.v, v))
        #else
            self + a * b
        #endif
    }

    @inline(__always) func atLeast(_ low: Self) -> Self { Self(v: lanes_f64_at_least(v, low.v)) }
    @inline(__always) var magnitude: Self { Self(v: lanes_f64_abs(v)) }
    @inline(__always) var negative: Self { Self(v: lanes_f64_negative(v)) }
    @inline(__always) func withSign(of other: Self) -> Self {
        Self(v: lanes_f64_with_sign(v, other.v))
    }
    @inline(__always) func isAllBetween(_ low: Self, _ high: Self) -> Bool {
        lanes_f64_all_between(v, low.v, high.v) != 0
    }
    @inline(__always) var squareRoot: Self { Self(v: lanes_f64_sqrt(v)) }
    @inline(__always) var laneSum: Double { lanes_f64_sum(v) }
    @inline(__always)
    static func laneSums(_ s: InlineArray<16, Self>, first: Int) -> Self {
        @inline(__always) func two(_ i: Int) -> lanes_f64 {
            lanes_f64_fold8(s[first + i].v, s[first + i + 1].v)
        }
        @inline(__always) func four(_ i: Int) -> lanes_f64 { lanes_f64_fold4(two(i), two(i + 2)) }
        return Self(v: lanes_f64_fold2(four(0), four(4)))
    }
    @inline(__always) static func < (a: Self, b: Self) -> Mask { lanes_f64_less(a.v, b.v) }
    @inline(__always) static func == (a: Self, b: Self) -> Mask { lanes_f64_equal(a.v, b.v) }
    @inline(__always) static func select(_ mask: Mask, _ a: Self, _ b: Self) -> Self {
        Self(v: lanes_f64_select(mask, a.v, b.v))
    }

    @inline(__always) var powerOfTwo: Self { Self(v: lanes_f64_power(v)) }
    @inline(__always) var powerOfSum: Self { Self(v: lanes_f64_power_of_sum(v)) }
    @inline(__always) var inversePower: Self { Self(v: lanes_f64_inverse_power(v)) }
    @inline(__always) var normalized: (m: Self, n: Self) {
        (Self(v: lanes_f64_mantissa(v)), Self(v: lanes_f64_exponent(v)))
    }

    @inline(__always) var doubles: (low: F64x8, high: F64x8) { (self, F64x8(0)) }

    @inline(__always) static func transpose(
        _ row0: UnsafePointer<Double>, _ row1: UnsafePointer<Double>, _ row2: UnsafePointer<Double>,
        _ row3: UnsafePointer<Double>, to: UnsafeMutablePointer<Double>, width: Int
    ) {
        lanes_f64_transpose(row0, row1, row2, row3, to, width)
    }

    @inline(__always) static func transpose(
        _ rows: UnsafePointer<UnsafePointer<Double>?>, at: Int, to: UnsafeMutablePointer<Double>,
        width: Int
    ) {
        lanes_f64_transpose_vectors(rows, at, to, width)
    }

    @inline(__always) static func zip(
        _ from: UnsafePointer<Double>, stride: Int, to: UnsafeMutablePointer<Double>, width: Int
    ) {
        lanes_f64_zip(from, stride, to, width)
    }

    @inline(__always) static func multiply(
        _ a: UnsafePointer<Double>, by scale: Double, keeping words: lanes_u32,
        upTo limit: UInt32, into out: UnsafeMutablePointer<Double>, count: Int
    ) {
        (load(a) * Self(v: lanes_u32_keep_low(words, limit, scale))).store(out)
        if count > 8 {
            (load(a + 8) * Self(v: lanes_u32_keep_high(words, limit, scale))).store(out + 8)
        }
    }
}
