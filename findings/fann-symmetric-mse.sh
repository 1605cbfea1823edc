#!/bin/sh
# FANN 2.2.0 (Debian 12: libfann-dev): the mean squared error of symmetric outputs is a quarter of it.
#
# Expected: fann_get_MSE is the mean of the squared differences between targets and outputs.
# Seen: for a linear output it is. For FANN_SIGMOID_SYMMETRIC (and the other symmetric ones) each difference is
# halved first, in training as well: the error reported is a quarter, and errors of networks with different
# outputs, or a desired error of fann_train_on_data, do not compare.
#
#     linear:    difference^2 0.5625, reported 0.5625
#     symmetric: difference^2 0.5642, reported 0.1410
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
cat >"$folder/program.c" <<'END'
#include <doublefann.h>
#include <stdio.h>

static double ratio(const char *title, enum fann_activationfunc_enum function) {
    struct fann *net = fann_create_standard(2, 1, 1);
    fann_set_activation_function_output(net, function);
    net->weights[0] = 0.4, net->weights[1] = 0.1;
    fann_type x = 0.5, y = 0.9;
    double difference = y - fann_run(net, &x)[0];
    fann_reset_MSE(net);
    fann_test(net, &x, &y);
    double reported = fann_get_MSE(net);
    printf("%s difference^2 %.4f, reported %.4f\n", title, difference * difference, reported);
    fann_destroy(net);
    return reported / (difference * difference);
}

int main(void) {
    double linear = ratio("linear:   ", FANN_LINEAR), symmetric = ratio("symmetric:", FANN_SIGMOID_SYMMETRIC);
    return !(linear > 0.9999 && linear < 1.0001 && symmetric > 0.2499 && symmetric < 0.2501);
}
END
cc "$folder/program.c" -o "$folder/program" -ldoublefann -lm || {
    echo "FANN is missing: sudo apt-get install gcc libfann-dev" >&2
    exit 2
}
"$folder/program"
