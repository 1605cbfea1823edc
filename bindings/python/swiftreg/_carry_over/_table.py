"""The form of the table "Settings carried over": libraries, entries and lines."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

Settings: TypeAlias = dict[str, Any]
Carry: TypeAlias = Callable[..., Settings]


class CarryOverWarning(UserWarning):
    """A difference from the other library that the returned settings do not cover."""


@dataclass(frozen=True)
class Line:
    """A line of the table, in Markdown: the setting there, the setting here, the test that holds it."""

    there: str
    here: str
    test: str


@dataclass
class Library:
    """A library with its lines. `package` is what is installed, `tests` the files of the tests."""

    title: str
    package: str
    version: str
    tests: tuple[str, ...]
    note: str = ""
    lines: list[tuple[str, Line]] = field(default_factory=list)
    entries: dict[str, Carry] = field(default_factory=dict)

    def entry(self, name: str, *lines: Line) -> Callable[[Carry], Carry]:
        """Adds the function that computes the settings here, under its name, and its lines."""

        def add(carry: Carry) -> Carry:
            assert lines and name not in self.entries
            self.entries[name] = carry
            self.lines += [(name, line) for line in lines]
            return carry

        return add

    def no_equal(self, name: str, why: str, test: str) -> None:
        """Adds a setting that nothing here equals."""

        def carry(**there: Any) -> NoReturn:
            without_equal(why)

        self.entries[name] = carry
        self.lines.append((name, Line(why[0].upper() + why[1:], "no equal", test)))


def caveat(text: str) -> None:
    """Warns the caller of `carry_over`: the nearest one outside this package."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__package__") == __package__:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, CarryOverWarning, stacklevel=level)


def without_equal(why: str) -> NoReturn:
    raise ValueError(f"no equal setting here: {why}")


def only(argument: str, value: object, *equal: object) -> None:
    """Refuses a value of the other library's argument that has no equal here."""
    if not any(value == allowed and isinstance(value, bool) == isinstance(allowed, bool) for allowed in equal):
        without_equal(f"{argument}={value!r}; {argument} must be {' or '.join(map(repr, equal))}")


def needed(argument: str, value: Any, why: str) -> Any:
    """A number of the training that the settings depend on."""
    if value is None:
        raise TypeError(f"{argument} is needed: {why}")
    return value


def parameters_of(carry: Carry) -> list[str]:
    return [
        name for name, p in inspect.signature(carry).parameters.items() if p.kind is p.KEYWORD_ONLY
    ]
