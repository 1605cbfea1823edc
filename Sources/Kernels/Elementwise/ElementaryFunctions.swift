// exp, log and functions built from them, lane by lane, within 2 ULP (docs/formulas.md). No libm: its
// last bits differ between machines.
//
// The polynomials come from scripts/polynomials.py. The baseline kernels, where a vector is four
// registers and each formula four times as long, call the most used ones out of line; so do kernels that
// are to be small, except in the binary cross-entropy.

struct ElementaryLimits<Element> {
    /// Below expLow exp is 0, above expHigh infinite.
    let expLow: Element
    let expHigh: Element
    /// For smaller magnitudes the power of two in exp is a normal number.
    let expNormal: Element
    /// tanh is 1 from here on.
    let tanhHigh: Element
    let log2e: Element
    /// ln(2) in two parts; the first has trailing zeros, so that its multiples are exact.
    let ln2High: Element
    let ln2Low: Element
    /// Adding and subtracting it rounds to an integer.
    let roundingConstant: Element
    /// The same plus the bias of the exponent: see `powerOfSum`.
    let biasedRoundingConstant: Element
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
            expLow: -104, expHigh: 89, expNormal: 87, tanhHigh: 10, log2e: 0x1.715476p0,
            ln2High: 0x1.62e4p-1, ln2Low: 0x1.7f7d1cp-20, roundingConstant: 0x1.8p23,
            biasedRoundingConstant: 0x1.8p23 + 127, smallestNormal: 0x1p-126, lift: 25)
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
}

extension F64x8 {
    @inline(__always) static var limits: ElementaryLimits<Double> {
        ElementaryLimits(
            expLow: -746, expHigh: 710, expNormal: 708, tanhHigh: 20, log2e: 0x1.71547652b82fep0,
            ln2High: 0x1.62e42fefa38p-1, ln2Low: 0x1.ef35793c7673p-45, roundingConstant: 0x1.8p52,
            biasedRoundingConstant: 0x1.8p52 + 1023, smallestNormal: 0x1p-1022, lift: 54)
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
}

// The edges of exp, log and log1p are out of line. What they change is passed by its address: the compiler
// would divide a returned vector into registers of 128 bits.

extension Lanes {
    // MARK: exp

    /// e^self, by e^x = 2^n e^r with r = x - n ln(2).
    #if REG_FMA && !REG_SCALAR
        @inline(__always)
    #else
        @inline(never)
    #endif
    var exp: Self {
        let limit = Self.limits.expNormal
        if _fastPath(isAllBetween(Self(-limit), Self(limit))) { return expOfNormal }
        var result = self
        Self.expWithEdges(&result)
        return result
    }

    /// The same for magnitudes below `expNormal`.
    @inline(__always) var expOfNormal: Self {
        let (sum, n, rest) = powersOfTwo()
        return Self.exp(rest, n) * sum.powerOfSum
    }

    /// The same, also for results that overflow or are subnormal, and for NaN.
    @inline(never) private static func expWithEdges(_ p: UnsafeMutablePointer<Self>) {
        let (x, limits) = (p.pointee, limits)
        // A NaN fails both comparisons of the clamp and passes through.
        let high = select(Self(limits.expHigh) < x, Self(limits.expHigh), x)
        let (_, n, rest) = high.atLeast(Self(limits.expLow)).powersOfTwo()
        p.pointee = select(x == x, exp(rest, n).scaled(byPowerOfTwo: n), x)
    }

    /// n = self / ln(2) rounded, n + lift + biasedRoundingConstant, and self - n ln2High, which is exact.
    @inline(__always)
    private func powersOfTwo(lift: Element = 0) -> (sum: Self, n: Self, rest: Self) {
        let limits = Self.limits
        let roundingConstant = Self(limits.biasedRoundingConstant + lift)
        let sum = roundingConstant.addingProduct(self, Self(limits.log2e))
        let n = sum - roundingConstant
        return (sum, n, addingProduct(n, Self(-limits.ln2High)))
    }

    /// e^r for r = rest - n ln2Low, corrected for the rounding of r.
    @inline(__always) private static func exp(_ rest: Self, _ n: Self) -> Self {
        let ln2Low = Self(-limits.ln2Low)
        let r = rest.addingProduct(n, ln2Low)
        let rLow = (rest - r).addingProduct(n, ln2Low)
        let sum = Self(1) + r
        return sum + (((Self(1) - sum) + r) + rLow.addingProduct(r * r, expPolynomial(r)))
    }

    /// e^r - 1 for r = rest - n ln2Low, on request corrected for the rounding of r.
    @inline(__always)
    private static func expm1(_ rest: Self, _ n: Self, corrected: Bool = false) -> Self {
        let ln2Low = Self(-limits.ln2Low)
        let r = rest.addingProduct(n, ln2Low)
        if !corrected { return r.addingProduct(r * r, expPolynomial(r)) }
        let rLow = (rest - r).addingProduct(n, ln2Low)
        return r + rLow.addingProduct(r * r, expPolynomial(r))
    }

    /// e^self for self <= 0 as a term of another function: not corrected for the rounding of r. A NaN
    /// gives some NaN.
    #if REG_FMA
        @inline(__always)
    #else
        @inline(never)
    #endif
    var fastExpOfNonPositive: Self {
        let limits = Self.limits
        // Scaled up, so that the power is a normal number and a subnormal result is rounded once.
        let (sum, n, rest) = atLeast(Self(limits.expLow)).powersOfTwo(lift: limits.lift)
        let power = sum.powerOfSum
        return power.addingProduct(power, Self.expm1(rest, n))
            * (Self(0) - Self(limits.lift)).powerOfTwo
    }

    /// self * 2^n for integral n, in two steps, so that both factors are normal numbers and a subnormal
    /// result is rounded once.
    @inline(__always) private func scaled(byPowerOfTwo n: Self) -> Self {
        let roundingConstant = Self(Self.limits.roundingConstant)
        let half = roundingConstant.addingProduct(n, Self(0.5)) - roundingConstant
        return self * half.powerOfTwo * (n - half).powerOfTwo
    }

    // MARK: log

    /// The natural logarithm, by log(m 2^n) = n ln(2) + 2 atanh(f / (2 + f)), f = m - 1.
    #if REG_FMA && !REG_SCALAR
        @inline(__always)
    #else
        @inline(never)
    #endif
    var log: Self {
        if _fastPath(isAllBetween(Self(Self.limits.smallestNormal), Self(.infinity))) {
            return logOfNormal
        }
        var result = self
        Self.logWithEdges(&result)
        return result
    }

    /// The same for positive normal numbers.
    @inline(__always) var logOfNormal: Self {
        let (m, n) = normalized
        return (m - Self(1)).log(times: n)
    }

    /// The same, also for subnormals and the special cases.
    @inline(never) private static func logWithEdges(_ p: UnsafeMutablePointer<Self>) {
        let (x, limits) = (p.pointee, limits)
        let isSmall = x < Self(limits.smallestNormal)
        let (m, exponent) = select(isSmall, x * Self(limits.lift).powerOfTwo, x).normalized
        let n = select(isSmall, exponent - Self(limits.lift), exponent)
        p.pointee = x.withLogEdgeCases((m - Self(1)).log(times: n))
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

    /// log(1 + self). The rounding error of the sum m 2^n is added to the fraction m - 1.
    #if REG_FMA && !REG_SCALAR
        @inline(__always)
    #else
        @inline(never)
    #endif
    var log1p: Self {
        let one = Self(1)
        let sum = one + self
        // Exact up to 2^24 (2^53); beyond, less than the rounding of the result.
        let lost = self - (sum - one)
        let (m, n) = sum.normalized
        let fraction = (m - one).addingProduct(lost, sum.inversePower)
        var result = Self.select(self == Self(0), self, fraction.log(times: n))
        // 2^-n is a normal number below.
        if _fastPath(isAllBetween(Self(-1), Self(1 / Self.limits.smallestNormal))) { return result }
        Self.log1pWithEdges(&result, self)
        return result
    }

    /// log(1 + x) where it is log(x) within rounding, and in the special cases; otherwise `result`.
    @inline(never)
    private static func log1pWithEdges(_ result: UnsafeMutablePointer<Self>, _ x: Self) {
        var logarithm = Self(1) + x
        logWithEdges(&logarithm)
        let isLarge = Self(1 / limits.smallestNormal) < x
        let finite = select(isLarge, logarithm, result.pointee)
        result.pointee = select(Self(-1) < x, finite, logarithm)
    }

    /// log(1 + self) for 0 <= self <= 1, without rounding 1 + self.
    @inline(__always) var log1pOfFraction: Self {
        let isHigh = Self(0.41421354) < self
        let (one, zero, half) = (Self(1), Self(0), Self(0.5))
        return Self.select(isHigh, half * (self - one), self)
            .log(times: Self.select(isHigh, one, zero))
    }

    // MARK: sigmoid, softplus, tanh

    /// 1 / (1 + e^-self), by e^-|self|, which cannot overflow.
    @inline(__always) var sigmoid: Self { sigmoid(by: negative.fastExpOfNonPositive) }

    /// The sigmoid, given e = e^-|self|: 1 - e / (1 + e), for negatives e times that. The quotient is at
    /// most 1/2, so its rounding is a smaller part of the result.
    @inline(__always) func sigmoid(by e: Self) -> Self {
        let one = Self(1)
        let factor = Self.select(self < Self(0), e, one)
        return factor.addingProduct(Self(0) - factor, e / (one + e))
    }

    /// log(1 + e^self) = max(self, 0) + log1p(e^-|self|).
    @inline(__always) var softplus: Self {
        let tail = negative.exp.log1pOfFraction
        // For NaN the tail is NaN.
        return Self.select(Self(0) < self, self, Self(0)) + tail
    }

    /// h / (1 + h) with h = (e^2|x| - 1) / 2. For small h the equal h - h (h / (1 + h)), to which the rounding
    /// of the quotient contributes less.
    @inline(__always) var tanh: Self {
        let (one, half, high) = (Self(1), Self(0.5), Self(Self.limits.tanhHigh))
        let size = Self.select(high < magnitude, high, magnitude)
        let (sum, n, rest) = (size + size).powersOfTwo(lift: -1)
        // 2^n / 2.
        let power = sum.powerOfSum
        // In float, with a fused multiply-add, the error is within 2 ULP without the correction.
        let isCorrected = isBaseline || MemoryLayout<Element>.size == 8
        let h = (power - half).addingProduct(
            power, Self.expm1(rest, n, corrected: isCorrected))
        let quotient = h / (one + h)
        let near = h.addingProduct(Self(0) - h, quotient)
        return Self.select(h < half, near, quotient).withSign(of: self)
    }
}
