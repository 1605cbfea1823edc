"""The exports, dependencies and size of the shipped library.

    check_exports.py LIBRARY

Its exported symbols are exactly the functions of the headers in include/. It needs only libc and libm. Its
soname ends with their major version. It is smaller than 680 KB.
"""

import re
import subprocess
import sys
from pathlib import Path

from c_headers import read_headers

# The dynamic loader is part of the C library.
NEEDED = re.compile(r"libc\.so\.\d+|libm\.so\.\d+|ld-linux.*")
SIZE_LIMIT = 680_000


def output_of(*command: str) -> list[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def main(library: str) -> int:
    problems = []
    headers = read_headers()
    declared = set(headers.functions)
    exported = {line.split()[-1].split("@")[0] for line in output_of("nm", "-D", "--defined-only", library)}
    problems += [f"declared, not exported: {name}" for name in sorted(declared - exported)]
    problems += [f"exported, not declared: {name}" for name in sorted(exported - declared)]

    dynamic = "\n".join(output_of("readelf", "-d", library))
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    problems += [f"needs {name}" for name in needed if not NEEDED.fullmatch(name)]
    sonames = re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)
    soname = f"libSwiftReg.so.{headers.macros['REG_VERSION_MAJOR']}"
    if sonames != [soname]:
        problems.append(f"soname {sonames}, not {soname}")
    problems += [f"run path {path}" for path in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(/.*)\]", dynamic)]

    size = Path(library).stat().st_size
    if size >= SIZE_LIMIT:
        problems.append(f"{size} bytes, not under {SIZE_LIMIT}")

    for problem in problems:
        print(f"{library}: {problem}")
    print(f"note: {len(exported)} functions, {size} bytes, needs {' '.join(needed)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
