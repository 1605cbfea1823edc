"""What the shipped library exports, needs and weighs.

    check_exports.py LIBRARY

Its exported symbols are the functions that include/swiftreg.h declares, no more and no less; it
needs libc and libm only; its soname is libSwiftReg.so.0; it is smaller than 300 KB.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

HEADER = Path(__file__).resolve().parents[1] / "include" / "swiftreg.h"
SONAME = "libSwiftReg.so.0"
# The dynamic loader is part of the C library.
NEEDED = re.compile(r"libc\.so\.\d+|libm\.so\.\d+|ld-linux.*")
MOST_BYTES = 300_000


def declared_functions() -> set[str]:
    """The names that the preprocessed header declares as functions, whatever their prefix."""
    text = subprocess.run(
        [os.environ.get("CC", "cc"), "-E", "-P", str(HEADER)], check=True, capture_output=True, text=True
    ).stdout
    # The header's own part begins with its first type; what comes before is the C library's.
    own = text[text.index("typedef enum reg_status") :]
    own = re.sub(r"\{[^{}]*\}", "", own)
    return set(re.findall(r"\b(\w+)\s*\([^()]*\)\s*;", own))


def output_of(*command: str) -> list[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def main(library: str) -> int:
    problems = []
    declared = declared_functions()
    exported = {line.split()[-1].split("@")[0] for line in output_of("nm", "-D", "--defined-only", library)}
    if not declared:
        problems.append(f"no function found in {HEADER}")
    problems += [f"declared, not exported: {name}" for name in sorted(declared - exported)]
    problems += [f"exported, not declared: {name}" for name in sorted(exported - declared)]

    dynamic = "\n".join(output_of("readelf", "-d", library))
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    problems += [f"needs {name}" for name in needed if not NEEDED.fullmatch(name)]
    sonames = re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)
    if sonames != [SONAME]:
        problems.append(f"soname {sonames}, not {SONAME}")
    problems += [f"run path {path}" for path in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(/.*)\]", dynamic)]

    size = Path(library).stat().st_size
    if size >= MOST_BYTES:
        problems.append(f"{size} bytes, not under {MOST_BYTES}")

    for problem in problems:
        print(f"{library}: {problem}")
    print(f"note: {len(exported)} functions, {size} bytes, needs {' '.join(needed)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
