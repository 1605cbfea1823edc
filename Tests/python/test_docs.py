"""Every program in README.md and docs/reproducibility.md runs, and prints the output below it.

That in Swift is run by scripts/test-swift-package.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import ROOT

README = ROOT / "README.md"


class Snippet(NamedTuple):
    language: str
    code: str
    output: str | None


def snippets(text: str) -> list[Snippet]:
    """The fenced blocks; a block of text that follows one is its output."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)
    return [
        Snippet(language, code, following[1] if following and following[0] == "text" else None)
        for (language, code), following in zip(blocks, [*blocks[1:], None])
        if language != "text"
    ]


SNIPPETS = snippets(README.read_text())


def command(marker: str) -> list[str]:
    """The line of README.md, between backquotes, that begins with `marker`."""
    found = re.search(rf"`({re.escape(marker)} [^`]*)`", README.read_text())
    assert found is not None, f"README.md has no command {marker}"
    return found[1].split()


def run(arguments: list[str], folder: Path) -> str:
    """Standard output of a program that must succeed and print no error."""
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=folder, env=environment)
    assert done.returncode == 0 and done.stderr == "", done.stdout + done.stderr
    return done.stdout


def build_and_run(marker: str, code: str, folder: Path) -> str:
    """Builds with the command of README.md, with the paths of a clone, and runs the program."""
    for name in ("include", "build"):
        (folder / name).symlink_to(ROOT / name)
    compile_it = command(marker)
    source = next(word for word in compile_it if word.endswith(".c"))
    (folder / source).write_text(code)
    run([*compile_it, "-o", "program"], folder)
    return run(["./program"], folder)


def test_readme_shows_every_language() -> None:
    assert [snippet.language for snippet in SNIPPETS] == ["python", "c", "swift"]
    assert all(snippet.output for snippet in SNIPPETS)


@pytest.mark.parametrize("snippet", SNIPPETS[:2], ids=lambda snippet: snippet.language)
def test_readme_programs_print_their_output(snippet: Snippet, tmp_path: Path) -> None:
    if snippet.language == "python":
        got = run([sys.executable, "-c", snippet.code], tmp_path)
    else:
        got = build_and_run("cc", snippet.code, tmp_path)
    assert got == snippet.output


REPRODUCIBILITY = snippets((ROOT / "docs" / "reproducibility.md").read_text())


@pytest.mark.parametrize("snippet", REPRODUCIBILITY, ids=["mask", "masks of a network", "hash"])
def test_reproducibility_programs_print_their_output(snippet: Snippet, tmp_path: Path) -> None:
    assert run([sys.executable, "-c", snippet.code], tmp_path) == (snippet.output or "")


def test_documents_link_to_files_that_are_there() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        prose = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", prose):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_readme_names_make_targets_that_exist() -> None:
    makefiles = [ROOT / "Makefile", *ROOT.glob("Tests/*/rules.mk")]
    targets = {
        target
        for makefile in makefiles
        for target in re.findall(r"^([a-z0-9-]+):", makefile.read_text(), re.M)
    }
    named = {
        target
        for document in ROOT.glob("*.md")
        for target in re.findall(r"(?:`|^    )make ([a-z0-9-]+)", document.read_text(), re.M)
    }
    assert named <= targets, named - targets
