"""Lists of arrays over a network's memory, in which an assignment changes the network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn, SupportsIndex

import numpy as np


def _pairs(target: Any, value: Any, name: str) -> list[tuple[Any, Any]]:
    """(view, values of its shape) for a view, or for each of a tuple of views."""
    if isinstance(target, tuple):
        parts = tuple(value)
        if len(parts) != len(target):
            raise ValueError(f"{name} must hold {len(target)} arrays, got {len(parts)}")
        return [
            pair
            for i, (view, part) in enumerate(zip(target, parts))
            for pair in _pairs(view, part, f"{name}[{i}]")
        ]
    array = np.asarray(value)
    if array.shape != target.shape:
        raise ValueError(f"{name} must have shape {target.shape}, got {array.shape}")
    if not np.can_cast(array.dtype, target.dtype, "same_kind"):
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    return [(target, array)]


class Views(list[Any]):
    """A list of views. `views[i] = values` copies the values into view i, of the same shape.

    The length is fixed: what would change it raises TypeError. An assignment that raises changes
    nothing.
    """

    def __init__(self, views: Iterable[Any], name: str) -> None:
        super().__init__(views)
        self._name = name

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            places = range(len(self))[index]
            values = list(value)
            if len(values) != len(places):
                raise ValueError(
                    f"{self._name} must be given {len(places)} layers, got {len(values)}"
                )
        else:
            place = range(len(self))[index]
            places, values = range(place, place + 1), [value]
        pairs = [
            pair
            for i, part in zip(places, values)
            for pair in _pairs(self[i], part, f"{self._name}[{i}]")
        ]
        for view, array in pairs:
            view[...] = array

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"the length of {self._name} is fixed by the network's layers")

    append = clear = extend = insert = pop = remove = reverse = sort = _refuse
    __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return (Views, (list(self), self._name))
