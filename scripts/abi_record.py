"""The record of the ABI: everything that a program compiled against the headers depends on.

    abi_record.py [--include FOLDER] [--write]

Compares docs/abi-record.txt with the headers, and fails if they differ; --write rewrites it. The record
lists the values of constants and enums, the sizes of structs, the offsets of their fields, and the
signatures of functions with parameter names, because swapped parameters of the same type break programs,
too.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator
from pathlib import Path

from c_headers import INCLUDE, Headers, evaluate, read_headers

RECORD = Path(__file__).resolve().parents[1] / "docs" / "abi-record.txt"
ABOUT = """\
# The ABI on targets where a pointer and a long have 64 bits. `make abi-record` writes this file from the
# headers; `make test-exports` fails if they differ.
# A field: its offset and its size in bytes, its declaration.
"""
# These change with every release; no compiled program depends on them.
NOT_ABI = {
    "REG_VERSION_MAJOR", "REG_VERSION_MINOR", "REG_VERSION_PATCH", "REG_ASSERT_ENUM(name)",
}


def measures(headers: Headers) -> list[str]:
    """The expressions behind the numbers of `record`, in its order."""
    wanted = []
    for name, values in sorted(headers.enums.items()):
        wanted += [f"sizeof({name})", *values]
    for name, fields in sorted(headers.structs.items()):
        wanted += [f"sizeof({name})", f"_Alignof({name})"]
        for part, _ in fields:
            wanted += [f"offsetof({name}, {part})", f"sizeof((({name} *)0)->{part})"]
    return wanted


def record(headers: Headers, numbers: Iterator[int]) -> str:
    lines = []
    for name, value in sorted(headers.macros.items()):
        if name not in NOT_ABI:
            lines.append(f"constant {name} {value}")
    for name, values in sorted(headers.enums.items()):
        lines.append(f"\nenum {name}: {next(numbers)} bytes")
        lines += [f"    {next(numbers):4} {value}" for value in values]
    for name, fields in sorted(headers.structs.items()):
        lines.append(f"\nstruct {name}: {next(numbers)} bytes, aligned to {next(numbers)}")
        lines += [f"    {next(numbers):4} {next(numbers):4}  {text}" for _, text in fields]
    lines.append("")
    for kind in ("handle", "callback", "function"):
        declared: dict[str, str] = getattr(headers, kind + "s")
        lines += [f"{kind} {text}" for _, text in sorted(declared.items())]
    return ABOUT + "\n" + "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="compares docs/abi-record.txt with the headers")
    parser.add_argument("--include", type=Path, default=INCLUDE, help="the headers' folder")
    parser.add_argument("--write", action="store_true", help="write the record anew")
    arguments = parser.parse_args()

    headers = read_headers(arguments.include)
    now = record(headers, iter(evaluate(measures(headers), arguments.include)))
    if arguments.write:
        RECORD.write_text(now)
        return 0
    before = RECORD.read_text() if RECORD.exists() else ""
    if now == before:
        return 0
    sys.stdout.writelines(
        difflib.unified_diff(
            before.splitlines(keepends=True), now.splitlines(keepends=True),
            "docs/abi-record.txt", "the headers", n=1,
        )
    )
    print("The ABI changed. If that is meant, say so in CHANGELOG.md and run: make abi-record")
    return 1


if __name__ == "__main__":
    sys.exit(main())
