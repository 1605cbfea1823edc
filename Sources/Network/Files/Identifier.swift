import CPlatform

/// Whether a function of this name compiles beside math.h: an identifier of C99 of at most 255 characters that
/// is no keyword of C23 or C++23, not `main`, and no name of math.h.
public func isFunctionName(_ name: UnsafePointer<CChar>) -> Bool {
    var count = 0
    while name[count] != 0 {
        let byte = UInt8(bitPattern: name[count])
        let isLetter =
            (ascii("a")...ascii("z")).contains(byte) || (ascii("A")...ascii("Z")).contains(byte)
            || byte == ascii("_")
        let isDigit = (ascii("0")...ascii("9")).contains(byte)
        count += 1
        guard isLetter || (isDigit && count > 1), count <= 255 else { return false }
    }
    if count == 0 { return false }
    let whole = Slice(start: name, count: count)
    if contains(keywords, whole) || contains(macros, whole) || contains(functions, whole) {
        return false
    }
    // The variants of functions for float and long double.
    let last = whole[count - 1]
    let hasSuffix = last == ascii("f") || last == ascii("l")
    return !hasSuffix || !contains(functions, Slice(rebasing: whole.dropLast()))
}

private let keywords: StaticString = """
    auto break case char const continue default do double else enum extern float for goto if inline \
    int long register restrict return short signed sizeof static struct switch typedef union \
    unsigned void volatile while _Bool _Complex _Imaginary main alignas alignof bool constexpr false \
    nullptr static_assert thread_local true typeof typeof_unqual and and_eq asm bitand bitor catch \
    char8_t char16_t char32_t class compl concept consteval constinit const_cast co_await co_return \
    co_yield decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not \
    not_eq operator or or_eq private protected public reinterpret_cast requires static_cast template \
    this throw try typeid typename using virtual wchar_t xor xor_eq
    """

private let macros: StaticString = """
    FP_FAST_FMA FP_FAST_FMAF FP_FAST_FMAL FP_ILOGB0 FP_ILOGBNAN FP_INFINITE FP_NAN FP_NORMAL \
    FP_SUBNORMAL FP_ZERO HUGE_VAL HUGE_VALF HUGE_VALL INFINITY MATH_ERREXCEPT MATH_ERRNO NAN \
    M_E M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2 M_SQRT1_2 \
    double_t float_t fpclassify isfinite isgreater isgreaterequal isinf isless islessequal \
    islessgreater isnan isnormal isunordered math_errhandling signbit
    """

private let functions: StaticString = """
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs \
    fdim floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 \
    logb lrint lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint round \
    scalbln scalbn sin sinh sqrt tan tanh tgamma trunc j0 j1 jn y0 y1 yn gamma scalb drem finite \
    significand exp10 roundeven sincos lgamma_r signgam
    """

/// Whether a word is in a list of words separated by single spaces.
private func contains(_ list: StaticString, _ word: Slice) -> Bool {
    var reader = ByteReader(Slice(start: list.utf8Start, count: list.utf8CodeUnitCount))
    repeat {
        if reader.word() == word { return true }
    } while reader.take(" ")
    return false
}
