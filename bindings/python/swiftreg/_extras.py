"""What is installed only by an extra of the package."""

from __future__ import annotations


def missing(what: str, package: str, extra: str) -> ImportError:
    """The error of a thing that needs an optional package: it says how to install it.

    `what` begins the sentence and brings its verb: "plots need", "reading a .mat file needs".
    """
    return ImportError(f'{what} {package}, which is not installed: pip install "swiftreg[{extra}]"')
