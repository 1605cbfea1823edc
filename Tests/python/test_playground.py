"""swiftreg.playground: the page with data of one's own. Tests/playground runs it in a browser."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import swiftreg
from conftest import ROOT
from swiftreg import _playground

PAGE = '<script type="application/json" id="page-data">{"standIn": {}, "custom": null}</script>'


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands for the built page and for the web browser: addresses that were opened."""
    opened: list[str] = []
    monkeypatch.setattr(_playground, "_page", lambda: PAGE)
    monkeypatch.setattr(webbrowser, "open", opened.append)
    return opened


def custom(page: swiftreg.Playground) -> Any:
    match = re.search(r">(\{.*\})</script>", page._text)
    assert match is not None
    return json.loads(match[1])["custom"]


def test_points_are_half_standard_scores_in_thousandths(page: list[str], rng: np.random.Generator) -> None:
    X = rng.normal([3, -100], [2, 50], (40, 2))
    y = np.where(X[:, 0] > 3, "yes", "no")
    data = custom(swiftreg.playground(X, y))
    wanted = 500 * (X - X.mean(axis=0)) / X.std(axis=0)
    np.testing.assert_allclose(np.reshape(data["x"], (-1, 2)), wanted, atol=0.5)
    assert data["y"] == (y == "yes").astype(int).tolist()
    assert len(page) == 1
    assert Path(page[0].removeprefix("file://")).read_text() != PAGE


def test_without_data_and_saved(page: list[str], tmp_path: Path) -> None:
    result = swiftreg.playground()
    assert custom(result) is None
    assert result.save(tmp_path / "page.html").read_text() == PAGE
    assert "srcdoc=" in result._repr_html_()
    assert "playground" in repr(result)


def test_in_jupyter_no_browser_is_opened(page: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_playground, "_is_notebook", lambda: True)
    swiftreg.playground()
    assert page == []


@pytest.mark.parametrize(("X", "y", "error"), [
    (np.zeros((20, 3)), np.arange(20) % 2, r"X must have shape \(m, 2\), got \(20, 3\)"),
    (np.zeros((5, 2)), np.arange(5) % 2, "10 to 5000 rows, got 5"),
    (np.zeros((20, 2)), np.arange(19) % 2, r"y must have shape \(20,\)"),
    (np.full((20, 2), np.nan), np.arange(20) % 2, "X must be finite"),
    (np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 3, "two classes, got 3"),
    (np.zeros((20, 2)), np.arange(20) % 2, r"X\[:, 0\] has the same value"),
    (None, np.arange(20) % 2, "X and y belong together"),
])  # fmt: skip
def test_wrong_data_are_named(X: Any, y: Any, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        swiftreg.playground(X, y)


def test_a_build_without_the_page_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(_playground, "files", lambda _: tmp_path)
    with pytest.raises(FileNotFoundError, match="make playground"):
        swiftreg.playground()
    assert importlib.import_module("swiftreg.__main__")._command(["playground"]) == 1
    assert "make playground" in capsys.readouterr().err


def test_the_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "swiftreg", "plyground"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "unknown: plyground" in done.stderr
