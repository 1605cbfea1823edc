#!/bin/sh
# scripts/ulp/run.sh [f32|f64] [FUNCTION...]: the largest errors of the elementary functions, in ULP,
# of the library in build/lib. All floats take some minutes on two cores; samples of doubles one.
# SWIFTREG_ISA chooses the instruction set.
set -e
cd "$(dirname "$0")/../.."
scripts/prerequisites cc
[ -e build/lib/libSwiftReg.so ] || make lib
mkdir -p build/ulp
${CC:-cc} -std=c11 -O2 -march=native -Wall -Wextra -D_GNU_SOURCE -Iinclude scripts/ulp/ulp.c \
    -Lbuild/lib -lSwiftReg -Wl,-rpath,"$PWD/build/lib" -lm -lpthread -o build/ulp/ulp
# The program has a thread for each core itself.
export SWIFTREG_NUM_THREADS=1
if [ $# -gt 0 ]; then exec build/ulp/ulp "$@"; fi
status=0
build/ulp/ulp f32 || status=1
build/ulp/ulp f64 || status=1
exit $status
