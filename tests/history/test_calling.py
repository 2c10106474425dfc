"""Runs, sweeps, watches and audits by what a person calls them."""

from dataclasses import replace

import pytest

from gil_tui.history import History, NoSuchRunError
from gil_tui.history.audits import Audits
from gil_tui.history.calling import audit_called, called, watch_called
from gil_tui.history.watches import NoSuchWatchError, kept_watch, kept_watches_of, watch_rows
from gil_tui.lab.errors import LabError, UsageError
from tests.history.samples import a_run
from tests.history.test_audits import AUDIT, a_document


def test_a_run_is_called_by_its_number_and_a_sweep_by_its_beginning(history: History) -> None:
    for sweep_id in ("5eed", "5ebb"):
        history.add_run(a_run(sweep_id=sweep_id))
    assert called(history, "1") == called(history, "#1") == ("5eed", 1)
    assert called(history, "5ee") == ("5eed", None)
    with pytest.raises(UsageError, match="several"):
        called(history, "5e")
    with pytest.raises(LabError, match="no run or sweep"):
        called(history, "77")
    with pytest.raises(NoSuchRunError):
        called(history, "#77")


@pytest.mark.parametrize(
    ("text", "number"),
    [("watch:3", 3), ("watch#3", 3), ("watch:#3", 3), ("watch:", None), ("3", None), ("watch:3x", None)],
)
def test_a_watch_is_called_by_its_number_behind_the_word(text: str, number: int | None) -> None:
    assert watch_called(text) == number


def test_an_audit_is_called_by_title_number_or_beginning(history: History) -> None:
    audits = Audits(history)
    shop, stock = (audits.add(replace(AUDIT, title=title, subject=title)) for title in ("Shop", "Stock"))
    assert audit_called(history, "Sh") == audit_called(history, "1") == shop
    assert audit_called(history, "Stock") == stock
    with pytest.raises(UsageError, match=r"several audits: 2 \(Stock\), 1 \(Shop\)"):
        audit_called(history, "S")
    for name in ("x", ""):
        with pytest.raises(LabError, match="no audit"):
            audit_called(history, name)


def test_a_watch_comes_with_when_and_what_it_is_of(history: History) -> None:
    audits = Audits(history)
    number = audits.keep_watch(a_document(), "countdown")
    audits.keep_watch(a_document("python other.py", "io"))
    kept = kept_watch(history, number)
    assert (kept.id, kept.subject, kept.document) == (number, "countdown", a_document())
    assert kept.created_at.startswith("20")
    audit = audits.add(AUDIT)
    audits.collect(audit)
    assert kept_watches_of(history, audit) == [kept]
    assert [row.subject for row in watch_rows(history)] == ["python other.py", "countdown"]
    assert [row.subject for row in watch_rows(history, "IO python")] == ["python other.py"]
    with pytest.raises(NoSuchWatchError, match="no watch 9"):
        kept_watch(history, 9)


@pytest.mark.parametrize("name", ["#" + "9" * 40, "9" * 5000, "#" + "9" * 5000])
def test_a_number_that_no_run_can_have_is_no_run(history: History, name: str) -> None:
    with pytest.raises(LabError, match="no run or sweep"):
        called(history, name)
