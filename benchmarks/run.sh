#!/bin/sh
# Makes .venv-bench with swiftreg and its peers, then measures: see benchmarks/run.py --help.
set -e
cd "$(dirname "$0")/.."
venv=.venv-bench
python=${PYTHON:-python3}
library=build/lib/libSwiftReg.so.0
pip() { "$venv/bin/python" -m pip --disable-pip-version-check -q "$@"; }

scripts/check-prerequisites cc python python-headers
[ -n "$SWIFTREG_LIBRARY" ] || make lib
library=${SWIFTREG_LIBRARY:-$library}

if [ ! -e $venv/.peers ]; then
    echo "benchmarks: making $venv"
    "$python" -m venv --clear $venv
    pip install 'setuptools>=77' numpy scipy threadpoolctl
    # A wheel that lies ready (PIP_FIND_LINKS) is taken first: that from PyPI brings CUDA along.
    pip install --no-index --no-deps torch 2>/dev/null || true
    pip install torch || echo "benchmarks: PyTorch could not be installed: its columns stay empty"
    pip install 'jax[cpu]' || echo "benchmarks: JAX could not be installed: its columns stay empty"
    touch $venv/.peers
fi

# The package as it is in this checkout.
if [ ! -e $venv/.swiftreg ] || [ "$library" -nt $venv/.swiftreg ] ||
    [ -n "$(find bindings/python pyproject.toml -name '*.so*' -prune -o -type f \
        -not -path '*/__pycache__/*' -newer $venv/.swiftreg -print -quit)" ]; then
    echo "benchmarks: installing swiftreg"
    SWIFTREG_LIBRARY=$library pip install --no-deps --no-build-isolation --force-reinstall .
    touch $venv/.swiftreg
fi

exec $venv/bin/python benchmarks/run.py "$@"
