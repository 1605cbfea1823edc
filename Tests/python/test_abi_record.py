"""docs/abi-record.txt: every kind of change that breaks a compiled program is seen."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT


def compare(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / "abi_record.py", "--include", folder]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def include(tmp_path: Path) -> Path:
    """A copy of the headers."""
    return Path(shutil.copytree(ROOT / "include", tmp_path / "include"))


def change(include: Path, pattern: str, replacement: str) -> None:
    """Replaces the first match in the one header that has it."""
    texts = {header: header.read_text() for header in include.glob("*.h")}
    (header,) = (header for header, text in texts.items() if re.search(pattern, text))
    header.write_text(re.sub(pattern, replacement, texts[header], count=1))


def test_the_record_is_of_the_headers(include: Path) -> None:
    run = compare(include)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("pattern", "replacement", "line"),
    [
        ("REG_MAX_THREADS 256", "REG_MAX_THREADS 128", "+constant REG_MAX_THREADS 128"),
        ("REG_RELU = 1", "REG_RELU = 5", "+       5 REG_RELU"),
        (r"(REG_ERROR_SIZE = )2", r"\g<1>200", "+     200 REG_ERROR_SIZE"),
        (r"int32_t fused;", "int64_t fused;", "+      32    8  int64_t fused"),
        (
            r"(ptrdiff_t) unit;(\s+)ptrdiff_t example;", r"\1 example;\2\1 unit;",
            "+       0    8  ptrdiff_t example",
        ),
        (
            r"(int32_t position;)", r"\1 int32_t added;",
            "+    2500    4  int32_t added",
        ),
        (r"key\[624\]", "key[625]", "+       0 2500  uint32_t key[625]"),
        (
            r"reg_update\(const float \*w", "reg_update(const double *w",
            "+function reg_status reg_update(const double *w, const float *dw, size_t count, double "
            "learning_rate, float *out)",
        ),
        (
            r"reg_status reg_philox\(size_t", "int64_t reg_philox(size_t",
            "+function int64_t reg_philox(size_t count, uint64_t seed, uint64_t stream, uint64_t offset, "
            "uint32_t *words)",
        ),
        (
            r"reg_status reg_set_num_threads\(int32_t num_threads\);", "",
            "-function reg_status reg_set_num_threads(int32_t num_threads)",
        ),
    ],
)  # fmt: skip
def test_a_break_is_named(include: Path, pattern: str, replacement: str, line: str) -> None:
    change(include, pattern, replacement)
    run = compare(include)
    assert run.returncode == 1, run.stderr
    assert line in run.stdout.splitlines()
    assert "make abi-record" in run.stdout


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("int reg_more(int much);", "+function int reg_more(int much)"),
        ("#define REG_MORE 3", "+constant REG_MORE 3"),
        ("typedef enum reg_m { REG_M = 1 << 9, REG_N, } reg_m;", "+     513 REG_N"),
        ("typedef struct reg_m { char a; double *const b[2]; } reg_m;", "+       8   16  double *const b[2]"),
        ("typedef struct reg_m reg_m;", "+handle struct reg_m reg_m"),
        ("typedef int (*reg_m)(const double *x);", "+callback int (*reg_m)(const double *x)"),
    ],
)  # fmt: skip
def test_a_new_header_is_seen(include: Path, text: str, line: str) -> None:
    (include / "swiftreg_more.h").write_text(text + "\n")
    run = compare(include)
    assert run.returncode == 1 and line in run.stdout.splitlines()


def test_comments_and_line_breaks_are_no_change(include: Path) -> None:
    change(include, r"reg_status reg_philox\(size_t count,", "reg_status /* words */\nreg_philox(size_t\ncount,")
    assert compare(include).returncode == 0


@pytest.mark.parametrize(
    "text",
    ["typedef union reg_u { int a; } reg_u;", "extern int reg_variable;", "typedef struct reg_s { int a, b; } reg_s;"],
)
def test_a_declaration_of_another_form_is_an_error(include: Path, text: str) -> None:
    (include / "swiftreg_more.h").write_text(text + "\n")
    run = compare(include)
    assert run.returncode != 0 and "unknown form" in run.stderr
