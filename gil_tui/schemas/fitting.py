"""Is a document what its schema says? One that somebody changed reads back into anything.

Knows of JSON Schema what decides whether a document can be read: types, constants, properties, items,
their number, references and alternatives. Bounds of numbers and conditions are left to the tests.
"""

import json
import math
from collections.abc import Mapping
from functools import cache
from itertools import zip_longest
from typing import Any

from gil_tui.schemas import text_of

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}
_MOST_DIGITS = 300
"""A whole number of more is beyond what a float can be."""


def fitted(document: Any, name: str, part: str = "") -> dict[str, Any]:
    """The document where it is what the schema `name` says, or its property `part`; else ValueError.

    A number that is none (`NaN`, `Infinity`) is null.
    """
    told = json.loads(json.dumps(document), parse_constant=lambda _: None)
    whole = _schema(name)
    wrong = _misfit(told, whole["properties"][part] if part else whole, whole, part or name)
    if wrong:
        raise ValueError(f"{wrong} is not as the schema has it")
    return dict(told)


@cache
def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(text_of(name))
    return schema


def _misfit(value: Any, schema: Mapping[str, Any], whole: Mapping[str, Any], place: str) -> str:
    if "$ref" in schema:
        return _misfit(value, whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, place)
    if "anyOf" in schema:
        found = [_misfit(value, one, whole, place) for one in schema["anyOf"]]
        return "" if "" in found else found[0]
    if "const" in schema:
        return "" if value == schema["const"] else place
    if "enum" in schema:
        return "" if isinstance(value, str) and value in schema["enum"] else place
    kinds = schema.get("type", [])
    if kinds and not any(_is_a(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return place
    if isinstance(value, dict):
        return _misfit_within(value, schema, whole, place)
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return place
        first, inner = schema.get("prefixItems", []), schema.get("items", {})
        kinds_of = zip_longest(value, first[: len(value)], fillvalue=inner)
        return next(
            (wrong for one, kind in kinds_of if (wrong := _misfit(one, kind, whole, f"{place}[]"))), ""
        )
    return ""


def _misfit_within(
    value: Mapping[str, Any], schema: Mapping[str, Any], whole: Mapping[str, Any], place: str
) -> str:
    for name in schema.get("required", ()):
        if name not in value:
            return f"{place}.{name}"
    known, other = schema.get("properties", {}), schema.get("additionalProperties", {})
    for name, one in value.items():
        inner = known.get(name, other)
        wrong = _misfit(one, inner, whole, f"{place}.{name}" if name in known else f"{place}.*")
        if wrong:
            return wrong
    return ""


def _is_a(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, float) and not math.isfinite(value):
        return False
    if isinstance(value, int) and abs(value) >= 10**_MOST_DIGITS:
        return False
    return isinstance(value, _TYPES[kind])
