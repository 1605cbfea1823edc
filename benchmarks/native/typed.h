/* Functions for float and for double, with `real` and NAME defined. Functions under test are
 * pointers, so that several libraries can be timed in one process. */

typedef reg_status (*NAME(dense))(const real *, const real *, size_t, size_t, size_t, const real *,
                                  reg_strides, reg_activation, real *, real *, reg_strides);
typedef reg_status (*NAME(backward))(const real *, size_t, size_t, size_t, const real *, reg_strides,
                                     const real *, reg_strides, double, real *, real *, real *, reg_strides);
typedef reg_status (*NAME(activation))(const real *, size_t, reg_activation, real *);
typedef reg_status (*NAME(elementary))(const real *, size_t, reg_function, real *);
typedef reg_status (*NAME(dropout))(const real *, size_t, double, uint64_t, uint64_t, uint64_t, real *,
                                    uint8_t *);
typedef reg_status (*NAME(backward_activation))(const real *, const real *, size_t, reg_activation, real *);
typedef reg_status (*NAME(fit))(void *, const NAME(data) *, const NAME(data) *, const reg_fit_options *,
                                reg_fit_result *);
/* CBLAS, with integers of 64 bits and of 32. */
typedef void (*NAME(gemm64))(int, int, int, int64_t, int64_t, int64_t, real, const real *, int64_t,
                             const real *, int64_t, real, real *, int64_t);
typedef void (*NAME(gemm32))(int, int, int, int, int, int, real, const real *, int, const real *, int, real,
                             real *, int);

double NAME(time_dense)(NAME(dense) call, long calls, const real *w, const real *b, size_t n_out, size_t n_in,
                        size_t m, const real *a, ptrdiff_t a_unit, ptrdiff_t a_example, real *out,
                        ptrdiff_t out_unit, ptrdiff_t out_example) {
    const reg_strides in = {a_unit, a_example}, to = {out_unit, out_example};
    TIMED(call(w, b, n_out, n_in, m, a, in, REG_IDENTITY, 0, out, to));
}

double NAME(time_backward)(NAME(backward) call, long calls, const real *w, size_t n_out, size_t n_in,
                           size_t m, const real *dz, ptrdiff_t dz_unit, ptrdiff_t dz_example, const real *a,
                           ptrdiff_t a_unit, ptrdiff_t a_example, real *dw, real *db, real *da) {
    const reg_strides z = {dz_unit, dz_example}, in = {a_unit, a_example};
    TIMED(call(w, n_out, n_in, m, dz, z, a, in, 0, dw, db, da, in));
}

/* C = op(A) op(B), rows contiguous. */
double NAME(time_gemm64)(NAME(gemm64) call, long calls, int a_transposed, int b_transposed, int64_t rows,
                         int64_t columns, int64_t depth, const real *a, int64_t lda, const real *b,
                         int64_t ldb, real *c, int64_t ldc) {
    TIMED(call(ROW_MAJOR, a_transposed ? TRANSPOSE : NO_TRANSPOSE, b_transposed ? TRANSPOSE : NO_TRANSPOSE,
               rows, columns, depth, 1, a, lda, b, ldb, 0, c, ldc));
}

double NAME(time_gemm32)(NAME(gemm32) call, long calls, int a_transposed, int b_transposed, int64_t rows,
                         int64_t columns, int64_t depth, const real *a, int64_t lda, const real *b,
                         int64_t ldb, real *c, int64_t ldc) {
    TIMED(call(ROW_MAJOR, a_transposed ? TRANSPOSE : NO_TRANSPOSE, b_transposed ? TRANSPOSE : NO_TRANSPOSE,
               (int)rows, (int)columns, (int)depth, 1, a, (int)lda, b, (int)ldb, 0, c, (int)ldc));
}

double NAME(time_activation)(NAME(activation) call, long calls, const real *z, size_t count, int activation,
                             real *a) {
    TIMED(call(z, count, (reg_activation)activation, a));
}

double NAME(time_backward_activation)(NAME(backward_activation) call, long calls, const real *da,
                                      const real *a, size_t count, int activation, real *dz) {
    TIMED(call(da, a, count, (reg_activation)activation, dz));
}

double NAME(time_elementary)(NAME(elementary) call, long calls, const real *x, size_t count, int function,
                             real *out) {
    TIMED(call(x, count, (reg_function)function, out));
}

double NAME(time_dropout)(NAME(dropout) call, long calls, const real *a, size_t count, double keep_prob,
                          uint64_t seed, real *out) {
    TIMED(call(a, count, keep_prob, seed, 0, 0, out, 0));
}

/* ---- Networks ------------------------------------------------------------------------------- */

/* A new network of `layers` layers with ReLU, trained at a rate that hardly changes its weights; NULL if
 * the library refuses. */
void *NAME(network)(reg_status (*create)(const reg_network_options *, void **),
                    reg_status (*defaults)(reg_optimizer, reg_optimizer_options *),
                    reg_status (*set_optimizer)(void *, const reg_optimizer_options *), size_t layers,
                    const size_t *widths, int loss, int optimizer, const double *keep_prob,
                    const double *l2) {
    reg_network_options options = {.struct_size = sizeof options,
                                   .layers = layers,
                                   .widths = widths,
                                   .loss = (reg_loss)loss,
                                   .seed = 3,
                                   .keep_prob = keep_prob,
                                   .l2 = l2};
    reg_optimizer_options update = {.struct_size = sizeof update};
    void *network = 0;
    if (defaults((reg_optimizer)optimizer, &update) != REG_OK) return 0;
    update.learning_rate = 1e-9;
    if (create(&options, &network) != REG_OK) return 0;
    return set_optimizer(network, &update) == REG_OK ? network : 0;
}

/* A call is one epoch over m examples in rows, in order or shuffled. Negative if training fails. */
double NAME(time_fit)(NAME(fit) call, long calls, void *network, const real *x, size_t n_in, const real *y,
                      size_t n_out, size_t m, size_t batch, int shuffle) {
    const NAME(data) data = {.struct_size = sizeof data,
                             .m = m,
                             .x = x,
                             .x_strides = {1, (ptrdiff_t)n_in},
                             .y = y,
                             .y_strides = {1, (ptrdiff_t)n_out}};
    const reg_fit_options options = {
        .struct_size = sizeof options, .epochs = (uint64_t)calls, .batch_size = batch, .shuffle = shuffle};
    const double start = now();
    return call(network, &data, 0, &options, 0) == REG_OK ? now() - start : -1;
}

/* ---- Peak ----------------------------------------------------------------------------------- */

typedef real NAME(vector) __attribute__((vector_size(VECTOR_BYTES)));

static void *NAME(chains)(void *argument) {
    const long steps = *(const long *)argument * STEPS;
    NAME(vector) sums[CHAINS], x = {0}, y = {0};
    for (int c = 0; c < CHAINS; c++) sums[c] = x + (real)c;
    x += (real)0.999;
    y += (real)0.001;
    __asm__ volatile("" : "+m"(x), "+m"(y)); /* hides the values from the compiler */
    for (long i = 0; i < steps; i++) {
#pragma GCC unroll 12
        for (int c = 0; c < CHAINS; c++) sums[c] = sums[c] * x + y;
    }
    for (int c = 0; c < CHAINS; c++) __asm__ volatile("" : : "m"(sums[c]));
    return 0;
}

/* Floating-point operations of one call on one thread. */
double NAME(peak_work)(void) { return 2.0 * STEPS * CHAINS * (VECTOR_BYTES / sizeof(real)); }

double NAME(time_peak)(long calls, int threads) {
    pthread_t others[MAX_THREADS];
    int begun = 0;
    const double start = now();
    while (begun < threads - 1 && begun < MAX_THREADS &&
           pthread_create(&others[begun], 0, NAME(chains), &calls) == 0)
        begun++;
    NAME(chains)(&calls);
    for (int i = 0; i < begun; i++) pthread_join(others[i], 0);
    return now() - start;
}
