"""A table of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from measure import Case


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    # "ns" (a unit of work), "GFLOP/s", "us" (a call) or "fits/s".
    unit: str
    # Makes the cases for a number of threads; with quick, fewer or smaller ones.
    cases: Callable[[int, bool], Iterator[Case]]
    # Explanation below the table.
    note: str = ""
