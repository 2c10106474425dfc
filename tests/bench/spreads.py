"""The executors that not every host has, as fields of an experiment; a test without one is skipped."""

import importlib.util
from typing import Any

import pytest

from gil_tui.bench.executors.catalogue import CATALOGUE
from gil_tui.lab.interpreters import Interpreter

Fields = dict[str, Any]

NAMES = ("interpreters", "asyncio+threads", "loky", "dask")
QUICK = NAMES[:-1]
"""Dask takes seconds to start: it is left out where its own tests say the same."""


def version_of(interpreter: Interpreter) -> tuple[int, int]:
    """Major and minor version."""
    major, minor = interpreter.version.split(".")[:2]
    return int(major), int(minor)


def fields_of(name: str, workers: int, interpreters: list[Interpreter]) -> Fields:
    """Executor, workers, and an interpreter that has what it takes: the running one unless it is too old."""
    entry = CATALOGUE[name]
    for module in entry.needs:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    fields: Fields = {"executor": name, "workers": workers}
    able = [found for found in interpreters if version_of(found) >= entry.oldest]
    if not able:
        pytest.skip(f"no Python {entry.oldest[0]}.{entry.oldest[1]} or newer was found")
    if not entry.needs:
        fields["interpreter"] = able[0].path
    return fields
