"""The JSON Schemas of what the commands print and write: a contract that scripts depend on."""

import json
from importlib import resources
from typing import Any

NAMES = ("run", "watch", "compare", "selftest", "audit", "report")
PARTS = {"report": ("run", "audit", "watch", "selftest")}
"""The schemas that stand within another one."""


def text_of(name: str) -> str:
    """The schema `name` (of `NAMES`) as it stands in its file, with those that are parts of it."""
    text = resources.files(__name__).joinpath(f"{name}.json").read_text("utf-8")
    if name not in PARTS:
        return text
    schema = json.loads(text)
    schema["$defs"] |= {part: _part(part) for part in PARTS[name]}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _part(name: str) -> dict[str, Any]:
    """A schema to stand below `$defs` of another: what refers to its own definitions finds them there."""
    schema = json.loads(text_of(name).replace('"#/$defs/', f'"#/$defs/{name}/$defs/'))
    return {key: value for key, value in schema.items() if key not in ("$id", "$schema")}
