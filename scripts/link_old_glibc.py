"""link_old_glibc.py VERSION OUTPUT COMPILER OBJECT... -- FLAG...: links a shared library that runs with this
glibc (2.17) and every later one.

The functions of glibc have versions, and a linker takes the newest. So stubs of the C library are made, in
which each function that the objects need has the newest version that is old enough, and the library is linked
with them. COMPILER is a command (several words) that finds the target's glibc; packaging/old_glibc.c defines
functions that have no such version.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Until 2.34 threads were a library of their own.
UNITED = (2, 34)
THREADS = "libpthread.so.0"
LIBRARIES = ("libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1")
# Needed by start files, the compiler's own library, and thread-local variables.
ALWAYS = {"__cxa_finalize", "__getauxval", "__tls_get_addr"}

VARIABLES = {"__stack_chk_guard"}

Version = tuple[int, ...]


def run(*command: str | Path) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr}")
    return done.stdout


def undefined(files: list[Path]) -> set[str]:
    needed: set[str] = set()
    defined: set[str] = set()
    for line in run("nm", "-P", "-g", *files).splitlines():
        name, kind, *_ = [*line.split(), ""]
        if kind in ("U", "w"):
            needed.add(name)
        elif kind:
            defined.add(name)
    return needed - defined


def versions(compiler: list[str], soname: str) -> dict[str, list[Version]]:
    """The versions of each symbol of a library of the target, if it has this one."""
    library = Path(run(*compiler, f"-print-file-name={soname}").strip())
    found: dict[str, list[Version]] = {}
    if not library.is_file():
        return found
    for line in run("readelf", "-W", "--dyn-syms", library).splitlines():
        match = re.search(r" (?:FUNC|IFUNC|OBJECT) +(?:GLOBAL|WEAK) +DEFAULT +\d+ (\w+)@@?GLIBC_([\d.]+)", line)
        if match:
            found.setdefault(match[1], []).append(tuple(map(int, match[2].split("."))))
    return found


def text(version: Version) -> str:
    return ".".join(map(str, version))


def main() -> None:
    limit = tuple(map(int, sys.argv[1].split(".")))
    output, compiler = Path(sys.argv[2]), shlex.split(sys.argv[3])
    split = sys.argv.index("--")
    objects, flags = [Path(name) for name in sys.argv[4:split]], sys.argv[split + 1 :]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        old = folder / "old_glibc.o"
        run(*compiler, "-O2", "-fPIC", "-c", ROOT / "packaging" / "old_glibc.c", "-o", old)
        tables = {soname: versions(compiler, soname) for soname in LIBRARIES}
        # library -> version -> functions
        stubs: dict[str, dict[Version, list[str]]] = {}
        for name in sorted(undefined([*objects, old]) | ALWAYS):
            for soname, table in tables.items():
                fitting = [version for version in table.get(name, []) if version <= limit]
                if fitting:
                    place = THREADS if UNITED in table[name] else soname
                    stubs.setdefault(place, {}).setdefault(max(fitting), []).append(name)
                    break
        for soname, functions in stubs.items():
            (folder / "stub.map").write_text("".join(
                f"GLIBC_{text(version)} {{ global: {' '.join(f'{name};' for name in names)} }};\n"
                for version, names in sorted(functions.items())
            ))
            (folder / "stub.s").write_text(".text\n" + "".join(
                f".globl {name}\n.type {name}, {'%object' if name in VARIABLES else '%function'}\n"
                f".size {name}, 8\n{name}: .quad 0\n"
                for names in functions.values() for name in names
            ))
            run(*compiler, "-shared", "-nostdlib", folder / "stub.s", f"-Wl,--version-script={folder}/stub.map",
                f"-Wl,-soname,{soname}", "-o", folder / soname)  # fmt: skip
        run(*compiler, "-shared", "-nodefaultlibs", "-o", output, *objects, old, *flags, "-lgcc", "-Wl,--as-needed",
            *(folder / soname for soname in stubs))  # fmt: skip


if __name__ == "__main__":
    main()
