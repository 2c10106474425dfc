"""Audits and watches in the history: kept, found, collected, deleted."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gil_tui.history import History, StoreError
from gil_tui.history.audits import Audits, NoSuchAuditError
from gil_tui.history.schema import MIGRATIONS, check, migrate
from gil_tui.history.watches import kept_watch
from gil_tui.lab.documents import watch_document
from gil_tui.verdict.audit_model import FUNCTION, Audit
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation
from tests.history.samples import a_run, finished

AUDIT = Audit("Shop", "countdown", FUNCTION, "2026-03-01T14:02:03+00:00", "/usr/bin/python3.13", "/srv")


def a_document(command: str = "python shop.py", code: str = "gil") -> dict[str, Any]:
    seen = Observation(seconds=10.0)
    return dict(json.loads(json.dumps(watch_document(seen, 7, command, Verdict(code, 0.9, "It is so.")))))


def add_finished(history: History, **changes: Any) -> int:
    number = history.add_run(a_run(**changes))
    history.finish_run(finished(a_run(**changes).with_id(number)))
    return number


def test_an_audit_comes_back_as_it_was(history: History, path: Path) -> None:
    kept = Audits(history).add(AUDIT)
    refused = replace(kept, refusals={2: "py-spy is not installed"})
    Audits(history).save(refused)
    with History.open(path) as another:
        assert Audits(another).all() == [refused]


def test_the_newest_stands_first_and_is_found_by_title_subject_and_number(history: History) -> None:
    audits = Audits(history)
    first, second = audits.add(AUDIT), audits.add(replace(AUDIT, title="Again"))
    assert audits.all() == [second, first]
    assert audits.named("Shop") == first
    assert audits.named("countdown") == second
    assert audits.named(str(first.id)) == first
    with pytest.raises(NoSuchAuditError, match="nothing"):
        audits.named("nothing")


def test_what_the_history_has_of_the_subject_is_collected(history: History) -> None:
    audits = Audits(history)
    own = [add_finished(history), add_finished(history, workers=2)]
    add_finished(history, workload="sha256")
    watch = audits.keep_watch(a_document(), "countdown")
    audits.keep_watch(a_document("python other.py"))
    audit = audits.add(AUDIT)
    assert audits.runs_of(audit) == []
    audits.collect(audit)
    audits.collect(audit)
    assert [run.id for run in audits.runs_of(audit)] == own[::-1]
    assert [one.id for one in audits.watches_of(audit)] == [watch]


def test_what_is_included_belongs_to_it_whatever_its_subject(history: History) -> None:
    audits = Audits(history)
    port = add_finished(history, workload="loop_numpy")
    audit = audits.add(AUDIT)
    audits.include(audit, runs=[port, 99])
    assert [run.id for run in audits.runs_of(audit)] == [port]


def test_a_deleted_run_leaves_its_audits(history: History) -> None:
    audits = Audits(history)
    gone, stays = add_finished(history), add_finished(history)
    audit = audits.add(AUDIT)
    audits.collect(audit)
    history.delete([gone])
    assert [run.id for run in audits.runs_of(audit)] == [stays]


def test_a_deleted_audit_leaves_its_runs_and_watches(history: History) -> None:
    audits = Audits(history)
    run = add_finished(history)
    audits.keep_watch(a_document(), "countdown")
    audit = audits.add(AUDIT)
    audits.collect(audit)
    assert audits.delete(audit.id or 0)
    assert not audits.delete(audit.id or 0)
    assert audits.all() == []
    assert history.run(run).id == run
    assert len(audits.watches()) == 1
    audits.include(audit, runs=[run])
    assert audits.runs_of(audit) == []


def test_a_deleted_watch_leaves_its_audits(history: History) -> None:
    audits = Audits(history)
    watch = audits.keep_watch(a_document(), "countdown")
    audit = audits.add(AUDIT)
    audits.collect(audit)
    assert audits.delete_watches([watch, 99]) == 1
    assert audits.watches_of(audit) == []


def test_a_watch_comes_back_as_it_was(history: History) -> None:
    audits = Audits(history)
    audits.keep_watch(a_document())
    (row,) = audits.watches()
    assert (row.subject, row.seconds, row.verdict) == ("python shop.py", 10.0, "gil")
    audit = audits.add(replace(AUDIT, subject="python shop.py"))
    audits.collect(audit)
    assert audits.watches_of(audit)[0].document == a_document()


def test_the_odd_bytes_of_a_command_line_do_no_harm(history: History) -> None:
    audits = Audits(history)
    odd = b"python \xff.py".decode("utf-8", "surrogateescape")
    audits.keep_watch(a_document(odd))
    audit = audits.add(replace(AUDIT, title=odd, subject=odd))
    audits.collect(audit)
    assert len(audits.watches_of(audit)) == 1


def test_a_damaged_audit_is_explained(history: History) -> None:
    audits = Audits(history)
    audits.add(AUDIT)
    with history.writing() as connection:
        connection.execute("UPDATE audits SET document = '{'")
    with pytest.raises(StoreError, match="audit 1"):
        audits.all()


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_store_is_brought_up_and_read_as_it_stands(path: Path, version: int) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, path, MIGRATIONS[:version])
    connection.close()
    with History.open(path, read_only=True) as history:
        assert Audits(history).all() == []
        assert Audits(history).watches() == []
    with History.open(path) as history:
        assert check(history._connection, path) == len(MIGRATIONS)
        assert Audits(history).add(AUDIT).id == 1


def test_the_document_of_an_audit_is_json(history: History) -> None:
    Audits(history).add(AUDIT)
    with history.explaining() as connection:
        (text,) = connection.execute("SELECT document FROM audits").fetchone()
    assert json.loads(text)["subject"] == "countdown"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("pid",), "7"),
        (("gil", "held"), "0.5"),
        (("gil",), None),
        (("threads",), [{}]),
        (("hot",), [{"function": 1}]),
        (("verdict", "evidence"), [None]),
        (("seconds",), True),
        (("seconds",), float("nan")),
        (("cpu", "cores_effective"), 10**400),
    ],
)
def test_a_watch_that_somebody_changed_is_damaged(
    history: History, place: tuple[str, ...], value: object
) -> None:
    audits = Audits(history)
    watch = audits.keep_watch(a_document(), "countdown")
    audit = audits.add(AUDIT)
    audits.collect(audit)
    changed = a_document()
    inner = changed if len(place) == 1 else changed[place[0]]
    inner[place[-1]] = value
    history._connection.execute("UPDATE watches SET document = ?", (json.dumps(changed),))
    with pytest.raises(StoreError, match="watch 1: "):
        audits.watches_of(audit)
    with pytest.raises(StoreError, match="watch 1: "):
        kept_watch(history, watch)


def test_a_line_of_a_watch_that_somebody_changed_is_damaged(history: History) -> None:
    audits = Audits(history)
    audits.keep_watch(a_document(), "countdown")
    history._connection.execute("UPDATE watches SET seconds = 'long'")
    with pytest.raises(StoreError, match=r"watch 1: WatchRow\.seconds"):
        audits.watches()
