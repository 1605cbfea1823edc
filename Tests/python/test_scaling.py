"""benchmarks/scaling.py: its model against messages counted one by one, and its tables against the document."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from types import ModuleType

import pytest

from conftest import ROOT

SIZE, ADD = 5_107_240, 1e-10


@pytest.fixture(scope="module")
def scaling() -> ModuleType:
    with pytest.MonkeyPatch.context() as path:
        path.syspath_prepend(str(ROOT / "benchmarks"))
        return importlib.import_module("scaling")


@pytest.mark.parametrize("ranks", [2, 4, 16, 1024])
def test_the_models_messages(scaling: ModuleType, ranks: int) -> None:
    """One rank's messages, step by step, of powers of two ranks."""
    for link in scaling.LINKS:

        def message(size: float, link: scaling.Link = link) -> float:
            return float(link.latency + size / link.bandwidth)

        rounds = ranks.bit_length() - 1
        parts = [SIZE / 2**k for k in range(1, rounds + 1)]
        expected = {
            "tree": sum(message(SIZE) + ADD * SIZE for _ in range(rounds)),
            # Halves are exchanged and added, then quarters; then they are gathered, the smallest first.
            "halving": sum(message(part) + ADD * part for part in parts) + sum(map(message, parts)),
            # Each part passes all ranks twice: for the sum, and for its distribution.
            "ring": sum(
                message(SIZE / ranks) + (ADD * SIZE / ranks if step < ranks - 1 else 0)
                for step in range(2 * (ranks - 1))
            ),
        }
        for name, seconds in expected.items():
            assert scaling.ALGORITHMS[name](ranks, SIZE, link, ADD) == pytest.approx(seconds, rel=1e-12)
        best = min(expected.values())
        found, name = scaling.fastest(ranks, SIZE, link, ADD)
        assert found == pytest.approx(best) and expected[name] == pytest.approx(best)
    assert scaling.fastest(1, SIZE, scaling.LINKS[0], ADD) == (0, "none")


def test_the_rows_that_a_rank_needs(scaling: ModuleType) -> None:
    """Times of a gradient that takes 100 us and 10 us per row, and of an update of 50 us."""
    times = scaling.Times({rows: 1e-4 + 1e-5 * rows for rows in (1, 10, 100)}, 5e-5, ADD, SIZE)
    for efficiency, waiting in ((0.5, 1.003e-3), (0.8, 1.003e-3), (0.8, 1.003e-2)):
        rows = times.rows_for(efficiency, waiting)
        work = [1e-4 + 1e-5 * n + 5e-5 for n in (rows - 1, rows)]
        assert work[0] / (work[0] + waiting) < efficiency <= work[1] / (work[1] + waiting) * (1 + 1e-9)
    assert times.rows_for(0.5, 1e-6) == 1


def shape(text: str) -> list[str]:
    """The text without figures, words that depend on them, and column widths."""
    text = re.sub(r"\b(tree|halving|ring|none)\b", "NAME", text)
    text = re.sub(r"\d[\d.]*", "N", text)
    text = re.sub(r"^- (CPU|swiftreg).*$", "", text, flags=re.M)
    return [" ".join(re.sub(r"-+", "-", line).split()) for line in text.strip().splitlines()]


def test_the_documents_tables_equal_the_output() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/scaling.py", "--quick"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    document = (ROOT / "docs" / "scaling.md").read_text()
    assert shape(done.stdout) == shape(document.split("## Tables\n")[1])


def test_the_documents_claims_about_its_tables() -> None:
    document = (ROOT / "docs" / "scaling.md").read_text()
    tables = [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()[2:]]
        for block in re.findall(r"(?:^\|.*\n)+", document.split("## Tables\n")[1], re.M)
    ]
    wide_grows, wide_fixed, _, small_grows, small_fixed, _ = tables
    gain = {"Ethernet": 6, "InfiniBand": 10}
    for column in gain.values():
        assert float(wide_grows[3][column]) > 500
        assert float(wide_fixed[3][column]) < 2 * float(wide_fixed[2][column])
        assert float(small_fixed[1][column]) < 1.05
    assert float(small_grows[0][5]) < 30 < float(small_grows[1][3])  # a step; a sum on Ethernet
