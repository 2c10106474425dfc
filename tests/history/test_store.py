"""What is kept comes back as it was, and is found again."""

from dataclasses import replace
from pathlib import Path

import pytest

from gil_tui.history import History, NoSuchRunError
from gil_tui.verdict.statistics import Interval
from tests.history.samples import a_failed_trial, a_run, a_trial, finished


def test_a_run_comes_back_as_it_was(history: History) -> None:
    run_id = history.add_run(a_run())
    run = finished(a_run().with_id(run_id))
    history.finish_run(run)
    assert history.run(run_id) == run


def test_each_trial_is_on_disk_at_once(history: History, path: Path) -> None:
    run_id = history.add_run(a_run())
    history.add_trial(run_id, a_trial(1))
    history.add_trial(run_id, a_failed_trial(2))
    with History.open(path) as another:
        assert another.run(run_id).trials == (a_trial(1), a_failed_trial(2))
        assert another.rows()[0].trials == 2


def test_a_trial_that_is_kept_twice_stands_once_as_last_seen(history: History) -> None:
    run_id = history.add_run(a_run())
    history.add_trial(run_id, a_trial(1))
    run = finished(a_run().with_id(run_id), replace(a_trial(1), observed={"why": "not watched"}))
    history.finish_run(run)
    assert history.run(run_id).trials == run.trials
    assert history.rows()[0].trials == 1


def test_the_row_says_what_the_run_says(history: History) -> None:
    run_id = history.add_run(a_run())
    history.finish_run(finished(a_run().with_id(run_id)))
    row = history.rows()[0]
    assert (row.id, row.workload, row.executor, row.workers) == (run_id, "countdown", "threads", 4)
    assert (row.python, row.verdict, row.status, row.trials) == ("3.13.2", "gil", "done", 2)
    assert (row.wall_s, row.wall_low_s, row.wall_high_s) == (2.0, 1.9, 2.1)
    assert (row.speedup, row.speedup_low, row.speedup_high) == (0.99, 0.97, 1.01)


def test_python_is_named_by_what_matters(history: History) -> None:
    facts = a_run().python
    assert facts is not None
    for changed in (
        replace(facts, free_threaded=True),
        replace(facts, implementation="PyPy", version="3.9.16"),
        None,
    ):
        history.add_run(a_run(python=changed))
    assert [row.python for row in history.rows(newest_first=False)] == [
        "3.13.2t",
        "PyPy 3.9.16",
        "python3.13",
    ]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["sha256", "countdown"]),
        ("count", ["countdown"]),
        ("COUNT", ["countdown"]),
        ("threads x4", ["countdown"]),
        ("spawn", ["sha256"]),
        ("gil", ["countdown"]),
        ("2026-03", ["sha256", "countdown"]),
        ("3.13", ["sha256", "countdown"]),
        ("done processes", ["sha256"]),
        ("countdown processes", []),
        ("100%", []),
        ("_", []),
        ("'; DROP TABLE runs", []),
    ],
)
def test_typing_finds_what_the_line_shows(history: History, typed: str, found: list[str]) -> None:
    history.finish_run(finished(a_run().with_id(history.add_run(a_run()))))
    other = a_run(workload="sha256", executor="processes", workers=2, status="done")
    history.add_run(replace(other, experiment=replace(other.experiment, start_method="spawn")))
    assert [row.workload for row in history.rows(typed)] == found
    assert history.count(typed) == len(found)


def test_rows_come_in_pages_and_in_the_order_asked_for(history: History) -> None:
    for workers, wall_s in ((1, 3.0), (2, None), (4, 1.0)):
        wall = Interval(wall_s, wall_s, wall_s) if wall_s else None
        history.add_run(a_run(workers=workers, wall_s=wall, status="done"))
    assert [row.workers for row in history.rows()] == [4, 2, 1]
    assert [row.workers for row in history.rows(limit=1, offset=1)] == [2]
    assert [row.workers for row in history.rows(newest_first=False)] == [1, 2, 4]
    assert [row.workers for row in history.rows(order_by="wall_s", newest_first=False)] == [4, 1, 2]
    with pytest.raises(ValueError, match="no column"):
        history.rows(order_by="id; DROP TABLE runs")


def test_a_sweep_gives_its_runs_in_order(history: History) -> None:
    ids = [history.add_run(a_run(workers=workers)) for workers in (1, 2)]
    history.add_run(a_run(sweep_id="another"))
    assert [run.id for run in history.sweep("sweep-1")] == ids
    assert history.sweep("none") == []


def test_what_is_deleted_is_gone_with_its_trials(history: History) -> None:
    run = finished(a_run().with_id(history.add_run(a_run())))
    history.finish_run(run)
    kept = history.add_run(a_run(status="done"))
    assert history.delete([1, 99]) == 1
    with pytest.raises(NoSuchRunError, match="no run 1"):
        history.run(1)
    assert [row.id for row in history.rows()] == [kept]
    assert history.add_run(a_run()) > kept, "a number is never given twice"
    assert history._connection.execute("SELECT count(*) FROM trials").fetchone() == (0,)


def test_a_run_under_way_is_not_deleted(history: History) -> None:
    run_id = history.add_run(a_run())
    assert history.delete([run_id]) == 0
    history.add_trial(run_id, a_trial())


def test_a_run_that_was_never_added_cannot_be_finished(history: History) -> None:
    with pytest.raises(ValueError, match="never added"):
        history.finish_run(finished(a_run()))


def test_names_that_are_not_utf_8_are_kept(history: History) -> None:
    run_id = history.add_run(a_run(workload="od\udcffd.py:f", status="done"))
    assert history.run(run_id).experiment.workload == "od\udcffd.py:f"
    assert history.rows()[0].workload == "od?d.py:f"


def test_in_memory_keeps_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with History.in_memory() as history:
        assert history.add_run(a_run()) == 1
    assert list(tmp_path.iterdir()) == []


def unlike_runs(history: History, number: int = 30) -> None:
    """Runs with alike and missing values in every column."""
    for at in range(number):
        wall = None if at % 4 == 0 else Interval(at % 5 + 1.0, 1.0, 9.0)
        workload = "primes" if at % 3 else "countdown"
        history.add_run(a_run(workers=at % 7 + 1, workload=workload, wall_s=wall, status="done"))


ORDERS = [
    (column, newest) for column in ("id", "wall_s", "workload", "workers", "verdict") for newest in (0, 1)
]


@pytest.mark.parametrize(("column", "newest"), ORDERS)
def test_rows_far_down_are_the_same_from_the_other_end(history: History, column: str, newest: int) -> None:
    unlike_runs(history)
    for words in ("", "primes"):
        total = history.count(words)
        newest_first = bool(newest)
        every = history.rows(words, newest_first=newest_first, order_by=column)
        assert len(every) == total
        for offset in range(0, total + 3, 4):
            page = history.rows(words, 7, offset, total=total, newest_first=newest_first, order_by=column)
            assert page == every[offset : offset + 7]


@pytest.mark.parametrize(("column", "newest"), ORDERS)
def test_a_run_is_where_the_list_has_it(history: History, column: str, newest: int) -> None:
    unlike_runs(history)
    newest_first = bool(newest)
    for words in ("", "primes"):
        every = history.rows(words, newest_first=newest_first, order_by=column)
        places = [history.place_of(row.id, words, newest_first, column) for row in every]
        assert places == list(range(len(every)))
    assert history.place_of(1, "primes") is None and history.place_of(99) is None
    with pytest.raises(ValueError, match="no column"):
        history.place_of(1, order_by="1; DROP TABLE runs")


def test_a_sweep_is_found_by_its_beginning_alone(history: History) -> None:
    for sweep_id in ("ab", "abc", "abd", "b", "abé", "a_c"):
        history.add_run(a_run(sweep_id=sweep_id, status="done"))
    assert history.sweep_ids("ab") == ["ab", "abé", "abd", "abc"]
    assert history.sweep_ids("abc") == ["abc"]
    assert history.sweep_ids("a_") == ["a_c"]
    assert history.sweep_ids("x") == []
    assert history.sweep_ids("", 2) == ["a_c", "abé"]
    assert history.sweep_numbers("abd") == [3]
