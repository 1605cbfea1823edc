"""What is installed only by an extra of the package."""

from __future__ import annotations


def missing(what: str, package: str, extra: str) -> ImportError:
    """The error of a thing that needs an optional package: it says how to install it.

    `what` begins the sentence and brings its verb: "swiftreg.plot needs". `package` is the name that
    pip knows: the command must work for a swiftreg from anywhere, a clone or a wheel.
    """
    return ImportError(
        f"{what} {package}, which is not installed: pip install {package}"
        f'  (the extra "{extra}" of swiftreg)'
    )
