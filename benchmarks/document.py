"""Tables in the documents: each under a mark, an HTML comment, that names it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int = 1) -> list[str]:
    """The lines of a Markdown table; columns from `numbers_from` on are aligned to the right."""
    rule = ["-" * max(3, len(name)) + (":" if i >= numbers_from else "") for i, name in enumerate(header)]
    return ["| " + " | ".join(cells) + " |" for cells in (header, rule, *rows)]


def put(text: str, mark: str, lines: Sequence[str]) -> str:
    """`text` with `lines` instead of what is between <!-- mark --> and the next <!-- end -->."""
    found, count = re.subn(
        rf"(<!-- {re.escape(mark)} -->\n)(?:.*?\n)??(<!-- end -->)",
        lambda match: match[1] + "\n" + "\n".join(lines) + "\n\n" + match[2], text, flags=re.S,
    )
    if count != 1:
        raise ValueError(f"the document has {count} places <!-- {mark} --> ... <!-- end -->, not 1")
    return found
