import CFused
import CLanes

/// The vector of this module: a single number.
protocol SingleNumber: Lanes where Mask == Bool, Half == Self, Quarter == Self {
    var v: Element { get }
}

extension SingleNumber {
    @inline(__always) static var width: Int { 1 }

    // An address of a number is aligned to it, which a load into a register of floats needs.
    @inline(__always) static func load(_ p: UnsafePointer<Element>) -> Self { Self(p.pointee) }
    @inline(__always) func store(_ p: UnsafeMutablePointer<Element>) { p.pointee = v }

    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(a.v + b.v) }
    @inline(__always) static func - (a: Self, b: Self) -> Self { Self(a.v - b.v) }
    @inline(__always) static func * (a: Self, b: Self) -> Self { Self(a.v * b.v) }
    @inline(__always) static func / (a: Self, b: Self) -> Self { Self(a.v / b.v) }

    @inline(__always) func atLeast(_ low: Self) -> Self { v < low.v ? low : self }
    @inline(__always) func isAllBetween(_ low: Self, _ high: Self) -> Bool {
        low.v < v && v < high.v
    }
    @inline(__always) var squareRoot: Self { Self(v.squareRoot()) }

    @inline(__always) static func < (a: Self, b: Self) -> Bool { a.v < b.v }
    @inline(__always) static func == (a: Self, b: Self) -> Bool { a.v == b.v }
    @inline(__always) static func select(_ mask: Bool, _ a: Self, _ b: Self) -> Self {
        mask ? a : b
    }

    @inline(__always) var laneSum: Element { v }
    @inline(__always) static func laneSums(_ s: InlineArray<16, Self>, first: Int) -> Self {
        s[first]
    }
}

struct F32: SingleNumber {
    var v: Float

    @inline(__always) init(_ value: Float) { v = value }

    @inline(__always) func addingProduct(_ a: F32, _ b: F32) -> F32 {
        F32(v.addingProduct(a.v, b.v))
    }

    @inline(__always) var magnitude: F32 { F32(Float(bitPattern: v.bitPattern & ~sign)) }
    @inline(__always) var negative: F32 { F32(Float(bitPattern: v.bitPattern | sign)) }
    @inline(__always) func withSign(of other: F32) -> F32 {
        F32(Float(bitPattern: (v.bitPattern & ~sign) | (other.v.bitPattern & sign)))
    }
    @inline(__always) private var sign: UInt32 { 0x8000_0000 }

    // The arithmetic on bits of lanes.h.

    @inline(__always) private static func bits(_ x: Float) -> Int32 {
        Int32(bitPattern: x.bitPattern)
    }
    @inline(__always) private static func number(_ bits: Int32) -> F32 {
        F32(Float(bitPattern: UInt32(bitPattern: bits)))
    }
    /// The bits less those of sqrt(1/2).
    @inline(__always) private var shifted: Int32 { F32.bits(v) &- 0x3f35_04f3 }

    @inline(__always) var powerOfTwo: F32 {
        F32.number((F32.bits(v + 0x1.8p23) &+ 127) &<< 23)
    }
    @inline(__always) var powerOfSum: F32 { F32.number(F32.bits(v) &<< 23) }
    @inline(__always) var normalized: (m: F32, n: F32) {
        let bits = shifted
        return (
            F32.number((bits & 0x007f_ffff) &+ 0x3f35_04f3),
            F32.number((bits &>> 23) &+ 0x4b40_0000) - F32(0x1.8p23)
        )
    }
    @inline(__always) var inversePower: F32 {
        F32.number(0x3f80_0000 &- (shifted & Int32(bitPattern: 0xff80_0000)))
    }

    @inline(__always) var doubles: (low: F64, high: F64) { (F64(Double(v)), F64(0)) }

    @inline(__always) static func transpose(
        _ row0: UnsafePointer<Float>, _ row1: UnsafePointer<Float>, _ row2: UnsafePointer<Float>,
        _ row3: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, width: Int
    ) {
        for j in 0..<4 {
            let column = to + j * width
            (column[0], column[1], column[2], column[3]) = (row0[j], row1[j], row2[j], row3[j])
        }
    }

    @inline(__always) static func transpose(
        _ rows: UnsafePointer<UnsafePointer<Float>?>, at: Int, to: UnsafeMutablePointer<Float>,
        width: Int
    ) {}

    @inline(__always) static func zip(
        _ from: UnsafePointer<Float>, stride: Int, to: UnsafeMutablePointer<Float>, width: Int
    ) {
        for j in 0..<4 { (to[j * width], to[j * width + 1]) = (from[j], from[stride + j]) }
    }

    @inline(__always) static func multiply(
        _ a: UnsafePointer<Float>, by scale: Float, keeping words: lanes_u32,
        upTo limit: UInt32, into out: UnsafeMutablePointer<Float>, count: Int
    ) {
        for i in 0..<16 {
            out[i] = a[i] * (Int32(bitPattern: words[i]) <= Int32(bitPattern: limit) ? scale : 0)
        }
    }
}

/// For exp and log of one number.
struct F64: SingleNumber {
    var v: Double

    @inline(__always) init(_ value: Double) { v = value }

    /// Not the C library's function, which rounds twice on a CPU without the instruction.
    @inline(__always) func addingProduct(_ a: F64, _ b: F64) -> F64 {
        F64(fused_f64_quick(a.v, b.v, v))
    }

    @inline(__always) var magnitude: F64 { F64(Double(bitPattern: v.bitPattern & ~sign)) }
    @inline(__always) var negative: F64 { F64(Double(bitPattern: v.bitPattern | sign)) }
    @inline(__always) func withSign(of other: F64) -> F64 {
        F64(Double(bitPattern: (v.bitPattern & ~sign) | (other.v.bitPattern & sign)))
    }
    @inline(__always) private var sign: UInt64 { 1 << 63 }

    @inline(__always) private var shifted: UInt64 { v.bitPattern &- 0x3fe6_a09e_667f_3bcd }

    @inline(__always) var powerOfTwo: F64 {
        F64(Double(bitPattern: ((v + 0x1.8p52).bitPattern &+ 1023) &<< 52))
    }
    @inline(__always) var powerOfSum: F64 { F64(Double(bitPattern: v.bitPattern &<< 52)) }
    @inline(__always) var normalized: (m: F64, n: F64) {
        let fraction = (shifted & 0x000f_ffff_ffff_ffff) &+ 0x3fe6_a09e_667f_3bcd
        let exponent = (shifted &+ 0x3ff0_0000_0000_0000) &>> 52 | 0x4330_0000_0000_0000
        return (
            F64(Double(bitPattern: fraction)),
            F64(Double(bitPattern: exponent) - (0x1p52 + 1023))
        )
    }
    @inline(__always) var inversePower: F64 {
        F64(
            Double(
                bitPattern: 0x3ff0_0000_0000_0000 &- (shifted & 0xfff0_0000_0000_0000)))
    }

    @inline(__always) var doubles: (low: F64, high: F64) { (self, F64(0)) }

    @inline(__always) static func transpose(
        _ row0: UnsafePointer<Double>, _ row1: UnsafePointer<Double>,
        _ row2: UnsafePointer<Double>, _ row3: UnsafePointer<Double>,
        to: UnsafeMutablePointer<Double>, width: Int
    ) {}
    @inline(__always) static func transpose(
        _ rows: UnsafePointer<UnsafePointer<Double>?>, at: Int, to: UnsafeMutablePointer<Double>,
        width: Int
    ) {}

    @inline(__always) static func zip(
        _ from: UnsafePointer<Double>, stride: Int, to: UnsafeMutablePointer<Double>, width: Int
    ) {}
    @inline(__always) static func multiply(
        _ a: UnsafePointer<Double>, by scale: Double, keeping words: lanes_u32,
        upTo limit: UInt32, into out: UnsafeMutablePointer<Double>, count: Int
    ) {}
}

// The names that the sources shared with the other sets extend.
typealias F32x16 = F32
typealias F64x8 = F64
