"""make_playground.py PLAIN.wasm RELAXED.wasm OUT.html: the playground as one file that loads nothing.

The modules of bindings/javascript are joined, in the order of their imports, into one script for the
page and one for its worker; WebAssembly goes in as gzip in base64.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "bindings" / "javascript" / "playground"
IMPORT = re.compile(r'^import\s[^;]*?from\s+"(\.[^"]+)";\n', re.MULTILINE)
LIMIT = 1_000_000


def joined(entry: Path) -> str:
    """One strict script of a module and all that it imports, each before its first user."""
    texts: dict[Path, str] = {}

    def add(file: Path) -> None:
        if file in texts:
            return
        text = file.read_text()
        texts[file] = ""  # a cycle ends here
        for name in IMPORT.findall(text):
            add((file.parent / name).resolve())
        del texts[file]
        body = re.sub(r"^export (?=(async )?(function|class|const|let)\b)", "", IMPORT.sub("", text), flags=re.MULTILINE)
        if left := re.search(r"^(import [*{\"']|export ).*", body, re.MULTILINE):
            sys.exit(f"{file}: {left.group()} cannot be joined")
        texts[file] = body

    add(entry)
    return '"use strict";\n' + "\n".join(texts.values())


def element(kind: str, name: str, text: str) -> str:
    # A string or a template of JavaScript or JSON reads the same with the slash escaped.
    escaped = text.replace("</", "<\\/")
    return f'<script type="{kind}" id="{name}">{escaped}</script>'


def stand_in() -> dict[str, dict[str, list[int]]]:
    """The notebook's stand-in, in whole thousandths."""
    from swiftreg.notebook._data import stand_in

    train_X, train_Y, test_X, test_Y = stand_in()
    return {
        name: {
            "x": [round(1000 * value) for value in X.T.ravel().tolist()],
            "y": [int(value) for value in Y.ravel()],
        }
        for name, X, Y in (("train", train_X, train_Y), ("test", test_X, test_Y))
    }


def page(modules: dict[str, bytes]) -> str:
    compressed = {
        name: base64.b64encode(gzip.compress(data, 9, mtime=0)).decode() for name, data in modules.items()
    }
    parts = [
        # swiftreg.playground() writes its points over the null.
        element("application/json", "page-data", json.dumps({"standIn": stand_in(), "custom": None})),
        *(element("application/octet-stream", f"module-{name}", text) for name, text in compressed.items()),
        element("text/plain", "worker-source", joined(FOLDER / "worker.js")),
    ]
    html = (FOLDER / "index.html").read_text()
    for mark, text in (
        ("<!-- style -->", f"<style>\n{(FOLDER / 'style.css').read_text()}</style>"),
        ("<!-- modules -->", "\n".join(parts)),
        ("<!-- script -->", element("module", "page", joined(FOLDER / "app.js"))),
    ):
        assert html.count(mark) == 1, mark
        html = html.replace(mark, text)
    return html


def main() -> None:
    plain, relaxed, out = map(Path, sys.argv[1:])
    text = page({"plain": plain.read_bytes(), "relaxed": relaxed.read_bytes()})
    if len(text.encode()) > LIMIT:
        sys.exit(f"the playground has {len(text.encode())} bytes; the limit is {LIMIT}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text)
    print(f"{out}: {len(text.encode())} bytes")


if __name__ == "__main__":
    main()
