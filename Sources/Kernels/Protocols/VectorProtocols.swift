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
/// Two thin types over the vector operations of lanes.h conform; kernels are generic over them. In
/// KernelsScalar, for CPUs without vectors, a vector is one number, and the kernels that sum have loops
/// of their own with the same order.
protocol Lanes: TileVector {
    associatedtype Mask
    /// Vectors of half and of a quarter of this width.
    associatedtype Half: TileVector where Half.Element == Element
    associatedtype Quarter: TileVector where Quarter.Element == Element

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
    /// Transposes four elements, `at` from the start, of as many rows as there are lanes into four columns
    /// `width` apart.
    static func transpose(
        _ rows: UnsafePointer<UnsafePointer<Element>?>, at: Int, to: UnsafeMutablePointer<Element>,
        width: Int)
    /// Transposes two rows of four elements, `stride` apart, into four columns of two.
    static func zip(
        _ from: UnsafePointer<Element>, stride: Int, to: UnsafeMutablePointer<Element>, width: Int)

    /// The constants and polynomials of exp, log and tanh for this precision: ElementaryFunctions.swift.
    static var limits: ElementaryLimits<Element> { get }
    static func expPolynomial(_ r: Self) -> Self
    static func logPolynomial(_ z: Self) -> Self
    static func erfPolynomial(_ z: Self) -> Self
    static func erfcxPolynomial(_ t: Self) -> Self

    /// out = a * scale for those of sixteen elements whose word is at most `limit`, a * 0 for the rest; in
    /// whole vectors up to `count` elements. Words and limit are XORed with `orderMask`.
    static func multiply(
        _ a: UnsafePointer<Element>, by scale: Element, keeping words: lanes_u32,
        upTo limit: UInt32, into out: UnsafeMutablePointer<Element>, count: Int)
}

extension Lanes {
    /// The block size of a matrix product along k: an element is a sum, in order, of chains of so many
    /// multiply-adds. A block fits the L1 cache. The same for every instruction set: changing it
    /// changes bits.
    @inline(__always) static var blockK: Int { MemoryLayout<Element>.size == 4 ? 384 : 256 }

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

/// The vector of a tile of a matrix product: a whole vector of `Lanes`, or a half or a quarter of one for
/// few columns.
protocol TileVector: BitwiseCopyable, SendableMetatype {
    associatedtype Element: BinaryFloatingPoint, BitwiseCopyable, Sendable

    /// Lanes in a vector.
    static var width: Int { get }

    init(_ value: Element)

    static func load(_ p: UnsafePointer<Element>) -> Self
    func store(_ p: UnsafeMutablePointer<Element>)

    /// Whether `loadPartial` and `storePartial` are instructions, which then also take `count` = width.
    static var loadsPartially: Bool { get }
    /// Loads the first `count` < width elements without reading past them; the other lanes are `filler`.
    static func loadPartial(_ p: UnsafePointer<Element>, _ count: Int, filler: Element) -> Self
    /// Stores the first `count` < width lanes and nothing else.
    func storePartial(_ p: UnsafeMutablePointer<Element>, first count: Int)

    static func + (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self

    /// self + a * b, fused where the instruction set fuses.
    func addingProduct(_ a: Self, _ b: Self) -> Self

    /// max(0, self), NaN kept.
    var relu: Self { get }
}

extension TileVector {
    @inline(__always) static func load(_ p: UnsafePointer<Element>) -> Self {
        UnsafeRawPointer(p).loadUnaligned(as: Self.self)
    }

    @inline(__always) func store(_ p: UnsafeMutablePointer<Element>) {
        UnsafeMutableRawPointer(p).storeBytes(of: self, as: Self.self)
    }

    // Where no instruction does it.

    @inline(__always) static var loadsPartially: Bool { false }

    /// Out of line: every load has this branch.
    @inline(never)
    static func loadPartial(_ p: UnsafePointer<Element>, _ count: Int, filler: Element) -> Self {
        var v = Self(filler)
        withUnsafeMutableBytes(of: &v) {
            copyPartial(
                p, to: $0.baseAddress.unsafelyUnwrapped, count * MemoryLayout<Element>.stride)
        }
        return v
    }

    @inline(__always) func storePartial(_ p: UnsafeMutablePointer<Element>, first count: Int) {
        withUnsafeBytes(of: self) {
            copyPartial(
                $0.baseAddress.unsafelyUnwrapped, to: p, count * MemoryLayout<Element>.stride)
        }
    }
}

/// Copies fewer than 64 bytes, a multiple of 4, in pieces of descending powers of two.
@inline(__always)
func copyPartial(_ from: UnsafeRawPointer, to: UnsafeMutableRawPointer, _ bytes: Int) {
    var at = 0
    @inline(__always) func piece<T: BitwiseCopyable>(_: T.Type) {
        if bytes & MemoryLayout<T>.size == 0 { return }
        let value = from.loadUnaligned(fromByteOffset: at, as: T.self)
        to.storeBytes(of: value, toByteOffset: at, as: T.self)
        at += MemoryLayout<T>.size
    }
    piece(SIMD4<UInt64>.self)
    piece(SIMD2<UInt64>.self)
    piece(UInt64.self)
    piece(UInt32.self)
}
