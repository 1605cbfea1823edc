// erf and the normal distribution, lane by lane, without libm: the same bits on every machine. Formulas
// and errors: docs/formulas.md. The polynomials come from scripts/polynomials.py.

extension F32x16 {
    /// erf(x) / x - 1 for z = x^2 <= 1.
    @inline(__always) static func erfPolynomial(_ z: Self) -> Self {
        polynomial(
            z,
            [
                0.128379166, -0.376126379, 0.112837821, -0.0268654302, 0.00522103161,
                -0.000848408032, 0.000112659589, -9.66704465e-06,
            ])
    }
    /// e^(x^2) erfc(x) for t = (x - 4) / (x + 4), x >= 1.
    @inline(__always) static func erfcxPolynomial(_ t: Self) -> Self {
        polynomial(
            t,
            [
                0.136999458, -0.259068042, 0.218719676, -0.164258182, 0.108963154, -0.0631016046,
                0.0312997513, -0.0128853312, 0.00405194005, -0.000689674343,
            ])
    }
}

extension F64x8 {
    @inline(__always) static func erfPolynomial(_ z: Self) -> Self {
        polynomial(
            z,
            [
                0.1283791670955126, -0.3761263890318375, 0.11283791670954879,
                -0.026866170645076792, 0.0052239776248180145, -0.000854832698083379,
                0.0001205533111164271, -1.4925595266831182e-05, 1.6461000484121368e-06,
                -1.6350312701054695e-07, 1.4659775274047436e-08, -1.1372848856791674e-09,
                5.957176147748911e-11,
            ])
    }
    @inline(__always) static func erfcxPolynomial(_ t: Self) -> Self {
        polynomial(
            t,
            [
                0.13699945762506138, -0.25906804876017164, 0.21871967891826474,
                -0.1642578166973105, 0.10896317739891785, -0.06310781563967606,
                0.03129905651826262, -0.012843946032574417, 0.004060263631224914,
                -0.0007991268005732851, -2.176179465230304e-05, 7.898310238452919e-05,
                -2.2555582666341896e-05, -1.9029534359104581e-06, 2.9428068061179527e-06,
                -4.090307728012402e-07, -2.8002340561612976e-07, 9.560095569391887e-08,
                1.9992672959604947e-08, -1.3105218596697684e-08, 8.184901548251213e-10,
            ])
    }
}

extension Lanes {
    /// The error function: an odd polynomial up to 1, 1 - erfc beyond.
    @inline(__always) var erf: Self {
        let size = magnitude
        let near = addingProduct(self, Self.erfPolynomial(self * self))
        let e = (Self(0) - size * size).fastExpOfNonPositive
        let far = Self(1) - e * Self.erfcx(size)
        let signed = Self.select(self < Self(0), Self(0) - far, far)
        return Self.select(size < Self(1), near, Self.select(self == self, signed, self))
    }

    /// e^(x^2) erfc(x) for x >= 1; beyond 28, where e^(-x^2) is 0, any finite number.
    @inline(__always) private static func erfcx(_ x: Self) -> Self {
        let x = Self.select(x < Self(28), x, Self(28))
        return Self.erfcxPolynomial((x - Self(4)) / (x + Self(4)))
    }

    /// The standard normal distribution at self: its cumulative distribution function, and e^(-self^2 / 2).
    @inline(__always) private var normal: (cumulative: Self, exponential: Self) {
        let square = self * self * Self(0.5)
        let e = (Self(0) - square).fastExpOfNonPositive
        let x = self * Self(Element(0.7071067811865476))
        let half = Self(0.5)
        let near = half.addingProduct(x * half, Self(1) + Self.erfPolynomial(square))
        let tail = half * e * Self.erfcx(x.magnitude)
        let far = Self.select(self < Self(0), tail, Self(1) - tail)
        return (Self.select(square < Self(1), near, far), e)
    }

    /// self * cumulative(self). Clamped from below, or -infinity would give NaN.
    @inline(__always) var gelu: Self {
        let z = atLeast(Self(-40))
        return z * z.normal.cumulative
    }

    /// The derivative of gelu: cumulative(self) + self * density(self).
    @inline(__always) var geluDerivative: Self {
        let z = Self.select(Self(40) < self, Self(40), self).atLeast(Self(-40))
        let (cumulative, e) = z.normal
        return cumulative.addingProduct(z * Self(Element(0.3989422804014327)), e)
    }
}
