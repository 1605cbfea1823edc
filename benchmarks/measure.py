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
    # Seconds that n calls take, where a loop in C times them better than one in Python.
    time_calls: Callable[[int], float] | None = None
    # Called before each turn, untimed.
    before: Callable[[], object] | None = None
    # In units of the case's work, where this contestant does another amount of it in a call.
    work: float | None = None


@dataclass(frozen=True)
class Case:
    """One row of a table. The first contestant is swiftreg, which the others are compared with."""

    name: str
    work: float
    contestants: list[Contestant]


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    turn_seconds: float
    case_seconds: float
    fewest_rounds: int
    most_rounds: int
    # Sleep before each turn, for the last contestant's threads to stop spinning.
    rest_seconds: float = 0.0
    # Calls that are not timed, at least one: a virtual machine may take that long to run a second
    # core again that was idle.
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
    """The seconds that so many calls take."""
    if contestant.time_calls is not None:
        return contestant.time_calls(calls)
    call = contestant.call
    start = time.perf_counter()
    for _ in repeat(None, calls):
        call()
    return time.perf_counter() - start


def _begin(contestant: Contestant, calls: int, effort: Effort) -> None:
    """Rests, and brings the contestant's data and threads back."""
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
