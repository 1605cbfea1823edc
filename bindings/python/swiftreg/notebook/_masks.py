"""The notebook's masks: drawn from NumPy's global generator, seeded with 1 in every pass.

They are the same in every pass for the same shapes and keep_prob, so they are drawn once (by our
own copy of NumPy's generator) and kept, with the state in which NumPy's generator must be left.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from swiftreg import _core
from swiftreg.notebook._calls import refuse_bool

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The stubs of some NumPy versions lack get_bit_generator.
_random: Any = np.random

SEED = 1
_seeded = _core.LegacyGenerator(SEED)

# Larger sets of masks are drawn every time rather than kept.
_KEPT_ELEMENTS = 1 << 20


class NotebookMasks(NamedTuple):
    """The masks of the hidden layers, and NumPy's generator after they have been drawn."""

    layers: tuple[NDArray[np.bool_], ...]
    after: _core.LegacyGenerator


def check_keep_prob(keep_prob: float) -> float:
    """keep_prob as a float in (0, 1]."""
    refuse_bool(keep_prob, "keep_prob")
    try:
        value = keep_prob.__float__()
    except (AttributeError, TypeError):
        raise TypeError(f"keep_prob must be a real number, got {keep_prob!r}") from None
    if not 0 < value <= 1:
        raise ValueError(f"keep_prob must be in (0, 1], got {keep_prob!r}")
    return value


def _draw(widths: tuple[int, ...], examples: int, keep_prob: float) -> NotebookMasks:
    generator = _core.LegacyGenerator(SEED)
    layers = [generator.uniform((width, examples)) < keep_prob for width in widths]
    return NotebookMasks(tuple(layers), generator)


_draw_once = lru_cache(maxsize=8)(_draw)


def notebook_masks(widths: tuple[int, ...], examples: int, keep_prob: float) -> NotebookMasks:
    """The masks `rand(width, examples) < keep_prob` of each width in turn, after seed(1)."""
    if sum(widths) * examples > _KEPT_ELEMENTS:
        return _draw(widths, examples, keep_prob)
    return _draw_once(widths, examples, keep_prob)


def leave_numpy_after(masks: NotebookMasks) -> None:
    """Seeds NumPy's global generator with 1 and leaves it where drawing the masks leaves it."""
    np.random.seed(SEED)
    generator = _random.get_bit_generator()
    with generator.lock:
        if masks.after.replace(generator.capsule, _seeded):
            return
    # Another thread drew meanwhile, or this NumPy keeps its state in another form.
    np.random.seed(SEED)
    for layer in masks.layers:
        np.random.random_sample(layer.shape)
