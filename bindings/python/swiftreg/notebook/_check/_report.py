"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One wrong quantity.

    quantity : its name in the notebook: A3, cost, D1, dZ2, dA1, dW3, db2, ...
    error : the largest absolute difference to the right value; None where there is none to take, as
        for a wrong shape.
    mistake : the likely mistake, in words; empty where none is known that gives these values.
    expected : the right formula, or what was expected.
    """

    quantity: str
    error: float | None
    mistake: str
    expected: str

    def __str__(self) -> str:
        amount = "" if self.error is None else f", by up to {self.error:.3g}"
        lines = [f"{self.quantity} is wrong{amount}."]
        if self.mistake:
            lines.append(f"Likely mistake: {self.mistake}.")
        if self.expected:
            lines.append(f"Right: {self.expected}.")
        return "\n  ".join(lines)


@dataclass(frozen=True)
class Report:
    """The result of `swiftreg.notebook.check`; true if nothing is wrong.

    function : the name of the function that was checked.
    findings : the wrong quantities, in the order in which they are computed; empty if all is right.
    notes : what is not wrong but worth knowing.
    parts : the reports of the functions of a whole set; empty for one function.
    exception : what the function raised, or None.
    """

    function: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    parts: tuple[Report, ...] = ()
    exception: BaseException | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        return not self.findings and all(part.ok for part in self.parts)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def first(self) -> Finding | None:
        """The first wrong quantity, of the first wrong function of a set; None if all is right."""
        if self.findings:
            return self.findings[0]
        return next((part.first for part in self.parts if not part.ok), None)

    @property
    def quantity(self) -> str:
        """The name of the first wrong quantity; empty if all is right."""
        return self.first.quantity if self.first else ""

    @property
    def error(self) -> float | None:
        """The largest absolute error of the first wrong quantity; None where there is none."""
        return self.first.error if self.first else None

    @property
    def mistake(self) -> str:
        """The likely mistake in the first wrong quantity, in words; may be empty."""
        return self.first.mistake if self.first else ""

    def __str__(self) -> str:
        if self.parts:
            return "\n".join(str(part) for part in self.parts)
        if self.ok:
            lines = [f"{self.function}: right."]
        else:
            lines = [f"{self.function}: {self.findings[0]}"]
            same = [f.quantity for f in self.findings[1:] if f.mistake == self.mistake != ""]
            other = [f.quantity for f in self.findings[1:] if f.quantity not in same]
            if same:
                lines.append(f"  The same in {', '.join(same)}.")
            if other:
                lines.append(f"  Wrong too: {', '.join(other)}.")
        return "\n".join([*lines, *(f"  Note: {note}." for note in self.notes)])

    __repr__ = __str__
