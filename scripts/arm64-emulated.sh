#!/bin/sh
# arm64-emulated.sh
#
# Builds the library and the C programs for 64-bit ARM with Linux, and runs them under qemu: the C
# tests, and build/c/hash, whose hashes, among them that of the notebook's 30000 iterations, must be
# those of avx2 on this CPU. Ends with a line PASS or FAIL, and exits with 0 or 1. Takes 5 minutes.
cd "$(dirname "$0")/.." || exit 1
out=build/aarch64
root=/usr/aarch64-linux-gnu
failed=0
step() { scripts/step "$@" || failed=1; }

die() {
    printf 'arm64-emulated: %s\n' "$*" >&2
    exit 1
}

library() { scripts/build-library aarch64 $out/lib; }

# The library exists: -o keeps make from rebuilding it.
programs() {
    make BUILD=$out CC=aarch64-linux-gnu-gcc -o $out/lib/libSwiftReg.so -o $out/lib/libSwiftReg.so.0 \
        $out/c/abi $out/c/hash
}

emulated() { qemu-aarch64 -L $root "$@"; }

tests() { emulated $out/c/abi once 2>&1 | tee /dev/stderr | grep -q '^neon: [1-9][0-9]* checks, 0 failures$'; }

hashes() {
    set -e
    SWIFTREG_NUM_THREADS=1 SWIFTREG_ISA=avx2 build/c/hash 30000 >$out/avx2
    for threads in 1 2; do
        SWIFTREG_NUM_THREADS=$threads emulated $out/c/hash 30000 >$out/neon-$threads
        diff $out/avx2 $out/neon-$threads
    done
}

case ${1-} in
library | programs | tests | hashes)
    "$1"
    exit
    ;;
'') ;;
*) die "unknown argument: $1" ;;
esac
[ "$(uname -m)" != aarch64 ] || die "this machine is one: make test"
grep -qw fma /proc/cpuinfo && grep -qw avx2 /proc/cpuinfo || die "there is no AVX2 here to compare with"
mkdir -p $out/lib $out/c
step "Library, arm64" "$0" library
[ $failed -ne 0 ] || step "C programs, arm64" "$0" programs
if [ $failed -eq 0 ]; then
    step "C tests, arm64 (qemu)" "$0" tests
    step "Same bits as avx2, arm64 (qemu)" "$0" hashes
fi
if [ $failed -eq 0 ]; then echo "PASS: arm64, emulated"; else echo "FAIL: arm64, emulated"; fi
exit $failed
