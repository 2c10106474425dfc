"""Small real trials of workloads; where the interpreter lacks what one takes the test is skipped."""

from typing import Any

import pytest

from gil_tui.bench.spec import TrialResult
from gil_tui.lab.interpreters import Interpreter
from tests.bench import children

SIZE, TASKS = 3, 4


def trial(**fields: Any) -> TrialResult:
    """A trial of the running interpreter unless another is given."""
    child = children.run(**{"size": SIZE, "tasks": TASKS, **fields})
    if child.last.get("kind") == "unavailable":
        pytest.skip(child.last["message"])
    assert child.last["event"] == "finished", (child.last, child.stderr)
    assert child.stderr == b""
    return TrialResult.from_json(child.last)


def unlike(interpreters: list[Interpreter]) -> list[Interpreter]:
    """The running interpreter, and of those that differ most from it one each, as far as they are there."""
    kinds = {
        "running": lambda one: one.source == "running",
        "oldest": lambda one: one.version.startswith("3.8."),
        "free-threaded": lambda one: one.free_threaded,
        "pypy": lambda one: one.implementation == "pypy",
    }
    found = [next(filter(is_one, interpreters), None) for is_one in kinds.values()]
    return [one for one in found if one is not None]
