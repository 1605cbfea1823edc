"""playground_picture.py: docs/playground.svg from build/playground-pictures/desktop.png, which
`make test-playground` draws. The picture inside is a small JPEG, so that the repository holds text."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 760

with Image.open(ROOT / "build" / "playground-pictures" / "desktop.png") as whole:
    shown = whole.convert("RGB").crop((40, 0, 1225, 800))
    shown = shown.resize((WIDTH, round(WIDTH * shown.height / shown.width)), Image.Resampling.LANCZOS)
data = io.BytesIO()
shown.save(data, "JPEG", quality=72, optimize=True)
text = base64.b64encode(data.getvalue()).decode()
(ROOT / "docs" / "playground.svg").write_text(
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{shown.width}" height="{shown.height}" role="img" '
    'aria-label="The playground: decision surfaces of two networks, with and without L2, and the controls">'
    f'<image width="{shown.width}" height="{shown.height}" href="data:image/jpeg;base64,{text}"/></svg>\n'
)
