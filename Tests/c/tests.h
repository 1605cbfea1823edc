/* Every test of the C test program. */
#ifndef SWIFTREG_TESTS_TESTS_H
#define SWIFTREG_TESTS_TESTS_H

#include "host.h"

#if HOST_HAS_FILES
#define HOST_TESTS(X)                                                                                        \
    X(files_disk)                                                                                            \
    X(files_relative)                                                                                        \
    X(files_errors)                                                                                          \
    X(files_names)                                                                                           \
    X(files_export_options)                                                                                  \
    X(files_full_disk)                                                                                       \
    X(files_killed)                                                                                          \
    X(files_at_once)                                                                                         \
    X(files_links)                                                                                           \
    X(files_irregular)                                                                                       \
    X(files_mode)                                                                                            \
    X(files_mounted)                                                                                         \
    X(files_fixed_folder)
#else
#define HOST_TESTS(X) X(no_files)
#endif

/* X(name): test_name for float and test_name_f64 for double. */
#define TYPED_TESTS(X)                                                                                       \
    X(dropout)                                                                                               \
    X(dropout_large)                                                                                         \
    X(dropout_unaligned)                                                                                     \
    X(apply_mask)                                                                                            \
    X(elementary)                                                                                            \
    X(activation)                                                                                            \
    X(activation_gradient)                                                                                   \
    X(cost_gradient_and_update)                                                                              \
    X(cost)                                                                                                  \
    X(cost_extremes)                                                                                         \
    X(cost_l2)                                                                                               \
    X(dense_exact)                                                                                           \
    X(dense_rounding)                                                                                        \
    X(dense_isolation)                                                                                       \
    X(dense_unaligned)                                                                                       \
    X(dense_parts)                                                                                           \
    X(dense_small)                                                                                           \
    X(dense_unused_stride)                                                                                   \
    X(dense_small_transposed)                                                                                \
    X(errors_elementwise)                                                                                    \
    X(errors_cost)                                                                                           \
    X(errors_dense)                                                                                          \
    X(network_initial)                                                                                       \
    X(network_describe)                                                                                      \
    X(network_defaults)                                                                                      \
    X(network_position)                                                                                      \
    X(network_optimizer)                                                                                     \
    X(network_gradient)                                                                                      \
    X(network_gradient_large)                                                                                \
    X(network_parts)                                                                                         \
    X(network_sameness)                                                                                      \
    X(network_zero_weights)                                                                                  \
    X(network_not_finite_data)                                                                               \
    X(network_extreme_costs)                                                                                 \
    X(network_check_gradient)                                                                                \
    X(network_predict)                                                                                       \
    X(network_predict_nothing)                                                                               \
    X(network_predict_isolation)                                                                             \
    X(network_predict_dropout)                                                                               \
    X(network_predict_wide)                                                                                  \
    X(network_apply)                                                                                         \
    X(network_apply_corners)                                                                                 \
    X(network_max_norm)                                                                                      \
    X(network_schedules)                                                                                     \
    X(network_clip_not_finite)                                                                               \
    X(network_clip_scale)                                                                                    \
    X(network_fit)                                                                                           \
    X(network_fit_sameness)                                                                                  \
    X(network_fit_masks)                                                                                     \
    X(network_reports)                                                                                       \
    X(network_stops_at_report)                                                                               \
    X(network_no_epochs)                                                                                     \
    X(network_validation)                                                                                    \
    X(network_patience)                                                                                      \
    X(network_not_finite)                                                                                    \
    X(network_diverges)                                                                                      \
    X(network_report_use)                                                                                    \
    X(network_report_refuses)                                                                                \
    X(network_report_options)                                                                                \
    X(network_report_many)                                                                                   \
    X(network_threads)                                                                                       \
    X(network_rows)                                                                                          \
    X(network_sparse)                                                                                        \
    X(network_sparse_errors)                                                                                 \
    X(network_fit_many)                                                                                      \
    X(network_fit_many_errors)                                                                               \
    X(errors_network_create)                                                                                 \
    X(errors_network_handle)                                                                                 \
    X(errors_network_optimizer)                                                                              \
    X(errors_network_predict)                                                                                \
    X(errors_network_data)                                                                                   \
    X(errors_network_calls)                                                                                  \
    X(errors_network_fit)                                                                                    \
    X(files_bytes)                                                                                           \
    X(files_max_layers)                                                                                      \
    HOST_TESTS(X)                                                                                            \
    X(files_truncated)                                                                                       \
    X(files_corrupted)                                                                                       \
    X(files_headers)                                                                                         \
    X(files_lengths)                                                                                         \
    X(found_check_of_all)                                                                                    \
    X(found_last_step)                                                                                       \
    X(found_memory_of_nothing)                                                                               \
    X(found_infinite_sum)                                                                                    \
    X(edges_order_too_long)                                                                                  \
    X(edges_max_error_is_nan)                                                                                \
    X(edges_overflow_of_no_example)                                                                          \
    X(edges_no_part_in_the_cost)                                                                             \
    X(edges_infinite_penalty)                                                                                \
    X(edges_infinite_norm)                                                                                   \
    X(edges_validation_is_nan)                                                                               \
    X(edges_part_without_weight)                                                                             \
    X(error_arguments)                                                                                       \
    X(error_data)                                                                                            \
    X(error_targets)                                                                                         \
    X(set_regularization)                                                                                    \
    X(option_ranges)                                                                                         \
    X(option_enums)                                                                                          \
    X(optimizer_of_kind_alone)

#define UNTYPED_TESTS(X)                                                                                     \
    X(oracle)                                                                                                \
    X(philox)                                                                                                \
    X(dropout_mask)                                                                                          \
    X(legacy_known)                                                                                          \
    X(legacy_calls)                                                                                          \
    X(errors_legacy)                                                                                         \
    X(errors_masks)                                                                                          \
    X(library)                                                                                               \
    X(threads)

#define DECLARE_TYPED(name)                                                                                  \
    void test_##name(void);                                                                                  \
    void test_##name##_f64(void);
#define DECLARE_UNTYPED(name) void test_##name(void);
TYPED_TESTS(DECLARE_TYPED)
UNTYPED_TESTS(DECLARE_UNTYPED)

/* With SWIFTREG_ISA naming an unknown instruction set: REG_ERROR_ISA from every kernel. */
void test_isa_error(void);
void test_isa_error_f64(void);
void test_isa_error_untyped(void);
void test_isa_error_network(void);
void test_isa_error_network_f64(void);

#endif
