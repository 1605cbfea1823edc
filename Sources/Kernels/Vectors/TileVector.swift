import CLanes

/// The vector of a tile of a matrix product: a whole vector of `Lanes`, or a half or a quarter of one for
/// few columns.
protocol TileVector: BitwiseCopyable, SendableMetatype {
    associatedtype Element: BinaryFloatingPoint, BitwiseCopyable, Sendable

    /// Lanes in a vector.
    static var width: Int { get }

    init(_ value: Element)

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

    /// Loads the first `count` < width elements without reading past them; the other lanes are `filler`.
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

    /// Stores the first `count` < width lanes and nothing else.
    @inline(__always) func storePartial(_ p: UnsafeMutablePointer<Element>, first count: Int) {
        withUnsafeBytes(of: self) {
            copyPartial(
                $0.baseAddress.unsafelyUnwrapped, to: p, count * MemoryLayout<Element>.stride)
        }
    }
}

/// Copies fewer than 64 bytes, a multiple of 4, in pieces of descending powers of two.
@inline(__always)
private func copyPartial(_ from: UnsafeRawPointer, to: UnsafeMutableRawPointer, _ bytes: Int) {
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

struct F32x4: TileVector {
    private var v: lanes_f32x4

    @inline(__always) static var width: Int { 4 }
    @inline(__always) init(_ value: Float) { v = lanes_f32x4_all(value) }
    @inline(__always) private init(v: lanes_f32x4) { self.v = v }

    @inline(__always) static func + (a: Self, b: Self) -> Self {
        Self(v: lanes_f32x4_add(a.v, b.v))
    }
    @inline(__always) static func * (a: Self, b: Self) -> Self {
        Self(v: lanes_f32x4_mul(a.v, b.v))
    }

    @inline(__always) func addingProduct(_ a: Self, _ b: Self) -> Self {
        #if REG_FMA
            Self(v: lanes_f32x4_fma(a.v, b.v, v))
        #else
            self + a * b
        #endif
    }

    @inline(__always) var relu: Self { Self(v: lanes_f32x4_relu(v)) }
}

struct F64x2: TileVector {
    private var v: lanes_f64x2

    @inline(__always) static var width: Int { 2 }
    @inline(__always) init(_ value: Double) { v = lanes_f64x2_all(value) }
    @inline(__always) private init(v: lanes_f64x2) { self.v = v }

    @inline(__always) static func + (a: Self, b: Self) -> Self {
        Self(v: lanes_f64x2_add(a.v, b.v))
    }
    @inline(__always) static func * (a: Self, b: Self) -> Self {
        Self(v: lanes_f64x2_mul(a.v, b.v))
    }

    @inline(__always) func addingProduct(_ a: Self, _ b: Self) -> Self {
        #if REG_FMA
            Self(v: lanes_f64x2_fma(a.v, b.v, v))
        #else
            self + a * b
        #endif
    }

    @inline(__always) var relu: Self { Self(v: lanes_f64x2_relu(v)) }
}

#if REG_KERNELSAVX2 || REG_KERNELSAVX512
    struct F32x8: TileVector {
        private var v: lanes_f32x8

        @inline(__always) static var width: Int { 8 }
        @inline(__always) init(_ value: Float) { v = lanes_f32x8_all(value) }
        @inline(__always) private init(v: lanes_f32x8) { self.v = v }

        @inline(__always) static func + (a: Self, b: Self) -> Self {
            Self(v: lanes_f32x8_add(a.v, b.v))
        }
        @inline(__always) static func * (a: Self, b: Self) -> Self {
            Self(v: lanes_f32x8_mul(a.v, b.v))
        }

        @inline(__always) func addingProduct(_ a: Self, _ b: Self) -> Self {
            #if REG_FMA
                Self(v: lanes_f32x8_fma(a.v, b.v, v))
            #else
                self + a * b
            #endif
        }

        @inline(__always) var relu: Self { Self(v: lanes_f32x8_relu(v)) }
    }

    struct F64x4: TileVector {
        private var v: lanes_f64x4

        @inline(__always) static var width: Int { 4 }
        @inline(__always) init(_ value: Double) { v = lanes_f64x4_all(value) }
        @inline(__always) private init(v: lanes_f64x4) { self.v = v }

        @inline(__always) static func + (a: Self, b: Self) -> Self {
            Self(v: lanes_f64x4_add(a.v, b.v))
        }
        @inline(__always) static func * (a: Self, b: Self) -> Self {
            Self(v: lanes_f64x4_mul(a.v, b.v))
        }

        @inline(__always) func addingProduct(_ a: Self, _ b: Self) -> Self {
            #if REG_FMA
                Self(v: lanes_f64x4_fma(a.v, b.v, v))
            #else
                self + a * b
            #endif
        }

        @inline(__always) var relu: Self { Self(v: lanes_f64x4_relu(v)) }
    }
#else
    // A half is two registers here, and no better than a quarter.
    typealias F32x8 = F32x4
    typealias F64x4 = F64x2
#endif
