"""What can be set of a workload, and what a person set, checked."""

import json
import math
from collections.abc import Mapping, Sequence

from gil_tui.bench.spec import Knob, KnobValue
from gil_tui.bench.workloads import catalogue, is_own, own_knobs
from gil_tui.lab.errors import UsageError, nearest
from gil_tui.lab.plugins import workload_catalogue

Catalogue = Mapping[str, Sequence[Knob]]
"""The knobs of each workload, by its name."""
JSON = "JSON"
"""The unit of a knob whose value is a document."""


def known_workloads(wanted: Sequence[str] = ()) -> Catalogue:
    """The knobs of every workload; plugins are looked at only where a wanted name is not built in."""
    built_in = catalogue()
    names = {workload.name for workload in built_in}
    enough = wanted and all(is_own(text) or text in names for text in wanted)
    return {workload.name: workload.knobs for workload in (built_in if enough else workload_catalogue())}


def checked_knobs(
    workloads: Sequence[str], known: Catalogue, wanted: Mapping[str, KnobValue]
) -> dict[str, tuple[tuple[str, KnobValue], ...]]:
    """For each workload those of the wanted knobs that it has, as values of the knob's own type.

    Raises UsageError for a knob that none of them has, and for a value that does not fit.
    """
    knobs = {text: own_knobs() if is_own(text) else known.get(text, ()) for text in workloads}
    names = {knob.name for some in knobs.values() for knob in some}
    for name in wanted:
        if name not in names:
            raise UsageError(f"{', '.join(workloads)}: no knob {name!r}; {nearest(name, names)}")
    return {
        text: tuple(
            sorted((knob.name, _knob_value(knob, wanted[knob.name])) for knob in some if knob.name in wanted)
        )
        for text, some in knobs.items()
    }


def _knob_value(knob: Knob, value: KnobValue) -> KnobValue:
    text = str(value).strip().lower()
    kind = type(knob.default)
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text]
        if kind is str:
            return _checked_json(knob, str(value)) if knob.unit == JSON else str(value)
        number = int(text) if kind is int else float(text)
        if not 0 <= number < math.inf:
            raise ValueError
        return number
    except (KeyError, ValueError):
        like = {bool: "yes or no", int: "a whole number", float: "a number"}[kind]
        unit = f" ({knob.unit})" if knob.unit else ""
        least = "" if kind is bool else " from 0 on"
        raise UsageError(f"knob {knob.name} takes {like}{unit}{least}, not {value!r}") from None


def _checked_json(knob: Knob, text: str) -> str:
    """Arguments of a function; raises UsageError unless they are an array or an object."""
    like = 'an array of arguments, such as [1, "x"], or an object of them by name, such as {"size": 1}'
    try:
        document = json.loads(text or "[]")
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{knob.name} takes JSON, {like}: {error}") from None
    if not isinstance(document, list | dict):
        raise UsageError(f"{knob.name} takes {like}, not {text}")
    return text
