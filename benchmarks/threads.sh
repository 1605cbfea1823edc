#!/bin/sh
# Builds the library with benchmarks/threads/RecordedThreads.swift in place of its pool of threads, then
# prints what more threads could gain: see benchmarks/threads.py --help.
set -e
cd "$(dirname "$0")/.."
out=build/bench/recorded
# As in Package.swift.
definition="-D REG_FMA"
if [ "$(uname -m)" = x86_64 ]; then
    definition=
    export ISA_MODULES="KernelsAVX2=x86-64-v3 KernelsAVX512=x86-64-v4"
fi
# shellcheck disable=SC2086
WITHOUT=Threads.swift WITH=Network=benchmarks/threads/RecordedThreads.swift \
    scripts/step "Library that records its threads" scripts/cross-modules "$out/modules" Linux -Xcc -fPIC $definition
"${CC:-cc}" -shared -o "$out/libSwiftReg.so.0" "$out"/modules/*.o -lm -lpthread
exec .venv/bin/python benchmarks/threads.py "$out/libSwiftReg.so.0" build/lib/libSwiftReg.so.0 "$@"
