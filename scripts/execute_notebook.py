"""Executes examples/regularization.ipynb and keeps its outputs in it.

    .venv/bin/python scripts/execute_notebook.py

It runs in an empty folder, and therefore on the generated stand-in. Outputs that differ between runs (times,
versions) are left out, so that the file changes only with the notebook or its results.
"""

from __future__ import annotations

import base64
import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbclient
import nbformat
from PIL import Image

NOTEBOOK = Path(__file__).resolve().parents[1] / "examples" / "regularization.ipynb"


def execute(notebook: Path = NOTEBOOK, data: Path | None = None) -> Any:
    """The notebook after all its cells have run, on the stand-in or on a data.mat."""
    story = nbformat.read(notebook, as_version=4)
    nbformat.validate(story)
    backend = os.environ.pop("MPLBACKEND", None)  # pictures belong into the notebook
    try:
        with tempfile.TemporaryDirectory() as folder:
            if data is not None:
                (Path(folder) / "datasets").mkdir()
                shutil.copy(data, Path(folder) / "datasets" / "data.mat")
            nbclient.NotebookClient(
                story, timeout=600, record_timing=False, resources={"metadata": {"path": folder}}
            ).execute()
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    story.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in story.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = _lasting(cell.outputs)
    return story


def _lasting(outputs: list[Any]) -> list[Any]:
    """Outputs without parts that differ between runs; text is joined, pictures are small."""
    kept: list[Any] = []
    for output in outputs:
        if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1].text += output.text
            continue
        if "metadata" in output:
            output.metadata = {}
        if "image/png" in output.get("data", {}):
            # Without matplotlib's text <Figure size ...>.
            output.data = {"image/png": _small(output.data["image/png"])}
        kept.append(output)
    return kept


def _small(picture: str) -> str:
    """A PNG in base64, with a palette of 64 colors."""
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB").quantize(64)
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return base64.b64encode(written.getvalue()).decode() + "\n"


if __name__ == "__main__":
    executed = execute()
    nbformat.write(executed, NOTEBOOK)
    print(f"{NOTEBOOK}: {NOTEBOOK.stat().st_size / 1000:.0f} KB")
