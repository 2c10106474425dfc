"""Two instances at once, and what one leaves behind that is gone."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gil_tui.history import History
from gil_tui.history.owner import is_alive, this_instance
from tests.history.samples import a_run, a_trial, finished

WRITER = """
import sys
from pathlib import Path
from gil_tui.history import History
from tests.history.samples import a_run, a_trial, finished
with History.open(Path(sys.argv[1])) as history:
    for _ in range(10):
        run = a_run().with_id(history.add_run(a_run()))
        history.add_trial(run.id, a_trial())
        history.finish_run(finished(run))
"""

LEAVER = """
import os, sys
from pathlib import Path
from gil_tui.history import History
from tests.history.samples import a_run, a_trial
history = History.open(Path(sys.argv[1]))
run_id = history.add_run(a_run())
history.add_trial(run_id, a_trial(1, 2.0))
history.add_trial(run_id, a_trial(2, 4.0))
print("kept", flush=True)
sys.stdin.read()
os._exit(9)
"""


def start(script: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_two_instances_make_and_fill_one_store(path: Path) -> None:
    writers = [start(WRITER, path) for _ in range(2)]
    assert [writer.communicate()[0] for writer in writers] == ["", ""]
    assert [writer.returncode for writer in writers] == [0, 0]
    with History.open(path) as history:
        rows = history.rows()
        assert {row.status for row in rows} == {"done"}
        assert sorted(row.id for row in rows) == list(range(1, 21))
        assert all(row.trials == 2 for row in rows)


def test_a_killed_instance_leaves_an_interrupted_run_with_its_trials(path: Path) -> None:
    leaver = start(LEAVER, path)
    assert leaver.stdout is not None
    assert leaver.stdout.readline() == "kept\n"
    with History.open(path) as before:
        assert [row.status for row in before.rows()] == ["running"], "its instance lives"
        assert before.run(1).status == "running"
        leaver.kill()
        leaver.communicate()
        assert [row.status for row in before.rows()] == ["interrupted"], "seen without opening anew"
        assert before.run(1).status == "interrupted"
    with History.open(path) as history:
        row, run = history.rows("interrupted")[0], history.run(1)
        assert (row.wall_s, row.trials) == (3.0, 2)
        assert run.wall_s is not None
        assert (run.wall_s.median, run.wall_s.level) == (3.0, 0.5)
        assert run.trials == (a_trial(1, 2.0), a_trial(2, 4.0))
        assert history.delete([1]) == 1


def test_an_instance_is_known_by_boot_pid_and_start() -> None:
    boot, pid, started = this_instance().split(" ")
    assert is_alive(f"{boot} {pid} {started}")
    for mark in (
        f"{boot} {pid} 1",
        f"another {pid} {started}",
        f"{boot} 1 {started}",
        f"{boot} {pid}",
        "",
        None,
    ):
        assert not is_alive(mark)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_an_instance_that_nobody_has_collected_yet_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True)
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    mark = f"{this_instance().split(' ')[0]} {child.pid} {fields[19]}"
    assert is_alive(mark)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(mark)
    child.communicate()


def test_threads_may_share_one_history(history: History) -> None:
    def fill() -> None:
        for _ in range(10):
            history.finish_run(finished(a_run().with_id(history.add_run(a_run()))))

    threads = [threading.Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert history.count("done") == 40


def test_a_later_word_of_the_owner_counts(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance in another container looks gone from here, but finishes its run all the same."""
    run = a_run().with_id(history.add_run(a_run()))
    monkeypatch.setattr("gil_tui.history.store.is_alive", lambda mark: False)
    History.open(history.path).close()
    history.finish_run(finished(run))
    assert history.rows()[0].status == "done"
