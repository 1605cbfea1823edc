/* Where the fields of the public structs are: Embedded Swift has no key paths, and so no offsets. */
#ifndef SWIFTREG_LAYOUT_H
#define SWIFTREG_LAYOUT_H

#include <stddef.h>

#include "../../include/swiftreg_network.h"

/* The fields of options. */
enum {
    reg_network_options_activations = offsetof(reg_network_options, activations),
    reg_network_options_loss = offsetof(reg_network_options, loss),
    reg_network_options_init = offsetof(reg_network_options, init),
    reg_network_options_seed = offsetof(reg_network_options, seed),
    reg_network_options_keep_prob = offsetof(reg_network_options, keep_prob),
    reg_network_options_l2 = offsetof(reg_network_options, l2),
    reg_network_options_l1 = offsetof(reg_network_options, l1),
    reg_network_options_label_smoothing = offsetof(reg_network_options, label_smoothing),
    reg_network_options_max_norm = offsetof(reg_network_options, max_norm),
    reg_optimizer_options_kind = offsetof(reg_optimizer_options, kind),
    reg_optimizer_options_schedule = offsetof(reg_optimizer_options, schedule),
    reg_optimizer_options_learning_rate = offsetof(reg_optimizer_options, learning_rate),
    reg_optimizer_options_momentum = offsetof(reg_optimizer_options, momentum),
    reg_optimizer_options_beta1 = offsetof(reg_optimizer_options, beta1),
    reg_optimizer_options_beta2 = offsetof(reg_optimizer_options, beta2),
    reg_optimizer_options_epsilon = offsetof(reg_optimizer_options, epsilon),
    reg_optimizer_options_weight_decay = offsetof(reg_optimizer_options, weight_decay),
    reg_optimizer_options_clip_norm = offsetof(reg_optimizer_options, clip_norm),
    reg_optimizer_options_decay = offsetof(reg_optimizer_options, decay),
    reg_optimizer_options_period = offsetof(reg_optimizer_options, period),
    reg_optimizer_options_min_learning_rate = offsetof(reg_optimizer_options, min_learning_rate),
    reg_fit_options_epochs = offsetof(reg_fit_options, epochs),
    reg_fit_options_batch_size = offsetof(reg_fit_options, batch_size),
    reg_fit_options_shuffle = offsetof(reg_fit_options, shuffle),
    reg_fit_options_patience = offsetof(reg_fit_options, patience),
    reg_fit_options_min_delta = offsetof(reg_fit_options, min_delta),
    reg_fit_options_report_every = offsetof(reg_fit_options, report_every),
};

/* The size of each struct in the first release, without padding behind it: the end of the last field
 * that it then had. */
#define FIRST_SIZE(name, field) (offsetof(name, field) + sizeof(((name *)0)->field))
enum {
    first_size_reg_build = FIRST_SIZE(reg_build, num_threads),
    first_size_reg_error = FIRST_SIZE(reg_error, message),
    first_size_reg_network_options = FIRST_SIZE(reg_network_options, max_norm),
    first_size_reg_layer = FIRST_SIZE(reg_layer, biases),
    first_size_reg_position = FIRST_SIZE(reg_position, epoch),
    first_size_reg_optimizer_options = FIRST_SIZE(reg_optimizer_options, min_learning_rate),
    first_size_reg_data = FIRST_SIZE(reg_data, weights),
    first_size_reg_data_f64 = FIRST_SIZE(reg_data_f64, weights),
    first_size_reg_sparse = FIRST_SIZE(reg_sparse, index_bytes),
    first_size_reg_fit_job = FIRST_SIZE(reg_fit_job, status),
    first_size_reg_fit_job_f64 = FIRST_SIZE(reg_fit_job_f64, status),
    first_size_reg_part = FIRST_SIZE(reg_part, total_weight),
    first_size_reg_fit_options = FIRST_SIZE(reg_fit_options, masks),
    first_size_reg_fit_result = FIRST_SIZE(reg_fit_result, failed_step),
    first_size_reg_export_options = FIRST_SIZE(reg_export_options, labels),
    first_size_reg_enum_value = FIRST_SIZE(reg_enum_value, number),
    first_size_reg_option = FIRST_SIZE(reg_option, schedules),
    /* Results within a struct of arguments. */
    reg_fit_job_status = offsetof(reg_fit_job, status)
};
#undef FIRST_SIZE

#endif
