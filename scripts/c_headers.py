"""The declarations of the public headers: preprocesses and parses every header of a folder.

A declaration of an unknown form is an error, so that none is missed.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[1] / "include"
CC = os.environ.get("CC", "cc")

FORMS = {
    "enum": re.compile(r"typedef enum \w+ \{([^{}]*)\} (?P<name>\w+)"),
    "struct": re.compile(r"typedef struct \w+ \{([^{}]*)\} (?P<name>\w+)"),
    "handle": re.compile(r"typedef struct \w+ (?P<name>\w+)"),
    "assertion": re.compile(r"_Static_assert\(.*\)"),
    "callback": re.compile(r"typedef [^(){}]+\(\*(?P<name>\w+)\) ?\([^(){}]*\)"),
    "function": re.compile(r"(?!typedef )[^(){}=]*?[ *](?P<name>\w+) ?\([^(){}]*\)"),
}
# The type of one field, its name, and the lengths of its arrays.
FIELD = re.compile(r"([\w ]+?[ *]+(?:const[ *]+)*)(\w+)((?: ?\[[^\]]*\])*)")


@dataclass
class Headers:
    """Declarations by name, with single spaces and without comments."""

    macros: dict[str, str] = field(default_factory=dict)
    enums: dict[str, list[str]] = field(default_factory=dict)  # the names of its values
    structs: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # (field, declaration)
    handles: dict[str, str] = field(default_factory=dict)
    callbacks: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)


def public_headers(folder: Path = INCLUDE) -> list[Path]:
    found = sorted(folder.glob("*.h"))
    if not found:
        raise SystemExit(f"{folder} has no header")
    return found


def including(folder: Path) -> str:
    """A C source that includes all headers."""
    return "".join(f'#include "{header.resolve()}"\n' for header in public_headers(folder))


def _own_lines(folder: Path) -> list[str]:
    """The preprocessed lines, with their #defines, of headers in the folder itself."""
    text = subprocess.run(
        [CC, "-std=c11", "-E", "-dD", "-x", "c", "-"],
        input=including(folder), check=True, capture_output=True, text=True,
    ).stdout
    own = {str(header.resolve()) for header in public_headers(folder)}
    lines, inside = [], False
    for line in text.splitlines():
        if marker := re.match(r'# \d+ "(.*?)"', line):
            inside = marker[1] in own
        elif inside and line.strip():
            lines.append(line)
    return lines


def _macros(lines: list[str]) -> dict[str, str]:
    """Constants by name, without include guards, which have no value."""
    found = (re.match(r"#define (\w+(?:\([^)]*\))?) (.+)", line) for line in lines)
    return {macro[1]: macro[2].strip() for macro in found if macro}


def _declarations(lines: list[str]) -> list[str]:
    """The declarations, without their semicolons."""
    text = " ".join(" ".join(line for line in lines if not line.startswith("#")).split())
    # A semicolon between braces ends a field.
    found = re.findall(r"((?:[^;{}]|\{[^{}]*\})+);\s*", text)
    if "; ".join(found) + ";" != text:
        raise SystemExit("the headers have nested braces or an unfinished declaration")
    return found


def _field(text: str) -> tuple[str, str]:
    match = FIELD.fullmatch(text)
    if match is None:
        raise SystemExit(f"a field of an unknown form: {text}")
    return match[2], text


def read_headers(folder: Path = INCLUDE) -> Headers:
    lines = _own_lines(folder)
    headers = Headers(macros=_macros(lines))
    for text in _declarations(lines):
        forms = [(kind, match) for kind, form in FORMS.items() if (match := form.fullmatch(text))]
        if len(forms) != 1:
            raise SystemExit(f"a declaration of an unknown form: {text};")
        ((kind, match),) = forms
        if kind == "assertion":
            continue
        name = match["name"]
        if kind == "enum":
            values = (value.split("=")[0].strip() for value in match[1].split(","))
            headers.enums[name] = [value for value in values if value]
        elif kind == "struct":
            fields = (part.strip() for part in match[1].split(";"))
            headers.structs[name] = [_field(part) for part in fields if part]
        else:
            {
                "handle": headers.handles,
                "callback": headers.callbacks,
                "function": headers.functions,
            }[kind][name] = text.removeprefix("typedef ")
    # `typedef struct x x;` may precede the struct itself.
    for name in headers.structs:
        headers.handles.pop(name, None)
    if not headers.functions:
        raise SystemExit(f"no function found in {folder}")
    return headers


def evaluate(expressions: list[str], folder: Path = INCLUDE) -> list[int]:
    """The values of integer expressions of C, as the compiler sees the headers."""
    prints = "\n".join(f'    printf("%lld\\n", (long long)({text}));' for text in expressions)
    source = f"#include <stdio.h>\n{including(folder)}int main(void) {{\n{prints}\n}}\n"
    with tempfile.TemporaryDirectory() as scratch:
        program = Path(scratch) / "evaluate"
        compile_it = [CC, "-std=c11", "-x", "c", "-", "-o", str(program)]
        subprocess.run(compile_it, input=source, check=True, text=True)
        printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return [int(line) for line in printed.split()]
