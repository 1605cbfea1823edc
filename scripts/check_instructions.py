"""No instruction of a newer CPU outside the module that is compiled for it; no sums of products in memory.

    check_instructions.py LIBRARY        (unstripped)

The linker may choose a weak copy of a function in an AVX module for all modules; an older CPU then stops
with an illegal instruction. This script disassembles every function of the library. VEX-encoded
instructions may be in functions of KernelsAVX2 and KernelsAVX512 only, EVEX-encoded ones in those of
KernelsAVX512 only. The first byte after legacy prefixes gives the encoding: in 64-bit mode C4 and C5 are
always VEX, and 62 is always EVEX.

The sums of a tile are in registers until C is stored. If one pass of its epilogue is not unrolled, the
compiler has them on the stack for all passes, and large products take up to 1.15 times as long.
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

# A product by blocks, and a vector that it has on the stack.
TILES = re.compile(r"Kernels(AVX2|AVX512)13multiplyBlock")
ON_STACK = re.compile(r"[yz]mm.*\(%r[sb]p[,)]|\(%r[sb]p[,)].*[yz]mm")


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
    on_stack: Counter[str] = Counter()  # of the functions with tiles
    for line in listing.stdout:
        if begins := FUNCTION.match(line):
            function = begins[1]
            if TILES.search(function):
                on_stack[function] = 0
        elif instruction := INSTRUCTION.match(line):
            needs = kind(instruction[1].split(), instruction[2])
            has = owner(function)
            found[needs or "any CPU"] += 1
            if needs and needs != has and not (needs == "avx2" and has == "avx512"):
                stray[function, needs] += 1
            if function in on_stack and ON_STACK.search(line):
                on_stack[function] += 1
    if listing.wait() != 0:
        return 1
    for (function, needs), count in stray.items():
        print(f"{function}: {count} instructions of {needs}")
    if not found["any CPU"] or not found["avx2"] or not found["avx512"]:
        print(f"not a library with kernels for every CPU: {dict(found)}")
        return 1
    for function, count in on_stack.items():
        if count:
            print(f"{function}: {count} instructions with vectors on the stack")
    if not on_stack:
        print("no function multiplyBlock, whose sums must be in registers")
    if stray or not on_stack or any(on_stack.values()):
        return 1
    print(f"note: {found['avx2']} VEX and {found['avx512']} EVEX instructions, each in its module")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
