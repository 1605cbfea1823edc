"""profile.py PROGRAM.map LOG [STEPS]: where the instructions of a program were executed, by function, most first;
divided by STEPS. Those of libgcc and the C library are counted for each function that calls them. LOG is QEMU's, of
single instructions: see profile.
"""

from __future__ import annotations

import bisect
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path


def functions(path: Path) -> tuple[list[int], list[str]]:
    """The start of each section of code, in order, and its name."""
    text = path.read_text()
    text = text[text.index("Linker script and memory map") :]
    # A long name of a section is on a line of its own.
    text = re.sub(r"^( \S+)\n\s+(0x)", r"\1 \2", text, flags=re.MULTILINE)
    found = {}
    for match in re.finditer(r"^ \.text\.?(\S*) +0x([0-9a-f]+) +0x([0-9a-f]+) (\S+)", text, re.MULTILINE):
        name, start, size, file = match.groups()
        if int(size, 16) > 0:
            library = re.search(r"lib(?!SwiftReg)\w+\.a\((.*)\.o\)$", file)
            found[int(start, 16)] = f"< {library[1]}" if library else name
    starts = sorted(found)
    return starts, [found[start] for start in starts]


def demangled(name: str) -> str:
    """Without modules and types."""
    name = re.sub(r"^.*generic specialization <.*?> of ", "", name)
    name = re.sub(r"\((\w+) in \w+\)", r"\1", name)
    return re.sub(r"[(<].*$", "", name) if not name.startswith("closure") else name.split(" @")[0]


def main() -> None:
    starts, names = functions(Path(sys.argv[1]))
    steps = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    function: dict[str, str] = {}
    counts: Counter[str] = Counter()
    caller = ""
    with Path(sys.argv[2]).open() as log:
        for line in log:
            match = re.search(r"Trace \d+: \S+ \[\w+/(\w+)", line)
            if not match:
                continue
            name = function.get(match[1])
            if name is None:
                name = names[max(0, bisect.bisect(starts, int(match[1], 16)) - 1)]
                function[match[1]] = name
            if name.startswith("<"):
                counts[f"{name} < {caller}"] += 1
            else:
                counts[name] += 1
                caller = name
    text = "\n".join(re.sub(r".* < ", "", name) for name in counts)
    shown = subprocess.run(["swift-demangle", "--compact"], input=text, capture_output=True, text=True, check=True)
    print(f"{sum(counts.values()) // steps:10,}  all")
    words = {name: demangled(word) for name, word in zip(counts, shown.stdout.splitlines(), strict=True)}
    for name, count in counts.most_common():
        if count >= 20 * steps:
            library = re.match(r"(< \S+ )< ", name)
            print(f"{count // steps:10,}  {library[1] + '< ' if library else ''}{words[name]}")


if __name__ == "__main__":
    main()
