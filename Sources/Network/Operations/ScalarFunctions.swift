import KernelInterface

// Scalar functions without libm, whose last bits differ between machines.

/// x^n.
func power(_ x: Double, _ n: UInt64) -> Double {
    var (result, square, n) = (1.0, x, n)
    while n > 0 {
        if n & 1 == 1 { result *= square }
        square *= square
        n >>= 1
    }
    return result
}

/// cos(pi x) for x in [0, 1], as the Taylor series of sin(pi / 2 - pi x).
func cosineOfPi(_ x: Double) -> Double {
    let angle = (0.5 - x) * Double.pi
    let square = angle * angle
    var (sum, term) = (angle, angle)
    var n = 2.0
    while n <= 24 {
        term *= -square / (n * (n + 1))
        sum += term
        n += 2
    }
    // Clamped, or rounding could make a final rate of 0 negative.
    return max(-1, min(1, sum))
}

/// x * scale. On a small core a product of doubles is a long function; with a power of two, which 1 / m is for
/// usual batches, it is a sum of exponents.
func product(_ x: Double, _ scale: Double) -> Double {
    if savesMemory {
        let (bits, factor) = (x.bitPattern, scale.bitPattern)
        let exponent = Int(truncatingIfNeeded: bits >> 52) & 0x7ff
        // With the sign of `scale`: a negative one is out of range.
        let power = Int(truncatingIfNeeded: factor >> 52)
        let sum = exponent + power - 1023
        func isNormal(_ exponent: Int) -> Bool { exponent > 0 && exponent < 0x7ff }
        let isPower = factor & 0xf_ffff_ffff_ffff == 0 && isNormal(power)
        if isPower && isNormal(exponent) && isNormal(sum) {
            return Double(bitPattern: bits &+ factor &- 1023 << 52)
        }
    }
    return x * scale
}
