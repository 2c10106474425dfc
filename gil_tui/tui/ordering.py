"""Busiest first, without rows that change places for every small difference."""

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class CalmOrder(Generic[Key]):
    """Orders keys by falling value; a key keeps its place until its value has moved by `tolerance`.

    Equal keys stay in the order in which they came.
    """

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._levels: dict[Key, float] = {}

    def ordered(self, values: Mapping[Key, float]) -> list[Key]:
        """The keys of `values`, the largest first."""
        known = {key: self._level(level, values[key]) for key, level in self._levels.items() if key in values}
        self._levels = known | {key: value for key, value in values.items() if key not in known}
        return sorted(self._levels, key=lambda key: -self._levels[key])

    def _level(self, before: float, value: float) -> float:
        return value if abs(value - before) > self._tolerance else before
