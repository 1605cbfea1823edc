"""The programs in examples/c, built by the commands in their first comments."""

from __future__ import annotations

from pathlib import Path
from subprocess import run

from conftest import ROOT

FOLDER = ROOT / "examples" / "c"


def build(name: str, folder: Path, *flags: str) -> Path:
    """The program examples/c/NAME.c, in `folder`; with more flags of the compiler."""
    lines = (FOLDER / f"{name}.c").read_text().splitlines()
    line = next(x for x in lines if x.startswith((" *     cc ", " *     mpicc ")))
    program = folder / name
    command = line[len(" *     ") :].replace("../../build/lib", f"{ROOT}/build/lib")
    command = command.replace(f"-o {name}", f"-o {program} -std=c99 -Wall -Wextra -Wpedantic -Werror")
    run([*command.split(), *flags], check=True, cwd=FOLDER)
    return program
