"""sizes.py SENTENCES.map CODES.map ...: the bytes of linked programs by where they come from, a row of a table for
each two: flash of the library (code and constants), the same with error codes alone, flash of libgcc and the C
library, RAM of the library's variables.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

FLASH = (".text", ".rodata", ".data", ".srodata", ".sdata", ".swift_modhash", ".ARM.ex")
RAM = (".data", ".bss", ".sdata", ".sbss", "COMMON")


def origin(file: str) -> str:
    if "libSwiftReg.a" in file:
        return "swiftreg"
    return "support" if re.search(r"lib(gcc|c|m|g)\w*\.a", file) else "program"


def sizes(path: Path) -> Counter[tuple[str, str]]:
    text = path.read_text()
    text = text[text.index("Linker script and memory map") :]
    # A long name of a section is on a line of its own.
    text = re.sub(r"^( \S+)\n\s+(0x)", r"\1 \2", text, flags=re.MULTILINE)
    found: Counter[tuple[str, str]] = Counter()
    for match in re.finditer(r"^ (?P<section>[.C]\S+) +0x[0-9a-f]+ +0x(?P<size>[0-9a-f]+) (?P<file>\S.*)$", text, re.MULTILINE):
        size, where = int(match["size"], 16), origin(match["file"])
        if match["section"].startswith(FLASH):
            found[where, "flash"] += size
        if match["section"].startswith(RAM):
            found[where, "ram"] += size
    return found


def main() -> None:
    print(
        "| | library, flash | with error codes alone | libgcc and C library, flash | library, variables |\n"
        "| - | - | - | - | - |"
    )
    for name, with_codes in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        found = sizes(Path(name))
        row = [
            found["swiftreg", "flash"],
            sizes(Path(with_codes))["swiftreg", "flash"],
            found["support", "flash"],
            found["swiftreg", "ram"],
        ]
        print(f"| {Path(name).parent.name} | {' | '.join(f'{n:,}' for n in row)} |")


if __name__ == "__main__":
    main()
