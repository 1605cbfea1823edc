#!/bin/sh
# Makes .venv-peers/bench with swiftreg and its peers, then measures: see benchmarks/run.py --help.
set -e
cd "$(dirname "$0")/.."
[ -n "$SWIFTREG_LIBRARY" ] || make lib
scripts/make-peers "${SWIFTREG_LIBRARY:-build/lib/libSwiftReg.so.0}" bench
exec .venv-peers/bench/bin/python benchmarks/run.py "$@"
