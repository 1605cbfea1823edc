#!/bin/sh
# Makes .venv-peers/tables with swiftreg and its peers, then compares answers: see benchmarks/tables.py --help.
set -e
cd "$(dirname "$0")/.."
[ -n "$SWIFTREG_LIBRARY" ] || make lib
scripts/make-peers "${SWIFTREG_LIBRARY:-build/lib/libSwiftReg.so.0}" tables
export OMP_NUM_THREADS=1 SWIFTREG_NUM_THREADS=1
exec nice -n 10 .venv-peers/tables/bin/python benchmarks/tables.py "$@"
