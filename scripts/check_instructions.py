"""No instruction of a newer CPU outside the module that is compiled for it.

    check_instructions.py LIBRARY        (unstripped)

The linker may choose a weak copy of a function in an AVX module for all modules; an older CPU then stops
with an illegal instruction. This script disassembles every function of the library. VEX-encoded
instructions may be in functions of KernelsAVX2 and KernelsAVX512 only, EVEX-encoded ones in those of
KernelsAVX512 only. The first byte after legacy prefixes gives the encoding: in 64-bit mode C4 and C5 are
always VEX, and 62 is always EVEX.
"""

import platform
import re
import subprocess
import sys
from collections import Counter

LEGACY_PREFIXES = {"66", "67", "f0", "f2", "f3", "2e", "36", "3e", "26", "64", "65"}
# Newer than the baseline, but not VEX. (tzcnt is not among them: compilers emit it as bsf.)
NEWER = {"lzcnt", "popcnt", "movbe"}
# Swift mangles a name as the length of its module, then the module.
MODULES = {"avx2": "11KernelsAVX2", "avx512": "13KernelsAVX512"}
FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:$")
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\t((?:[0-9a-f]{2} )+)\s*\t(\S+)")


def kind(code: list[str], mnemonic: str) -> str | None:
    """The only module that may have the instruction; None if all may."""
    opcode = next((byte for byte in code if byte not in LEGACY_PREFIXES), "")
    if opcode == "62":
        return "avx512"
    return "avx2" if opcode in ("c4", "c5") or mnemonic in NEWER else None


def owner(function: str) -> str | None:
    """The module in the mangled name of a function, if it is compiled for a newer CPU."""
    for name, mangled in MODULES.items():
        if re.match(rf"\$[es]{mangled}", function):
            return name
    return None


def main(library: str) -> int:
    if platform.machine() != "x86_64":
        print("note: one instruction set only on this kind of CPU")
        return 0
    listing = subprocess.Popen(
        ["objdump", "-d", "--insn-width=16", library], stdout=subprocess.PIPE, text=True
    )
    assert listing.stdout is not None
    function = "?"
    found: Counter[str] = Counter()
    stray: Counter[tuple[str, str]] = Counter()
    for line in listing.stdout:
        if begins := FUNCTION.match(line):
            function = begins[1]
        elif instruction := INSTRUCTION.match(line):
            needs = kind(instruction[1].split(), instruction[2])
            has = owner(function)
            found[needs or "any CPU"] += 1
            if needs and needs != has and not (needs == "avx2" and has == "avx512"):
                stray[function, needs] += 1
    if listing.wait() != 0:
        return 1
    for (function, needs), count in stray.items():
        print(f"{function}: {count} instructions of {needs}")
    if not found["any CPU"] or not found["avx2"] or not found["avx512"]:
        print(f"not a library with kernels for every CPU: {dict(found)}")
        return 1
    if stray:
        return 1
    print(f"note: {found['avx2']} VEX and {found['avx512']} EVEX instructions, each in its module")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
