"""Another interpreter in the process: it works, or the import is refused; nothing breaks."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The private module of Python 3.11 and 3.12, and that of 3.13 and later.
MODULE = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters


def run(code):
    number = interpreters.create()
    try:
        failure = interpreters.run_string(number, code)
        return "" if failure is None else str(getattr(failure, "formatted", failure))
    except Exception as error:
        return str(error)
    finally:
        interpreters.destroy(number)
"""

# Everything that a module keeps: types, functions, a network of the notebook.
WORK = """
import warnings
warnings.simplefilter("ignore")  # NumPy says that it does not support this
import numpy as np
import swiftreg
from swiftreg import notebook
assert swiftreg.dropout_mask(12, 0.5, seed=1).tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0]
try:
    swiftreg.dropout(np.ones(3), 2, seed=1)
    raise SystemError("not refused")
except ValueError:
    pass
A, _ = notebook.forward_propagation(np.ones((2, 5)), notebook.initialize_parameters([2, 4, 1]))
assert A.shape == (1, 5)
"""


def outcome(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("first", [True, False], ids=["alone", "after the main one"])
def test_another_interpreter(first: bool) -> None:
    """Only the import may fail: NumPy loads once per process."""
    program = MODULE + f"work = {WORK!r}\n"
    if not first:
        program += "exec(work)\n"
    program += "for _ in range(3): print(repr(run(work)))\n"
    if not first:
        program += "exec(work)\n"
    failures = outcome(program).splitlines()
    assert len(failures) == 3
    assert all(failure == "''" or "ImportError" in failure for failure in failures)
    # Only a second import of NumPy is refused; in later Pythons every import into a subinterpreter may be.
    if first and sys.version_info < (3, 12):
        assert failures[0] == "''"
