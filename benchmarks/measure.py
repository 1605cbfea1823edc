"""Times the same work done by several contestants, in turns.

A round is one turn for each contestant, in an order that is rotated from round to round, so that
whatever else the machine does falls on all alike. A turn is some calls that are not timed (they bring
the contestant's data and threads back) and then enough calls for the clock. A ratio is taken within
each round; the median of these is less disturbed than a ratio of medians.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

SWIFTREG = "swiftreg"


@dataclass(frozen=True)
class Contestant:
    """One way to do the work of a case."""

    name: str
    call: Callable[[], object]
    # Returns the seconds of n calls, for contestants that a C loop times more exactly than Python.
    time_calls: Callable[[int], float] | None = None
    # Called before each turn, untimed.
    before: Callable[[], object] | None = None
    # The work of one call in units of the case, if it differs.
    work: float | None = None


@dataclass(frozen=True)
class Case:
    """One row of a table. The first contestant is swiftreg, the reference of the ratios."""

    name: str
    work: float
    contestants: list[Contestant]


@dataclass(frozen=True)
class Effort:
    """Length and number of the measurements."""

    turn_seconds: float
    case_seconds: float
    fewest_rounds: int
    most_rounds: int
    # Sleep before each turn, until threads of the previous contestant stop spinning.
    rest_seconds: float = 0.0
    # Untimed calls, at least one: a virtual machine may need that long to wake an idle core.
    warm_seconds: float = 0.0


FULL = Effort(turn_seconds=0.01, case_seconds=6.0, fewest_rounds=7, most_rounds=31)
QUICK = Effort(turn_seconds=0.002, case_seconds=0.6, fewest_rounds=3, most_rounds=7)


@dataclass
class Result:
    """Seconds a call (or its equivalent in the case's work), one for each round."""

    contestant: str
    calls: int
    seconds: list[float] = field(default_factory=list)


def time_calls(contestant: Contestant, calls: int) -> float:
    """The seconds of this number of calls."""
    if contestant.time_calls is not None:
        return contestant.time_calls(calls)
    call = contestant.call
    start = time.perf_counter()
    for _ in repeat(None, calls):
        call()
    return time.perf_counter() - start


def _begin(contestant: Contestant, calls: int, effort: Effort) -> None:
    """Rests, then warms up the contestant's data and threads."""
    if effort.rest_seconds:
        time.sleep(effort.rest_seconds)
    if contestant.before is not None:
        contestant.before()
    warm = time_calls(contestant, 1)
    while warm < effort.warm_seconds:
        warm += time_calls(contestant, calls)


def _calls_in_a_turn(contestant: Contestant, effort: Effort) -> int:
    _begin(contestant, 1, effort)
    calls = 1
    while True:
        seconds = time_calls(contestant, calls)
        if seconds >= effort.turn_seconds / 4:
            return max(1, round(calls * effort.turn_seconds / seconds))
        calls *= 4


def _turn(contestant: Contestant, calls: int, effort: Effort) -> float:
    _begin(contestant, calls, effort)
    return time_calls(contestant, calls) / calls


def measure(case: Case, effort: Effort) -> list[Result]:
    results = []
    for contestant in case.contestants:
        results.append(Result(contestant.name, _calls_in_a_turn(contestant, effort)))
    collects = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        for n in range(effort.most_rounds):
            if n >= effort.fewest_rounds and time.perf_counter() - start > effort.case_seconds:
                break
            for i in range(len(results)):
                j = (i + n) % len(results)
                contestant = case.contestants[j]
                seconds = _turn(contestant, results[j].calls, effort)
                if contestant.work is not None:
                    seconds *= case.work / contestant.work
                results[j].seconds.append(seconds)
    finally:
        if collects:
            gc.enable()
    return results


def as_json(case: Case, results: Iterable[Result]) -> dict[str, Any]:
    return {
        "name": case.name,
        "work": case.work,
        "results": {r.contestant: {"calls": r.calls, "seconds": r.seconds} for r in results},
    }
