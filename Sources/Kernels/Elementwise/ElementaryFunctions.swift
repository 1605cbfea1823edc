// exp, log and functions built from them, lane by lane, within 2 ULP (docs/formulas.md). No libm: its
// last bits differ between machines.
//
// The polynomials come from scripts/polynomials.py. The baseline kernels, where a vector is four
// registers and each formula four times as long, call the most used ones out of line.

struct ElementaryLimits<Element> {
    /// Below expLow exp is 0, above expHigh infinite.
    let expLow: Element
    let expHigh: Element
    let log2e: Element
    /// ln(2) in two parts; the first has trailing zeros, so that its multiples are exact.
    let ln2High: Element
    let ln2Low: Element
    /// Adding and subtracting it rounds to an integer.
    let roundingConstant: Element
    /// The smallest normal number. log multiplies smaller ones by 2^lift.
    let smallestNormal: Element
    let lift: Element
}

/// c[0] + c[1] x + c[2] x^2 + ...
@inline(__always)
func polynomial<V: Lanes, let n: Int>(_ x: V, _ c: InlineArray<n, V.Element>) -> V {
    var p = V(c[n - 1])
    var i = n - 2
    while i >= 0 {
        p = V(c[i]).addingProduct(p, x)
        i -= 1
    }
    return p
}

extension F32x16 {
    @inline(__always) static var limits: ElementaryLimits<Float> {
        ElementaryLimits(
            expLow: -104, expHigh: 89, log2e: 0x1.715476p0, ln2High: 0x1.62e4p-1,
            ln2Low: 0x1.7f7d1cp-20, roundingConstant: 0x1.8p23, smallestNormal: 0x1p-126, lift: 25)
    }
    /// (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2.
    @inline(__always) static func expPolynomial(_ r: Self) -> Self {
        polynomial(
            r, [0.5, 0.166666672, 0.041666463, 0.00833331048, 0.00139337312, 0.000198910799])
    }
    /// (2 atanh(s) - 2 s) / (s z) for z = s^2, |s| <= (sqrt(2) - 1) / (sqrt(2) + 1).
    @inline(__always) static func logPolynomial(_ z: Self) -> Self {
        polynomial(z, [0.666666687, 0.400001228, 0.285507798, 0.233316138])
    }
    /// (tanh(x) - x) / (x z) for z = x^2, |x| <= 0.625.
    @inline(__always) static func tanhPolynomial(_ z: Self) -> Self {
        polynomial(
            z,
            [
                -0.333333343, 0.133333042, -0.0539592579, 0.0217689183, -0.00834394526,
                0.00229274482,
            ])
    }
}

extension F64x8 {
    @inline(__always) static var limits: ElementaryLimits<Double> {
        ElementaryLimits(
            expLow: -746, expHigh: 710, log2e: 0x1.71547652b82fep0, ln2High: 0x1.62e42fefa38p-1,
            ln2Low: 0x1.ef35793c7673p-45, roundingConstant: 0x1.8p52, smallestNormal: 0x1p-1022,
            lift: 54)
    }
    @inline(__always) static func expPolynomial(_ r: Self) -> Self {
        polynomial(
            r,
            [
                0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326084,
                0.0013888888888883711, 0.0001984126987500228, 2.480158732567746e-05,
                2.755725517000089e-06, 2.755727347871858e-07, 2.5105312729622103e-08,
                2.09147553258932e-09,
            ])
    }
    @inline(__always) static func logPolynomial(_ z: Self) -> Self {
        polynomial(
            z,
            [
                0.6666666666666666, 0.40000000000000885, 0.28571428570799784, 0.22222222392581045,
                0.18181795547521137, 0.15386244737621665, 0.13268638369266825, 0.13088034850927555,
            ])
    }
    @inline(__always) static func tanhPolynomial(_ z: Self) -> Self {
        polynomial(
            z,
            [
                -0.3333333333333332, 0.13333333333326658, -0.05396825396139557,
                0.021869488260559115, -0.008863229830925709, 0.0035920589774734554,
                -0.001455309297534642, 0.0005874372860094381, -0.00023077616269519857,
                7.959955735264808e-05, -1.724487449484433e-05,
            ])
    }
}

extension Lanes {
    /// e^self, by e^x = 2^n e^r with r = x - n ln(2).
    #if REG_FMA || arch(arm64)
        @inline(__always)
    #else
        @inline(never)
    #endif
    var exp: Self {
        let limits = Self.limits
        // A NaN fails both comparisons of the clamp and passes through.
        let high = Self.select(Self(limits.expHigh) < self, Self(limits.expHigh), self)
        let x = high.atLeast(Self(limits.expLow))
        let (n, whole, negated) = x.powersOfTwo
        let r = whole.addingProduct(negated, Self(limits.ln2Low))
        let rLow = (whole - r).addingProduct(negated, Self(limits.ln2Low))
        let sum = Self(1) + r
        let tail = ((Self(1) - sum) + r) + rLow.addingProduct(r * r, Self.expPolynomial(r))
        return Self.select(self == self, (sum + tail).scaled(byPowerOfTwo: n), self)
    }

    /// n = self / ln(2) rounded, -n, and self - n ln2High, which is exact.
    @inline(__always) private var powersOfTwo: (n: Self, rest: Self, negated: Self) {
        let limits = Self.limits
        let roundingConstant = Self(limits.roundingConstant)
        let n = roundingConstant.addingProduct(self, Self(limits.log2e)) - roundingConstant
        let negated = Self(0) - n
        return (n, addingProduct(negated, Self(limits.ln2High)), negated)
    }

    /// e^self for self <= 0 as a term of another function: not corrected for the rounding of r. A NaN
    /// gives some NaN.
    #if REG_FMA || arch(arm64)
        @inline(__always)
    #else
        @inline(never)
    #endif
    var fastExpOfNonPositive: Self {
        let limits = Self.limits
        let (n, whole, negated) = atLeast(Self(limits.expLow)).powersOfTwo
        let r = whole.addingProduct(negated, Self(limits.ln2Low))
        let sum = Self(1) + r
        let result = sum + ((Self(1) - sum) + r).addingProduct(r * r, Self.expPolynomial(r))
        // Scaled up, so that the first factor is a normal number and only the second product rounds.
        let lift = Self(limits.lift)
        return result * (n + lift).powerOfTwo * (Self(0) - lift).powerOfTwo
    }

    /// self * 2^n for integral n, in two steps, so that both factors are normal numbers and a subnormal
    /// result is rounded once.
    @inline(__always) private func scaled(byPowerOfTwo n: Self) -> Self {
        let roundingConstant = Self(Self.limits.roundingConstant)
        let half = roundingConstant.addingProduct(n, Self(0.5)) - roundingConstant
        return self * half.powerOfTwo * (n - half).powerOfTwo
    }

    /// The natural logarithm, by log(m 2^n) = n ln(2) + 2 atanh(f / (2 + f)), f = m - 1.
    #if REG_FMA || arch(arm64)
        @inline(__always)
    #else
        @inline(never)
    #endif
    var log: Self {
        let limits = Self.limits
        let isSmall = self < Self(limits.smallestNormal)
        let lifted = self * Self(limits.lift).powerOfTwo
        let (m, exponent) = Self.select(isSmall, lifted, self).normalized
        let n = Self.select(isSmall, exponent - Self(limits.lift), exponent)
        let result = (m - Self(1)).log(times: n)
        return withLogEdgeCases(result)
    }

    /// log((1 + self) 2^n) for sqrt(1/2) <= 1 + self < sqrt(2).
    @inline(__always) private func log(times n: Self) -> Self {
        let limits = Self.limits
        let s = self / (Self(2) + self)
        let z = s * s
        let square = Self(0.5) * self * self
        let correction = (n * Self(limits.ln2Low)).addingProduct(
            s, square.addingProduct(z, Self.logPolynomial(z)))
        return (n * Self(limits.ln2High)) - ((square - correction) - self)
    }

    /// The special cases of log: NaN and infinity unchanged, 0 to -infinity, negatives to NaN.
    @inline(__always) private func withLogEdgeCases(_ result: Self) -> Self {
        let infinite = Self(.infinity)
        let finite = Self.select(self < infinite, result, self)
        let negative = Self.select(self == Self(0), Self(-.infinity), Self(.nan))
        return Self.select(self == self, Self.select(Self(0) < self, finite, negative), self)
    }

    /// log(1 + self), corrected to first order for the rounding of the sum.
    @inline(__always) var log1p: Self {
        let one = Self(1)
        let sum = one + self
        let lost = Self.select(one < self, one - (sum - self), self - (sum - one))
        let result = sum.log + lost / sum
        // At -1, infinity and NaN the correction is NaN.
        let isOrdinary = Self.select(
            Self(-1) < self, Self.select(self < Self(.infinity), one, Self(0)), Self(0))
        return Self.select(
            self == Self(0), self, Self.select(isOrdinary == one, result, sum.log))
    }

    /// log(1 + self) for 0 <= self <= 1, without rounding 1 + self.
    @inline(__always) var log1pOfFraction: Self {
        let isHigh = Self(0.41421354) < self
        let (one, zero, half) = (Self(1), Self(0), Self(0.5))
        return Self.select(isHigh, half * (self - one), self)
            .log(times: Self.select(isHigh, one, zero))
    }

    /// 1 / (1 + e^-self), by e^-|self|, which cannot overflow.
    @inline(__always) var sigmoid: Self {
        sigmoid(by: (Self(0) - magnitude).fastExpOfNonPositive)
    }

    /// The sigmoid, given e = e^-|self|.
    @inline(__always) func sigmoid(by e: Self) -> Self {
        let one = Self(1)
        let sum = one + e
        let quotient = Self.select(self < Self(0), e, one) / sum
        // The rounding error of the sum, corrected to first order. A few percent of it do not matter, so
        // 1 / sum is approximated by a line on [1, 2].
        let lost = (sum - one) - e
        let inverse = Self(1.457).addingProduct(sum, Self(-0.5))
        return quotient.addingProduct(quotient * lost, inverse)
    }

    /// log(1 + e^self) = max(self, 0) + log1p(e^-|self|).
    @inline(__always) var softplus: Self {
        let tail = (Self(0) - magnitude).exp.log1pOfFraction
        // For NaN the tail is NaN.
        return Self.select(Self(0) < self, self, Self(0)) + tail
    }

    /// An odd polynomial near 0, 1 - 2 / (e^2|x| + 1) beyond.
    @inline(__always) var tanh: Self {
        let z = self * self
        let near = addingProduct(self * z, Self.tanhPolynomial(z))
        let size = magnitude
        let far = Self(1) - Self(2) / ((size + size).exp + Self(1))
        let signed = Self.select(self < Self(0), Self(0) - far, far)
        return Self.select(
            self == Self(0), self, Self.select(size < Self(0.625), near, signed))
    }
}
