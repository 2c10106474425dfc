"""Frozen records as `dataclasses` makes them, for the child alone: `dataclasses` imports `inspect`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict


def dataclass(frozen: bool) -> Callable[[type], type]:
    """Make a class with annotations a record of them; every record here is frozen."""
    if not frozen:
        raise ValueError("records are frozen here")
    return _as_record


def asdict(record: object) -> Dict[str, Any]:
    """The fields of `record` by name, records inside it as objects too."""
    return {name: _plain(value) for name, value in vars(record).items()}


def field(default_factory: Callable[[], Any]) -> Any:
    """A default that each record gets its own of."""
    return _Factory(default_factory)


class _Factory:
    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class Record:
    """Takes the annotated fields of its class, by position or name; class attributes are defaults."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = type(self).__annotations__
        given = dict(zip(names, args), **kwargs)
        missing = [name for name in names if name not in given and not hasattr(type(self), name)]
        unknown = [name for name in given if name not in names]
        if missing or unknown or len(args) > len(names):
            raise TypeError("%s: missing %s, unknown %s" % (type(self).__name__, missing, unknown))
        vars(self).update((name, given[name] if name in given else _default(self, name)) for name in names)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("cannot assign to field %r" % name)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        return "%s(%s)" % (type(self).__name__, ", ".join("%s=%r" % item for item in vars(self).items()))


def _default(record: Record, name: str) -> Any:
    default = getattr(type(record), name)
    return default.make() if isinstance(default, _Factory) else default


def _as_record(cls: type) -> type:
    body = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    return type(cls.__name__, (Record,), body)


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return asdict(value)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
