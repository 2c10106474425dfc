"""Is a record what its type says? JSON that was changed by somebody else reads back into anything."""

import functools
import types
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints


def misfit(record: Any) -> str:
    """The first field of a dataclass, or of one within it, whose value is not of its type; empty if none is.

    A whole number may stand where a float is expected, a truth value for neither. `Any` is not looked into.
    """
    whole: Any = type(record)
    for name, kind in _fields(whole).items():
        if not _fits(getattr(record, name), kind):
            return f"{whole.__name__}.{name}"
    return ""


def _fits(value: Any, kind: Any) -> bool:
    if kind is Any or kind is object:
        return True
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is tuple:
        return isinstance(value, tuple) and _all_fit(value, inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            _fits(name, inner[0]) and _fits(item, inner[1]) for name, item in value.items()
        )
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return isinstance(value, list | tuple) and all(_fits(item, inner[0]) for item in value)
    if isinstance(kind, type) and is_dataclass(kind):
        return isinstance(value, kind) and not misfit(value)
    return _is_a(value, kind)


def _all_fit(items: tuple[Any, ...], kinds: tuple[Any, ...]) -> bool:
    """Of any number and one type, or one of each type."""
    if kinds[-1] is not Ellipsis:
        return len(items) == len(kinds) and all(map(_fits, items, kinds))
    if kinds[0] is int:  # checksums, of which there may be 100,000
        return all(type(item) is int for item in items)
    return all(_fits(item, kinds[0]) for item in items)


def _is_a(value: Any, kind: Any) -> bool:
    if kind is None:
        return value is None
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


@functools.cache
def _fields(record: Any) -> dict[str, Any]:
    return get_type_hints(record)
