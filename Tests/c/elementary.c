/* The elementary functions, against the C library's in double: lengths, extreme values, in place.
 * scripts/ulp checks that all floats are within 2 ULP. */
#include <string.h>

#include "tests.h"
#include "typed.h"

static double wanted(reg_function function, double x) {
    switch (function) {
    case REG_FUNCTION_EXP: return exp(x);
    case REG_FUNCTION_LOG: return log(x);
    case REG_FUNCTION_LOG1P: return log1p(x);
    case REG_FUNCTION_SIGMOID: return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
    case REG_FUNCTION_SOFTPLUS: return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
    case REG_FUNCTION_ERF: return erf(x);
    default: return tanh(x);
    }
}

/* Within 2 ULP; for double one or two more, because the oracle rounds too. */
static bool is_right(reg_function function, real x, real got) {
    const double want = wanted(function, x);
    if (isinf((real)want) || isnan(want)) return same(got, (real)want) || (isnan(want) && isnan(got));
    const real size = (real)fabs(want);
    const double ulp = fmax(ldexp(REAL_EPSILON, ilogb(size)), REAL_TINIEST);
    return fabs(got - want) <= (sizeof(real) == sizeof(double) ? 4 : 2) * ulp;
}

TEST(elementary) {
    for (int k = REG_FUNCTION_EXP; k <= last_value(REG_ENUM_FUNCTION); k++) {
        const double width = k == REG_FUNCTION_LOG || k == REG_FUNCTION_LOG1P ? 1e6 : 40;
        for (size_t count = 0; count < 70; count++) {
            describe("function %d " REAL_NAME " count %zu", k, count);
            real *x = random_buffer(count, k == REG_FUNCTION_LOG1P ? -1 : -width / 4, width, true);
            real *out = BUFFER(real, count);
            /* Near 0, where log1p, tanh and erf must not cancel. */
            for (size_t i = 0; i < count; i += 3) x[i] *= (real)1e-6;
            CHECK_OK(REG(elementary)(x, count, (reg_function)k, out));
            for (size_t i = 0; i < count; i++) {
                if (is_right((reg_function)k, x[i], out[i])) continue;
                describe("function %d " REAL_NAME " of %a gave %a", k, x[i], out[i]);
                CHECK(is_right((reg_function)k, x[i], out[i]));
            }
            CHECK_OK(REG(elementary)(x, count, (reg_function)k, x));
            CHECK(memcmp(x, out, count * sizeof *x) == 0);
            release_buffers();
        }
    }
}
