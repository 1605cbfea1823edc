"""The playground: a page on which a network trains while its regularization is dragged."""

from __future__ import annotations

import html
import json
import sys
import tempfile
import webbrowser
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike

_NO_DATA = '"custom": null'
_MIN_POINTS, _MAX_POINTS, _LIMIT = 10, 5000, 32_000


class Playground:
    """The page, with its data: what `playground` returns.

    Jupyter shows it as the value of a cell. `save(path)` writes it as one HTML file, which loads
    nothing and needs no server; `open()` shows it in the web browser.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"<swiftreg.playground, {len(self._text)} characters of HTML>"

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self._text)}" style="width: 100%; height: 900px; border: 0" '
            'sandbox="allow-scripts allow-same-origin allow-downloads" title="swiftreg playground"></iframe>'
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the page to `path`, and returns it as a Path."""
        target = Path(path)
        target.write_text(self._text, encoding="utf-8")
        return target

    def open(self) -> Path:
        """Opens the page, in a temporary file whose path is returned, in the web browser."""
        folder = tempfile.mkdtemp(prefix="swiftreg-")
        target = self.save(Path(folder) / "playground.html")
        webbrowser.open(target.as_uri())
        return target


def playground(X: ArrayLike | None = None, y: ArrayLike | None = None) -> Playground:
    """The playground, in Jupyter below the cell, elsewhere in the web browser.

    The page trains two networks on the kernels of this library, compiled to WebAssembly: the same
    weights, bit for bit, as here. lambda, keep_prob and the rest can be dragged while they train.

    Parameters
    ----------
    X : (m, 2), m from 10 to 5000: the two features of the points, finite. Each is shown as half its
        standard score, rounded to thousandths. None: the page begins with its own data.
    y : (m,) labels of two classes; the greater one is class 1.

    Returns
    -------
    A `Playground`, which can be saved as a file.

    Raises
    ------
    ValueError : for X or y of another shape, and for values that are not finite. FileNotFoundError : where
        the library was built without its page (`make playground` builds it).
    """
    text = _page()
    if X is not None or y is not None:
        if text.count(_NO_DATA) != 1:
            raise RuntimeError("playground.html has no place for data: build it anew")
        text = text.replace(_NO_DATA, f'"custom": {json.dumps(_points(X, y))}')
    page = Playground(text)
    if not _is_notebook():
        page.open()
    return page


def _page() -> str:
    page = files("swiftreg") / "playground.html"
    if not page.is_file():
        raise FileNotFoundError(
            "swiftreg was built without playground.html: run `make playground` in the source, then install again"
        )
    return page.read_text(encoding="utf-8")


def _points(X: ArrayLike | None, y: ArrayLike | None) -> dict[str, list[int]]:
    if X is None or y is None:
        raise ValueError("X and y belong together: one of them is None")
    table: Any = np.asarray(X, dtype=np.float64)
    labels: Any = np.asarray(y)
    if table.ndim != 2 or table.shape[1] != 2:
        raise ValueError(
            f"X must have shape (m, 2), got {table.shape}: choose two columns, as X[:, [0, 1]]"
        )
    m = len(table)
    if not _MIN_POINTS <= m <= _MAX_POINTS:
        raise ValueError(f"X must have {_MIN_POINTS} to {_MAX_POINTS} rows, got {m}")
    if labels.shape != (m,):
        raise ValueError(f"y must have shape ({m},), got {labels.shape}")
    if not np.isfinite(table).all():
        raise ValueError("X must be finite")
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) != 2:
        raise ValueError(f"y must hold two classes, got {len(classes)}: {classes[:5].tolist()}")
    deviations = table.std(axis=0)
    if not (deviations > 0).all():
        raise ValueError(f"X[:, {int(np.argmin(deviations))}] has the same value in every row")
    scaled = np.clip(np.rint(500 * (table - table.mean(axis=0)) / deviations), -_LIMIT, _LIMIT)
    return {"x": scaled.astype(int).ravel().tolist(), "y": numbers.tolist()}


def _is_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
