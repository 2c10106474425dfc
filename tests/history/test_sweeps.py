"""What a sweep found is kept beside its runs, in old stores too."""

import json
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from gil_tui.history import History, StoreError
from gil_tui.history.rows import columns_of
from gil_tui.history.schema import MIGRATIONS, check, migrate
from gil_tui.lab.records import Run, Sweep
from tests.history.samples import HOST, VERDICT, a_run, a_trial, finished


def a_sweep(history: History, sweep_id: str = "sweep-1") -> Sweep:
    runs = []
    for workers in (1, 2):
        run = a_run(workers=workers, sweep_id=sweep_id)
        runs.append(finished(run.with_id(history.add_run(run))))
        history.finish_run(runs[-1])
    best = {"executor": "threads", "workers": 2}
    law = {"parameters": {"gamma": 1.0}, "residual_share": 0.01, "aicc": -9.0, "refused": None, "peak": None}
    fits = ({"executor": "threads", "model": "usl", "curve": [[1, 1.0], [2, 1.9]], **law},)
    sweep = Sweep(sweep_id, HOST, tuple(runs), VERDICT, fits, best, 0.02)
    history.finish_sweep(sweep)
    return sweep


def write_version_1(path: Path, run: Run) -> None:
    """A store as the first version left it, its writer gone."""
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    migrate(connection, path, MIGRATIONS[:1])
    columns = columns_of(run, len(run.trials)) | {"owner": None}
    marks = ", ".join("?" for _ in columns)
    connection.execute(f"INSERT INTO runs ({', '.join(columns)}) VALUES ({marks})", list(columns.values()))
    later = ("call_s", "handover_s", "handover_why", "call_repeats", "figures", "counters", "counters_why")
    document = {name: value for name, value in run.to_json().items() if name not in ("trials", *later)}
    connection.execute("INSERT INTO documents VALUES (1, ?)", (json.dumps(document | {"id": 1}),))
    for trial in run.trials:
        connection.execute("INSERT INTO trials VALUES (1, ?, ?)", (trial.number, json.dumps(trial.to_json())))
    connection.close()


def test_a_sweep_comes_back_as_it_was(history: History, path: Path) -> None:
    sweep = a_sweep(history)
    a_sweep(history, "another")
    with History.open(path) as another:
        assert another.judged_sweep("sweep-1") == sweep
    with History.open(path, read_only=True) as another:
        assert another.judged_sweep("sweep-1") == sweep
        assert another.judged_sweep("none") is None


def test_a_sweep_that_is_kept_twice_stands_as_last_seen(history: History) -> None:
    sweep = a_sweep(history)
    history.finish_sweep(Sweep(sweep.id, HOST, sweep.runs))
    kept = history.judged_sweep(sweep.id)
    assert kept is not None and (kept.verdict, kept.best, kept.fits) == (None, None, ())


def test_a_sweep_goes_with_its_last_run(history: History) -> None:
    sweep, other = a_sweep(history), a_sweep(history, "another")
    first, second = (run.id or 0 for run in sweep.runs)
    history.delete([first])
    kept = history.judged_sweep(sweep.id)
    assert kept is not None and kept.runs == sweep.runs[1:] and kept.verdict == VERDICT
    history.delete([second])
    assert history.judged_sweep(sweep.id) is None
    assert history._connection.execute("SELECT id FROM sweeps").fetchall() == [(other.id,)]


def test_a_damaged_sweep_harms_no_run(history: History) -> None:
    sweep = a_sweep(history)
    history._connection.execute("UPDATE sweeps SET document = '[1]'")
    with pytest.raises(StoreError, match="sweeps found"):
        history.judged_sweep(sweep.id)
    assert history.run(sweep.runs[0].id or 0) == sweep.runs[0]


def test_a_store_of_the_first_version_is_brought_up(path: Path) -> None:
    run = finished(a_run(id=1), a_trial(1), a_trial(2))
    write_version_1(path, run)
    with History.open(path) as history:
        assert check(history._connection, path) == len(MIGRATIONS)
        assert history.run(1) == run
        assert history.judged_sweep(run.sweep_id) is None
        assert a_sweep(history, "new").runs[0].id == 2
    with History.open(path) as history:
        assert [row.id for row in history.rows()] == [3, 2, 1]


def test_a_store_of_the_first_version_is_read_as_it_stands(path: Path) -> None:
    run = finished(a_run(id=1), a_trial(1))
    write_version_1(path, run)
    with History.open(path, read_only=True) as history:
        assert history.run(1) == run
        assert history.judged_sweep(run.sweep_id) is None
        assert check(history._connection, path) == 1


def test_who_looks_while_the_store_is_made_waits_for_it(path: Path) -> None:
    path.parent.mkdir()
    path.touch()

    def make() -> None:
        time.sleep(0.2)
        with History.open(path) as history:
            history.add_run(a_run(status="done"))

    maker = threading.Thread(target=make)
    maker.start()
    with History.open(path, read_only=True) as history:
        assert history.count() in (0, 1)
    maker.join()


def test_a_store_that_nobody_makes_has_to_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gil_tui.history.connect.BUSY_TIMEOUT_S", 0.05)
    path.parent.mkdir()
    path.touch()
    with pytest.raises(StoreError, match="may not be written"):
        History.open(path, read_only=True)


@pytest.mark.parametrize(
    "changed",
    ['{"fits": [{}]}', '{"fits": 7}', '{"best": {"executor": "x", "workers": "y"}}', '{"verdict": "gil"}'],
)
def test_what_a_sweep_found_and_somebody_changed_is_damaged(history: History, changed: str) -> None:
    sweep = a_sweep(history)
    found = json.loads(changed)
    history._connection.execute("UPDATE sweeps SET document = ?", (json.dumps(sweep.judgement() | found),))
    with pytest.raises(StoreError, match="sweep sweep-1: "):
        history.judged_sweep("sweep-1")
