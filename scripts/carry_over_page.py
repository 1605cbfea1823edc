"""docs/carry-over.md from the table in swiftreg._carry_over: compares it, or writes it with --write."""

from __future__ import annotations

import sys
from pathlib import Path

from swiftreg._carry_over import LIBRARIES
from swiftreg._carry_over._table import Library

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "carry-over.md"

HEAD = """\
# Settings carried over

What to set here for the same training elsewhere. `swiftreg.carry_over` computes the settings:

```python
import swiftreg

settings = swiftreg.carry_over("torch.SGD", lr=0.1, momentum=0.9, nesterov=True)
network = swiftreg.MLP([2, 8, 1], **settings)
```

It warns (`swiftreg.CarryOverWarning`) of differences that no setting covers, and raises `ValueError`
for a setting without an equal here. This page is written from the same table by `make carry-over`.

The test named on a line holds it against the real library: `make test-peers PEERS=...`, and `make test`
for the first table. Weights agree to 1e-10 after 100 updates (scikit-learn: 160) in float64, unless a
line or a note says otherwise. r is the learning rate, m the number of examples, n that in a batch,
e = 0, 1, ... the epoch, t = 1, 2, ... the update, g the gradient.

A loss that is there s times that here: divide `l2`, `l1`, `clip_norm` and Adam's `epsilon` by s; without
Adam or AdamW, multiply `learning_rate` by s. `carry_over(..., loss_scale=s)` does.
"""


def section(library: Library) -> str:
    links = ", ".join(f"[{Path(path).name}](../{path})" for path in library.tests)
    rows = "\n".join(
        f"| `{name}` | {line.there} | {line.here} | `{line.test}` |" for name, line in library.lines
    )
    note = f" {library.note}" if library.note else ""
    return f"""
## {library.title}

{library.package} {library.version}.{note} Tests: {links}

| name | there | here | test |
| ---- | ----- | ---- | ---- |
{rows}
"""


def page() -> str:
    return HEAD + "".join(map(section, LIBRARIES))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/carry-over.md does not agree with swiftreg._carry_over: make carry-over")
