import CLanes

/// Whether this module is compiled for the baseline x86 CPUs: multiply-add is not fused there, and a
/// vector takes four of the sixteen 128-bit registers.
#if REG_FMA
    @inline(__always) var isBaseline: Bool { false }
#else
    @inline(__always) var isBaseline: Bool { true }
#endif

/// The virtual vector of all kernels: 64 bytes on every instruction set, so that the lanes, and with
/// them the order of every sum, are the same everywhere. The compiler splits it into registers.
///
/// Two thin types over the vector operations of lanes.h conform; kernels are generic over them.
protocol Lanes: TileVector {
    associatedtype Mask
    /// Vectors of half and of a quarter of this width.
    associatedtype Half: TileVector where Half.Element == Element
    associatedtype Quarter: TileVector where Quarter.Element == Element

    /// The block size of a matrix product along k: an element is a sum, in order, of chains of so many
    /// multiply-adds. A block fits the L1 cache. The same for every instruction set: changing it
    /// changes bits.
    static var blockK: Int { get }

    static func - (a: Self, b: Self) -> Self
    static func / (a: Self, b: Self) -> Self

    var magnitude: Self { get }
    /// -|self|.
    var negative: Self { get }
    /// |self| with the sign of another vector.
    func withSign(of other: Self) -> Self
    /// Whether every lane is above `low` and below `high`.
    func isAllBetween(_ low: Self, _ high: Self) -> Bool
    /// max(self, low); self if it is NaN.
    func atLeast(_ low: Self) -> Self
    var squareRoot: Self { get }

    static func < (a: Self, b: Self) -> Mask
    static func == (a: Self, b: Self) -> Mask
    /// `a` where the mask is set, otherwise `b`.
    static func select(_ mask: Mask, _ a: Self, _ b: Self) -> Self

    /// 2^self for integral lanes, where the result is a normal number.
    var powerOfTwo: Self { get }
    /// 2^n for self = n + biasedRoundingConstant, where that is a normal number.
    var powerOfSum: Self { get }
    /// m in [sqrt(1/2), sqrt(2)) and integral n with self = m * 2^n, for positive normal lanes.
    var normalized: (m: Self, n: Self) { get }
    /// 2^-n for the n of `normalized`.
    var inversePower: Self { get }

    /// The sum of the lanes, by halves.
    var laneSum: Element { get }
    /// The lane sums of `width` vectors from `first`: that of vector 4 i + j in lane width / 4 * j + i. The
    /// same additions as those of `laneSum`.
    static func laneSums(_ s: InlineArray<16, Self>, first: Int) -> Self
    /// The lanes converted to double. The upper half of an eight-lane vector is zero.
    var doubles: (low: F64x8, high: F64x8) { get }

    /// Transposes four rows of four elements into four columns `width` apart.
    static func transpose(
        _ row0: UnsafePointer<Element>, _ row1: UnsafePointer<Element>,
        _ row2: UnsafePointer<Element>, _ row3: UnsafePointer<Element>,
        to: UnsafeMutablePointer<Element>, width: Int)
    /// Transposes two rows of four elements, `stride` apart, into four columns of two.
    static func zip(
        _ from: UnsafePointer<Element>, stride: Int, to: UnsafeMutablePointer<Element>, width: Int)

    /// The constants and polynomials of exp, log and tanh for this precision: ElementaryFunctions.swift.
    static var limits: ElementaryLimits<Element> { get }
    static func expPolynomial(_ r: Self) -> Self
    static func logPolynomial(_ z: Self) -> Self
    static func erfPolynomial(_ z: Self) -> Self
    static func erfcxPolynomial(_ t: Self) -> Self

    /// out = a * scale for those of sixteen elements whose word is at most `limit`, a * 0 for the rest.
    /// Words and limit have their sign bits flipped, for a signed comparison.
    static func multiply(
        _ a: UnsafePointer<Element>, by scale: Element, keeping words: lanes_u32,
        upTo limit: Int32, into out: UnsafeMutablePointer<Element>)
}

extension Lanes {
    @inline(__always) var relu: Self { atLeast(Self(0)) }

    /// Loads the first `count` elements without reading past them; the other lanes are `filler`.
    @inline(__always)
    static func load(_ p: UnsafePointer<Element>, first count: Int, filler: Element = 0) -> Self {
        count == width ? load(p) : loadPartial(p, count, filler: filler)
    }

    /// Loads the first `count` of elements `stride` apart; the other lanes are 0.
    @inline(__always)
    static func load(_ p: UnsafePointer<Element>, first count: Int, stride: Int) -> Self {
        stride == 1 ? load(p, first: count) : loadStrided(p, count, stride: stride)
    }

    /// Stores the first `count` lanes and nothing else.
    @inline(__always) func store(_ p: UnsafeMutablePointer<Element>, first count: Int) {
        count == Self.width ? store(p) : storePartialOutOfLine(p, count)
    }

    // Out of line: ends of buffers are rare, and every load and store has this branch.

    @inline(never)
    private static func loadStrided(
        _ p: UnsafePointer<Element>, _ count: Int, stride: Int
    ) -> Self {
        var v = Self(0)
        withUnsafeMutableBytes(of: &v) {
            let lanes = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Element.self)
            for i in 0..<count { lanes[i] = p[i * stride] }
        }
        return v
    }

    @inline(never)
    private func storePartialOutOfLine(_ p: UnsafeMutablePointer<Element>, _ count: Int) {
        storePartial(p, first: count)
    }
}

struct F32x16: Lanes {
    typealias Element = Float
    typealias Mask = lanes_i32
    typealias Half = F32x8
    typealias Quarter = F32x4

    var v: lanes_f32

    @inline(__always) static var width: Int { 16 }
    @inline(__always) static var blockK: Int { 384 }
    @inline(__always) init(_ value: Float) { v = lanes_f32_all(value) }
    @inline(__always) init(v: lanes_f32) { self.v = v }

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

    @inline(__always) static func zip(
        _ from: UnsafePointer<Float>, stride: Int, to: UnsafeMutablePointer<Float>, width: Int
    ) {
        lanes_f32_zip(from, stride, to, width)
    }

    @inline(__always) static func multiply(
        _ a: UnsafePointer<Float>, by scale: Float, keeping words: lanes_u32,
        upTo limit: Int32, into out: UnsafeMutablePointer<Float>
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
    @inline(__always) static var blockK: Int { 256 }
    @inline(__always) init(_ value: Double) { v = lanes_f64_all(value) }
    @inline(__always) init(v: lanes_f64) { self.v = v }

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

    @inline(__always) static func zip(
        _ from: UnsafePointer<Double>, stride: Int, to: UnsafeMutablePointer<Double>, width: Int
    ) {
        lanes_f64_zip(from, stride, to, width)
    }

    @inline(__always) static func multiply(
        _ a: UnsafePointer<Double>, by scale: Double, keeping words: lanes_u32,
        upTo limit: Int32, into out: UnsafeMutablePointer<Double>
    ) {
        (load(a) * Self(v: lanes_u32_keep_low(words, limit, scale))).store(out)
        (load(a + 8) * Self(v: lanes_u32_keep_high(words, limit, scale))).store(out + 8)
    }
}
