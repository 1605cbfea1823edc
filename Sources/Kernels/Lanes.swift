/// The virtual vector that every kernel is written over: 64 bytes on every instruction set, so
/// that lanes, and with them the order of every sum, are the same everywhere. The compiler splits
/// it into the registers there are.
///
/// Two thin types conform, because the SIMD operators of the standard library become vector
/// instructions only on concrete types. Everything above them is one generic body.
protocol Lanes: SendableMetatype {
    associatedtype Element: BinaryFloatingPoint, BitwiseCopyable, Sendable
    associatedtype Mask

    /// Lanes in a vector: 16 floats or 8 doubles.
    static var width: Int { get }

    init(_ value: Element)
    subscript(lane: Int) -> Element { get set }

    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static func / (a: Self, b: Self) -> Self

    /// self + a * b, fused where the instruction set fuses.
    func addProduct(_ a: Self, _ b: Self) -> Self

    /// The lesser (greater) of each pair; which one, if either is NaN, is not said.
    func lesser(_ other: Self) -> Self
    func greater(_ other: Self) -> Self
    var magnitude: Self { get }

    static func < (a: Self, b: Self) -> Mask
    static func == (a: Self, b: Self) -> Mask
    /// `a` where the mask is set, else `b`.
    static func select(_ mask: Mask, _ a: Self, _ b: Self) -> Self
    /// The number of lanes set.
    static func count(_ mask: Mask) -> Int

    /// self * 2^n for lanes n that are whole numbers, right also where the result is subnormal.
    func scaled(byPowerOfTwo n: Self) -> Self
    /// For normal positive lanes: m in [sqrt(1/2), sqrt(2)) and n with self = m * 2^n.
    var normalized: (m: Self, n: Self) { get }

    /// The lanes in double; eight lanes have no upper half, and zeros stand for it.
    var doubles: (low: F64x8, high: F64x8) { get }

    /// The constants of exp and log for this precision, and their polynomials: see Elementary.
    static var limits: ElementaryLimits<Element> { get }
    static func expTail(_ r: Self) -> Self
    static func logTail(_ z: Self) -> Self
    static func tanhTail(_ z: Self) -> Self

    /// out = a * scale for the sixteen elements whose word is at most `limit`, a * 0 for the rest.
    static func multiply(
        _ a: UnsafePointer<Element>, by scale: Element, keeping words: SIMD16<UInt32>,
        upTo limit: UInt32, into out: UnsafeMutablePointer<Element>)
}

extension Lanes {
    @inline(__always) static func load(_ p: UnsafePointer<Element>) -> Self {
        UnsafeRawPointer(p).loadUnaligned(as: Self.self)
    }

    @inline(__always) func store(_ p: UnsafeMutablePointer<Element>) {
        UnsafeMutableRawPointer(p).storeBytes(of: self, as: Self.self)
    }

    /// The first `count` elements, without reading past them; the other lanes are `filler`.
    @inline(__always)
    static func load(_ p: UnsafePointer<Element>, first count: Int, filler: Element = 0) -> Self {
        if count == width { return load(p) }
        var v = Self(filler)
        withUnsafeMutablePointer(to: &v) {
            let lanes = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Element.self)
            for i in 0..<count { lanes[i] = p[i] }
        }
        return v
    }

    /// The first `count` of elements `stride` apart; the other lanes are 0.
    @inline(__always)
    static func load(_ p: UnsafePointer<Element>, first count: Int, stride: Int) -> Self {
        if stride == 1 { return load(p, first: count) }
        var v = Self(0)
        withUnsafeMutablePointer(to: &v) {
            let lanes = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Element.self)
            for i in 0..<count { lanes[i] = p[i * stride] }
        }
        return v
    }

    /// Stores the first `count` lanes and nothing else.
    @inline(__always) func store(_ p: UnsafeMutablePointer<Element>, first count: Int) {
        if count == Self.width { return store(p) }
        withUnsafePointer(to: self) {
            let lanes = UnsafeRawPointer($0).assumingMemoryBound(to: Element.self)
            for i in 0..<count { p[i] = lanes[i] }
        }
    }

    /// Stores the first `count` lanes, `stride` elements apart.
    @inline(__always)
    func store(_ p: UnsafeMutablePointer<Element>, first count: Int, stride: Int) {
        if stride == 1 { return store(p, first: count) }
        withUnsafePointer(to: self) {
            let lanes = UnsafeRawPointer($0).assumingMemoryBound(to: Element.self)
            for i in 0..<count { p[i * stride] = lanes[i] }
        }
    }
}

struct F32x16: Lanes, BitwiseCopyable {
    typealias Element = Float
    typealias Mask = SIMDMask<SIMD16<Int32>>

    var v: SIMD16<Float>

    @inline(__always) static var width: Int { 16 }
    @inline(__always) init(_ value: Float) { v = SIMD16(repeating: value) }
    @inline(__always) init(v: SIMD16<Float>) { self.v = v }
    @inline(__always) subscript(lane: Int) -> Float {
        get { v[lane] }
        set { v[lane] = newValue }
    }

    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(v: a.v + b.v) }
    @inline(__always) static func - (a: Self, b: Self) -> Self { Self(v: a.v - b.v) }
    @inline(__always) static func * (a: Self, b: Self) -> Self { Self(v: a.v * b.v) }
    @inline(__always) static func / (a: Self, b: Self) -> Self { Self(v: a.v / b.v) }

    @inline(__always) func addProduct(_ a: Self, _ b: Self) -> Self {
        #if REG_FMA || arch(arm64)
            Self(v: v.addingProduct(a.v, b.v))
        #else
            Self(v: v + a.v * b.v)
        #endif
    }

    @inline(__always) func lesser(_ b: Self) -> Self { .select(self < b, self, b) }
    @inline(__always) func greater(_ b: Self) -> Self { .select(b < self, self, b) }
    @inline(__always) var magnitude: Self {
        let bits = unsafeBitCast(v, to: SIMD16<UInt32>.self) & SIMD16(repeating: 0x7fff_ffff)
        return Self(v: unsafeBitCast(bits, to: SIMD16<Float>.self))
    }

    @inline(__always) static func < (a: Self, b: Self) -> Mask { a.v .< b.v }
    @inline(__always) static func == (a: Self, b: Self) -> Mask { a.v .== b.v }
    @inline(__always) static func select(_ mask: Mask, _ a: Self, _ b: Self) -> Self {
        Self(v: b.v.replacing(with: a.v, where: mask))
    }
    @inline(__always) static func count(_ mask: Mask) -> Int {
        let ones = SIMD16<Int32>(repeating: 0).replacing(with: SIMD16(repeating: 1), where: mask)
        return Int(ones.wrappedSum())
    }

    /// Adding it to a whole number below 2^22 leaves that number in the low bits.
    @inline(__always) private static var magic: SIMD16<Float> { SIMD16(repeating: 0x1.8p23) }

    @inline(__always) func scaled(byPowerOfTwo n: Self) -> Self {
        let bits = unsafeBitCast(n.v + Self.magic, to: SIMD16<Int32>.self)
        let whole = bits &- SIMD16(repeating: 0x4b40_0000)
        let half = whole &>> 1
        let bias = SIMD16<Int32>(repeating: 127)
        let first = unsafeBitCast((half &+ bias) &<< 23, to: SIMD16<Float>.self)
        let second = unsafeBitCast((whole &- half &+ bias) &<< 23, to: SIMD16<Float>.self)
        return Self(v: v * first * second)
    }

    @inline(__always) var normalized: (m: Self, n: Self) {
        // Subtracting the bits of sqrt(1/2) moves the carry into the exponent field.
        let root = SIMD16<Int32>(repeating: 0x3f35_04f3)
        let shifted = unsafeBitCast(v, to: SIMD16<Int32>.self) &- root
        let exponent = shifted &>> 23
        let mantissa = (shifted & SIMD16(repeating: 0x007f_ffff)) &+ root
        let n = unsafeBitCast(
            exponent &+ SIMD16(repeating: 0x4b40_0000), to: SIMD16<Float>.self) - Self.magic
        return (Self(v: unsafeBitCast(mantissa, to: SIMD16<Float>.self)), Self(v: n))
    }

    @inline(__always) var doubles: (low: F64x8, high: F64x8) {
        (F64x8(v: SIMD8<Double>(v.lowHalf)), F64x8(v: SIMD8<Double>(v.highHalf)))
    }

    @inline(__always) static func multiply(
        _ a: UnsafePointer<Float>, by scale: Float, keeping words: SIMD16<UInt32>,
        upTo limit: UInt32, into out: UnsafeMutablePointer<Float>
    ) {
        let scales = SIMD16<Float>(repeating: scale).replacing(
            with: SIMD16(repeating: 0), where: SIMD16(repeating: limit) .< words)
        (load(a) * Self(v: scales)).store(out)
    }
}

struct F64x8: Lanes, BitwiseCopyable {
    typealias Element = Double
    typealias Mask = SIMDMask<SIMD8<Int64>>

    var v: SIMD8<Double>

    @inline(__always) static var width: Int { 8 }
    @inline(__always) init(_ value: Double) { v = SIMD8(repeating: value) }
    @inline(__always) init(v: SIMD8<Double>) { self.v = v }
    @inline(__always) subscript(lane: Int) -> Double {
        get { v[lane] }
        set { v[lane] = newValue }
    }

    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(v: a.v + b.v) }
    @inline(__always) static func - (a: Self, b: Self) -> Self { Self(v: a.v - b.v) }
    @inline(__always) static func * (a: Self, b: Self) -> Self { Self(v: a.v * b.v) }
    @inline(__always) static func / (a: Self, b: Self) -> Self { Self(v: a.v / b.v) }

    @inline(__always) func addProduct(_ a: Self, _ b: Self) -> Self {
        #if REG_FMA || arch(arm64)
            Self(v: v.addingProduct(a.v, b.v))
        #else
            Self(v: v + a.v * b.v)
        #endif
    }

    @inline(__always) func lesser(_ b: Self) -> Self { .select(self < b, self, b) }
    @inline(__always) func greater(_ b: Self) -> Self { .select(b < self, self, b) }
    @inline(__always) var magnitude: Self {
        let bits =
            unsafeBitCast(v, to: SIMD8<UInt64>.self) & SIMD8(repeating: 0x7fff_ffff_ffff_ffff)
        return Self(v: unsafeBitCast(bits, to: SIMD8<Double>.self))
    }

    @inline(__always) static func < (a: Self, b: Self) -> Mask { a.v .< b.v }
    @inline(__always) static func == (a: Self, b: Self) -> Mask { a.v .== b.v }
    @inline(__always) static func select(_ mask: Mask, _ a: Self, _ b: Self) -> Self {
        Self(v: b.v.replacing(with: a.v, where: mask))
    }
    @inline(__always) static func count(_ mask: Mask) -> Int {
        let ones = SIMD8<Int64>(repeating: 0).replacing(with: SIMD8(repeating: 1), where: mask)
        return Int(ones.wrappedSum())
    }

    /// Adding it to a whole number below 2^51 leaves that number in the low bits.
    @inline(__always) private static var magic: SIMD8<Double> { SIMD8(repeating: 0x1.8p52) }

    @inline(__always) func scaled(byPowerOfTwo n: Self) -> Self {
        let bits = unsafeBitCast(n.v + Self.magic, to: SIMD8<Int64>.self)
        let whole = bits &- SIMD8(repeating: 0x4338_0000_0000_0000)
        // Halving by a float multiply: AVX2 has no arithmetic shift of 64-bit lanes.
        let halfBits = unsafeBitCast(n.v * 0.5 + Self.magic, to: SIMD8<Int64>.self)
        let half = halfBits &- SIMD8(repeating: 0x4338_0000_0000_0000)
        let bias = SIMD8<Int64>(repeating: 1023)
        let first = unsafeBitCast((half &+ bias) &<< 52, to: SIMD8<Double>.self)
        let second = unsafeBitCast((whole &- half &+ bias) &<< 52, to: SIMD8<Double>.self)
        return Self(v: v * first * second)
    }

    @inline(__always) var normalized: (m: Self, n: Self) {
        let root = SIMD8<UInt64>(repeating: 0x3fe6_a09e_667f_3bcd)
        let one = SIMD8<UInt64>(repeating: 0x3ff0_0000_0000_0000)
        // Moving sqrt(1/2) onto 1 keeps the difference positive, so that a logical shift does.
        let shifted = unsafeBitCast(v, to: SIMD8<UInt64>.self) &+ (one &- root)
        let exponent = shifted &>> 52
        let mantissa = (shifted & SIMD8(repeating: 0x000f_ffff_ffff_ffff)) &+ root
        let n =
            unsafeBitCast(exponent | SIMD8(repeating: 0x4330_0000_0000_0000), to: SIMD8<Double>.self)
            - SIMD8(repeating: 0x1p52 + 1023)
        return (Self(v: unsafeBitCast(mantissa, to: SIMD8<Double>.self)), Self(v: n))
    }

    @inline(__always) var doubles: (low: F64x8, high: F64x8) { (self, F64x8(0)) }

    @inline(__always) static func multiply(
        _ a: UnsafePointer<Double>, by scale: Double, keeping words: SIMD16<UInt32>,
        upTo limit: UInt32, into out: UnsafeMutablePointer<Double>
    ) {
        let bound = SIMD8<UInt64>(repeating: UInt64(limit))
        let low = SIMD8<UInt64>(truncatingIfNeeded: words.lowHalf)
        let high = SIMD8<UInt64>(truncatingIfNeeded: words.highHalf)
        let zero = SIMD8<Double>(repeating: 0)
        let factor = SIMD8<Double>(repeating: scale)
        (load(a) * Self(v: factor.replacing(with: zero, where: bound .< low))).store(out)
        (load(a + 8) * Self(v: factor.replacing(with: zero, where: bound .< high))).store(out + 8)
    }
}

/// Sixteen running sums in double, one for each lane of the longest vector.
struct LaneSums {
    var low = F64x8(0)
    var high = F64x8(0)

    @inline(__always) init() {}

    @inline(__always) mutating func add<V: Lanes>(_ v: V) {
        let (low, high) = v.doubles
        self.low = self.low + low
        self.high = self.high + high
    }

    @inline(__always) mutating func addSquare<V: Lanes>(_ v: V) {
        let (low, high) = v.doubles
        self.low = self.low.addProduct(low, low)
        self.high = self.high.addProduct(high, high)
    }

    /// All of them, by one fixed tree.
    @inline(__always) var total: Double {
        let eight = (low + high).v
        let four = eight.lowHalf + eight.highHalf
        let two = four.lowHalf + four.highHalf
        return two.x + two.y
    }
}
