"""Programs of older and newer headers with this library: growth of structs.

    test_struct_growth.py LIBRARY

Compiles Tests/abi/program.c against the headers as they are, against older ones (every struct ends
where it did in the first release), and against newer ones (every struct has two fields more), and runs
each with the library: the output must be the same. A newer program that sets one of its new fields
must get an error. The other headers are made from those of include/.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from c_headers import INCLUDE, public_headers, read_headers

ROOT = INCLUDE.parent
CC = os.environ.get("CC", "cc")
FIRST = re.compile(r"first_size_(\w+) = FIRST_SIZE\((\w+), (\w+)\)")


def sized_structs() -> list[str]:
    return [name for name, fields in read_headers().structs.items() if fields[0][0] == "struct_size"]


def last_fields() -> dict[str, str]:
    """The last field of each struct in the first release, as the library has it."""
    found = FIRST.findall((ROOT / "Sources/CLayout/layout.h").read_text())
    assert all(a == b for a, b, _ in found)
    return {name: field for name, _, field in found}


def body(text: str, struct: str) -> re.Match[str] | None:
    return re.search(rf"typedef struct {struct} \{{(.*?)\n\}} {struct};", text, re.S)


def shortened(text: str, struct: str, last: str) -> tuple[str, bool]:
    """The header without the fields after `last`; whether there were any."""
    match = body(text, struct)
    if match is None:
        return text, False
    declarations = list(re.finditer(r"[^;]*?\b(\w+)(?:\[\d+\])?;(?:[ ]*/\*.*?\*/)?", match[1], re.S))
    (end,) = (d.end() for d in declarations if d[1] == last)
    kept = match[1][:end]
    return text[: match.start(1)] + kept + text[match.end(1) :], bool(match[1][end:].strip())


def lengthened(text: str, struct: str) -> str:
    match = body(text, struct)
    if match is None:
        return text
    return text[: match.end(1)] + "\n    double added;\n    void *added_too;" + text[match.end(1) :]


def write_headers(folder: Path, change: object) -> None:
    folder.mkdir()
    for header in public_headers():
        (folder / header.name).write_text(change(header.read_text()))  # type: ignore[operator]


def output(library: Path, include: Path, *flags: str) -> str:
    program = include.with_suffix(".program" + "".join(flags))
    folder = library.resolve().parent
    subprocess.run(
        [CC, "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{include}", *flags, ROOT / "Tests/abi/program.c",
         library, f"-Wl,-rpath,{folder}", "-o", program],
        check=True,
    )
    run = subprocess.run([program], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise SystemExit(f"{include.name} headers{' '.join(['', *flags])}: status {run.returncode}\n{run.stdout}{run.stderr}")
    return run.stdout


def main(library: Path) -> None:
    structs, last = sized_structs(), last_fields()
    unknown = set(structs) - last.keys() - {"reg_progress"}
    if unknown:
        raise SystemExit(f"Sources/CLayout/layout.h has no first size of {', '.join(sorted(unknown))}")
    grown: list[str] = []

    def older(text: str) -> str:
        for struct in structs:
            if struct in last:
                text, was_longer = shortened(text, struct, last[struct])
                if was_longer:
                    grown.append(struct)
        return text

    def newer(text: str) -> str:
        for struct in structs:
            text = lengthened(text, struct)
        return text

    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        write_headers(here / "present", lambda text: text)
        write_headers(here / "older", older)
        write_headers(here / "newer", newer)
        want = output(library, here / "present")
        for name in ("older", "newer"):
            got = output(library, here / name)
            if got != want:
                raise SystemExit(f"with {name} headers:\n{got}\ninstead of\n{want}")
        refused = output(library, here / "newer", "-DADDED=1")
        wanted = [s for s in structs if f"\n{s}: struct_size is" in refused]
        if wanted != [s for s in structs if s in
                      ("reg_network_options", "reg_optimizer_options", "reg_data", "reg_part", "reg_fit_options",
                       "reg_export_options")]:
            raise SystemExit(f"new fields were refused of {wanted} only:\n{refused}")
    if not grown:
        raise SystemExit("no struct has grown: an older program was not tested")
    print(f"note: structs that have grown: {', '.join(grown)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
