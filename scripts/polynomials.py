"""Print the polynomial coefficients of Sources/Kernels/Elementwise, with their errors.

Each is the interpolation at Chebyshev nodes, within a few percent of the minimax polynomial,
computed in 60 digits and then rounded from the highest degree down. Needs mpmath.
"""

import struct

from mpmath import atanh, cos, erf, erfc, exp, expm1, log, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 60


def fit(function, low, high, degree):
    nodes = [
        (low + high) / 2 + (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * degree + 2))
        for i in range(degree + 1)
    ]
    vandermonde = matrix(degree + 1, degree + 1)
    for i, x in enumerate(nodes):
        for j in range(degree + 1):
            vandermonde[i, j] = x**j
    return list(lu_solve(vandermonde, matrix([function(x) for x in nodes])))


def rounded(value, double):
    return float(value) if double else struct.unpack("f", struct.pack("f", float(value)))[0]


def report(name, function, low, high, degree, scale, double):
    """`scale(x)` turns an absolute error of the polynomial into a relative one of the result."""
    coefficients = [rounded(c, double) for c in fit(function, low, high, degree)]
    largest = 0
    for i in range(2001):
        x = low + (high - low) * i / 2000
        if abs(x) < mpf(10) ** -12:
            continue
        value = sum(mpf(c) * x**j for j, c in enumerate(coefficients))
        largest = max(largest, abs((value - function(x)) * scale(x)))
    ulp = mpf(2) ** (-52 if double else -23)
    print(f"{name} {'f64' if double else 'f32'}: degree {degree}, error {float(largest / ulp):.2g} ULP")
    print("    " + ", ".join(repr(c) if double else f"{c:.9g}" for c in coefficients))


ln2 = log(2)
exp_tail = lambda r: (expm1(r) - r) / r**2 if abs(r) > mpf(10) ** -20 else mpf(1) / 2 + r / 6
log_tail = lambda z: 2 * (atanh(sqrt(z)) - sqrt(z)) / (sqrt(z) * z) if z else mpf(2) / 3

erf_tail = lambda z: erf(sqrt(z)) / sqrt(z) - 1 if z > mpf(10) ** -20 else 2 / sqrt(pi) - 1
erfcx_x = lambda t: 4 * (1 + t) / (1 - t)
erfcx = lambda t: exp(erfcx_x(t) ** 2) * erfc(erfcx_x(t))

S = (sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)
for double in (False, True):
    r = ln2 / 2 * mpf("1.001")
    report("exp", exp_tail, -r, r, 10 if double else 5, lambda x: x**2, double)
    report("log", log_tail, mpf(0), S**2 * mpf("1.001"), 7 if double else 3, lambda z: z / 2, double)
    report("erf", erf_tail, mpf(0), mpf(1), 12 if double else 7, lambda z: 1 / (1 + erf_tail(z)), double)
    # Up to where e^(-x^2) is 0; the error is that of erf = 1 - e^(-x^2) erfcx.
    high = mpf("27.5") if double else mpf("10.5")
    scale = lambda t: exp(-erfcx_x(t) ** 2) / erf(erfcx_x(t))
    report("erfcx", erfcx, mpf(-3) / 5, (high - 4) / (high + 4), 20 if double else 9, scale, double)
for name, bits in (("f32", 24 - 8), ("f64", 53 - 11)):
    high = mpf(int(ln2 * 2 ** (bits))) / 2 ** (bits)
    print(f"ln2 {name}: high {float(high).hex()} low {float(ln2 - high).hex()}")
