import CLanes

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
