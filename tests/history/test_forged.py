"""A store that somebody changed by hand: damaged is what is said of it, and nothing of it is believed."""

import json
from typing import Any

import pytest

from gil_tui.history import History, StoreError
from gil_tui.history.audits import Audits
from gil_tui.lab.shape import misfit
from tests.audit.material import AUDIT
from tests.history.samples import a_full_trial, a_run, finished


@pytest.fixture
def history() -> History:
    made = History.in_memory()
    made.add_run(finished(a_run(), a_full_trial(1), a_full_trial(2)))
    return made


def change(history: History, table: str, **fields: Any) -> None:
    """Put other values into the first document of a table."""
    connection = history._connection
    text = connection.execute(f"SELECT document FROM {table}").fetchone()[0]
    connection.execute(f"UPDATE {table} SET document = ?", (json.dumps(json.loads(text) | fields),))


def test_what_was_kept_fits() -> None:
    assert misfit(finished(a_run(), a_full_trial(1))) == ""
    assert misfit(AUDIT) == ""


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        ("documents", {"status": 7}),
        ("documents", {"wall_s": {"median": "fast", "low": 1, "high": 2, "level": 0.95}}),
        ("documents", {"seed": True}),
        ("documents", {"notes": [1]}),
        ("documents", {"experiment": []}),
        ("documents", {"verdict": {"code": "gil", "confidence": None, "sentence": ""}}),
        ("trials", {"wall_s": "x"}),
        ("trials", {"latency_s": {"p50": None}}),
        ("trials", {"workers": [{}]}),
        ("trials", {"checksums": ["a"]}),
        ("trials", {"marks": 3}),
    ],
)
def test_a_run_of_another_shape_is_damage(history: History, table: str, fields: dict[str, Any]) -> None:
    change(history, table, **fields)
    with pytest.raises(StoreError, match="is damaged"):
        history.run(1)


@pytest.mark.parametrize("column", ["workers", "wall_s", "status", "trials", "speedup"])
def test_a_line_of_another_shape_is_damage(history: History, column: str) -> None:
    history._connection.execute(f"UPDATE runs SET {column} = x'00ff'")
    with pytest.raises(StoreError, match=f"damaged .{column}"):
        history.rows()


@pytest.mark.parametrize("fields", [{"title": 1}, {"refusals": {"x": "y"}}, {"refusals": []}, {"other": 1}])
def test_an_audit_of_another_shape_is_damage(history: History, fields: dict[str, Any]) -> None:
    audits = Audits(history)
    audits.add(AUDIT)
    change(history, "audits", **fields)
    with pytest.raises(StoreError, match="is damaged"):
        audits.all()
