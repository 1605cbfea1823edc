"""ARCHITECTURE.md against the tree: paths exist, and recipes list the files that they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT

TEXT = (ROOT / "ARCHITECTURE.md").read_text()
ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<files>`[^|]+) \| `(?P<example>\w+)` \|$", re.MULTILINE)


def library_files() -> list[Path]:
    """Sources and headers of the library, each once: the other kernel sets are links."""
    folders = [folder for folder in (ROOT / "Sources").iterdir() if not folder.is_symlink()]
    return [
        file for folder in [*folders, ROOT / "include"] for file in folder.rglob("*")
        if file.suffix in (".swift", ".h")
    ]  # fmt: skip


def names_of(example: str) -> re.Pattern[str]:
    """A value's name in C, in files and in Swift."""
    first, *rest = example.split("_")
    camel = first + "".join(part.capitalize() for part in rest)
    return re.compile(rf"\b({example}|{camel}|REG_(\w+_)?{example.upper()})\b")


def files_that_name(example: str) -> set[str]:
    pattern = names_of(example)
    return {
        str(file.relative_to(ROOT)) for file in library_files() if pattern.search(file.read_text())
    }


def test_every_path_exists() -> None:
    paths = {
        match.rstrip("/") for match in
        re.findall(r"`((?:Sources|include|bindings|scripts|Tests|docs)/[\w./-]+)`", TEXT)
    }  # fmt: skip
    assert len(paths) > 20
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_file_name_exists() -> None:
    names = set(re.findall(r"`(\w+\.(?:swift|h|py|c|js|md|yml))`", TEXT))
    there = {file.name for file in ROOT.rglob("*") if ".build" not in str(file) and ".venv" not in str(file)}
    assert sorted(names - there) == []


ROWS = [match.groupdict() for match in ROW.finditer(TEXT)]


def test_there_are_recipes() -> None:
    assert {row["what"] for row in ROWS} >= {"activation", "loss", "optimizer", "elementary function"}


@pytest.mark.parametrize("row", ROWS, ids=[row["what"] for row in ROWS])
def test_a_recipe_lists_the_files_that_name_its_example(row: dict[str, str]) -> None:
    listed = set(re.findall(r"`([^`]+)`", row["files"]))
    assert listed == files_that_name(row["example"])


@pytest.mark.parametrize(("what", "limit"), [("activation", 7), ("optimizer", 6)])
def test_a_new_value_touches_few_files(what: str, limit: int) -> None:
    row = next(row for row in ROWS if row["what"] == what)
    assert len(re.findall(r"`([^`]+)`", row["files"])) <= limit
