"""Tables of the results, and whether the claims hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from answers.data import DATA
from answers.methods import METHODS
from document import table

Record = dict[str, Any]
CV, PEER = "swiftreg CV", "scikit-learn MLP"


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and its standard error over the splits."""
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return float(np.mean(values)), float(error)


def _values(records: Sequence[Record], name: str, method: str, measure: str) -> list[float]:
    return [r[measure] for r in records if r["data"] == name and r["method"] == method and measure in r]


def _measured(records: Sequence[Record], regression: bool | None) -> tuple[list[str], list[str]]:
    """The data sets and the methods that there are results of, in the order of their declaration."""
    chosen = [name for name, data in DATA.items() if regression is None or data.regression == regression]
    names = [name for name in chosen if any(r["data"] == name for r in records)]
    return names, [method for method in METHODS if any(r["method"] == method for r in records)]


def results(
    records: Sequence[Record], measure: str, regression: bool | None, cell: Callable[[float, float], str]
) -> list[str]:
    """A row for each data set, a column for each method; the best cell of a row is bold."""
    names, methods = _measured(records, regression)
    best = {"loss": min, "seconds": None}.get(measure, max)
    rows = []
    for name in names:
        found = {m: mean_and_error(v) for m in methods if (v := _values(records, name, m, measure))}
        top = best(mean for mean, _ in found.values()) if best and found else None
        cells = [
            "" if m not in found else f"**{cell(*found[m])}**" if found[m][0] == top else cell(*found[m])
            for m in methods
        ]
        rows.append([name, *cells])
    return table(["data", *methods], rows)


def stopping(records: Sequence[Record]) -> list[str]:
    """Early stopping by default and by hand, a row for each data set."""
    rows = []
    for name in dict.fromkeys(r["data"] for r in records):
        mine = [r for r in records if r["data"] == name]

        def cell(rule: str, measure: str, mine: list[Record] = mine) -> str:
            values = [r[rule][measure] for r in mine if measure in r[rule]]
            return "{:.3f} ± {:.3f}".format(*mean_and_error(values)) if values else ""

        best = [r["best_auc"] for r in mine if "best_auc" in r]
        epochs = [f"{np.median([r[rule]['epochs'] for r in mine]):.0f}" for rule in ("default", "hand")]
        rows.append([
            name, cell("default", "loss"), cell("hand", "loss"), cell("default", "score"), cell("hand", "score"),
            cell("default", "auc"), cell("hand", "auc"), f"{np.mean(best):.3f}" if best else "", " / ".join(epochs),
        ])
    return table(
        ["data", "loss", "by hand", "score", "by hand", "AUC", "by hand", "highest AUC", "epochs"], rows
    )


def claims(records: Sequence[Record], stopped: Sequence[Record]) -> list[str]:
    """What docs/choosing.md claims, with the numbers that hold or break it."""
    lines = []
    names, methods = _measured(records, None)
    networks = [m for m in methods if METHODS[m].network]
    equal, cheap = [], []
    for name in names:
        measure, sign = ("score", -1) if DATA[name].regression else ("loss", 1)
        found = {m: mean_and_error([sign * x for x in v]) for m in networks if (v := _values(records, name, m, measure))}
        seconds = {m: np.mean(v) for m in networks if (v := _values(records, name, m, "seconds"))}
        if CV not in found or PEER not in found:
            continue
        best = min(found, key=lambda m: found[m][0])
        behind, error = found[CV][0] - found[best][0], found[best][1]
        ratio = float(seconds[CV] / seconds[PEER])
        equal += [name] if best == CV or behind <= error else []
        cheap += [name] if ratio <= 1 / 3 else []
        lines.append(
            f"{name}: the best network is {best}, with a standard error of {error:.4f}; {CV} is behind by"
            f" {behind:.4f}, with {ratio:.2f} of the CPU seconds of {PEER}"
        )
    if lines:
        both = [name for name in equal if name in cheap]
        lines.append(
            f"{CV} is best, or within one standard error of the best network, on {len(equal)} of {len(lines)} data"
            f" sets, at a third of {PEER}'s CPU seconds or less on {len(cheap)}, both on {len(both)}"
        )
    for name in dict.fromkeys(r["data"] for r in stopped):
        mine = [r for r in stopped if r["data"] == name]
        lost = {
            measure: float(np.mean([sign * (r["hand"][measure] - r["default"][measure]) for r in mine]))
            for measure, sign in (("score", 1), ("loss", -1))
        }
        holds = lost["score"] <= 0.01 and (lost["loss"] <= 0.02 or DATA[name].regression)
        line = f"{name}: early stopping loses {lost['score']:.4f} of score and {lost['loss']:.4f} of loss"
        if "best_auc" in mine[0]:
            below = float(np.mean([r["best_auc"] - r["default"]["auc"] for r in mine]))
            line += f"; its AUC is {below:.4f} below that of the best epoch"
        lines.append(line + ("" if holds else "  <- more than 0.01 or 0.02"))
    return lines
