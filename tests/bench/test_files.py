"""Files and CSV files: every byte and every row is checked, and nothing is left in temporary folders."""

import csv
import os
import signal
import tempfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gil_tui.bench import guard
from gil_tui.bench.failures import JobError
from gil_tui.bench.workloads import files, load
from gil_tui.bench.workloads.base import Workload
from gil_tui.bench.workloads.scratch import in_memory
from tests.bench import children
from tests.bench.test_child_endings import SPREADS
from tests.processes import StartedProcesses

TEMPORARY = Path(guard.TEMPORARY_FOLDER)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made in this process goes with the test; children have the real one."""
    monkeypatch.setattr(guard, "TEMPORARY_FOLDER", str(tmp_path))


def ready(name: str, **knobs: Any) -> Workload:
    workload = load(name, tuple(knobs.items()), ".")
    workload.prepare()
    return workload


@pytest.fixture(params=["files", "csv"])
def workload(request: pytest.FixtureRequest) -> Iterator[Workload]:
    made = ready(request.param)
    yield made
    made.close()
    assert not Path(made.facts["folder"]).exists()


@pytest.fixture
def rows() -> Iterator[Workload]:
    made = ready("csv")
    yield made
    made.close()


def names(workload: Workload) -> list[str]:
    """What is in its folder."""
    return sorted(path.name for path in Path(workload.facts["folder"]).iterdir())


def in_threads(workload: Workload, tasks: int) -> list[int]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda number: workload.run(20, number), range(tasks)))


def test_threads_in_one_folder_do_what_one_thread_does(workload: Workload) -> None:
    alone = [workload.run(20, number) for number in range(8)]
    assert in_threads(workload, 8) == alone
    assert workload.run(1, 3) != workload.run(2, 3)


def test_known_checksums() -> None:
    """The same on every interpreter and host: they are of what is written."""
    content = (b"0123456789abcdef" * 63)[:1000]
    made = ready("files", file_kb=1, fsync=False)
    assert made.run(3, 7) == zlib.crc32(b"".join(b"%d\n" % n + content for n in (21, 22, 23)))
    made.close()
    row = '7,0,554.33,"Müller, ""Süd"" 75","leave at door 0\nring twice"\r\n'
    made = ready("csv")
    assert made.run(1, 7) == zlib.crc32(row.encode())
    made.close()


def test_files_leave_no_files_and_have_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ready("files", file_kb=3)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    made.run(4, 0)
    assert all(3000 < length < 3020 for length in synced)
    assert len(synced) == 4
    assert names(made) == []
    made.close()


def test_files_without_fsync_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fsync")
    made = ready("files", fsync=False)
    made.run(2, 0)
    made.close()


def test_a_file_that_changed_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ready("files")
    monkeypatch.setattr(made, "_write", lambda path, content: Path(path).write_bytes(content[:-1]))
    with pytest.raises(ValueError, match="file 0 of task 5 was read otherwise"):
        made.run(1, 5)
    assert names(made) == []
    made.close()


def test_rows_are_read_again_by_another_program(rows: Workload) -> None:
    in_threads(rows, 4)
    with open(rows._shared_file(0), newline="", encoding="utf-8") as file:  # type: ignore[attr-defined]
        found = list(csv.reader(file))
    assert len(found) == 80
    assert {tuple(row[:2]) for row in found} == {(str(n), str(i)) for n in range(4) for i in range(20)}
    assert found[0][3].startswith('Müller, "Süd"')
    assert "\n" in found[0][4]
    assert rows.figures() == {"rows_checked": 80.0}


def test_several_shared_files(tmp_path: Path) -> None:
    made = ready("csv", shared_files=3)
    in_threads(made, 6)
    assert [name for name in names(made) if name.startswith("shared")] == ["shared 0", "shared 1", "shared 2"]
    assert made.figures() == {"rows_checked": 120.0}
    made.close()


def torn(path: str, text: bytes) -> None:
    """What text buffers do that are flushed when they are full: other writers come between."""
    files_append(path, text[: len(text) // 2])
    files_append(path, b"other,row\r\n")
    files_append(path, text[len(text) // 2 :])


def overwritten(path: str, text: bytes) -> None:
    with open(path, "wb") as file:
        file.write(text)


def forgotten(path: str, text: bytes) -> None:
    if not Path(path).exists():
        files_append(path, text)


def twice(path: str, text: bytes) -> None:
    files_append(path, text * 2)


files_append = files._append


@pytest.mark.parametrize(
    ("append", "says"),
    [
        (torn, r"[12] of 40 rows were lost, \d rows are torn"),
        (overwritten, "20 of 40 rows were lost, 0 rows"),
        (forgotten, "20 of 40 rows were lost, 0 rows"),
        (twice, "0 of 40 rows were lost, 40 rows are torn or twice there"),
    ],
)
def test_a_lost_or_torn_row_is_a_failure(
    rows: Workload, monkeypatch: pytest.MonkeyPatch, append: Any, says: str
) -> None:
    monkeypatch.setattr(files, "_append", append)
    for number in range(2):
        rows.run(20, number)
    with pytest.raises(JobError, match=says) as caught:
        rows.figures()
    assert caught.value.kind == "raised"


@pytest.mark.parametrize(
    ("found", "says"),
    [([["a"]], "1 of 2 rows"), ([["a"], ["c"]], "row 1 of"), ([["a"], ["b"], ["b"]], "row 2 of")],
)
def test_what_a_task_reads_back_is_compared(found: list[list[str]], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        files._compare(iter(found), [["a"], ["b"]], "task 0")


@pytest.mark.parametrize(
    ("name", "knobs", "says"),
    [
        ("files", {"file_kb": 10_000_000}, "file_kb of files must be 0 to"),
        ("files", {"fsync": 1}, "fsync of files must be a bool"),
        ("csv", {"shared_files": 0}, "shared_files of csv must be 1 to"),
    ],
)
def test_settings_that_cannot_be(name: str, knobs: dict[str, Any], says: str) -> None:
    with pytest.raises(JobError, match=says) as caught:
        load(name, tuple(knobs.items()), ".")
    assert caught.value.kind == "usage"


def test_a_worker_elsewhere_is_told_why(workload: Workload) -> None:
    other = load(workload.name, (), ".", {**workload.facts, "folder": "/nowhere/at/all"})
    with pytest.raises(JobError, match="on the host of the experiment: there is no /nowhere/at/all here"):
        other.enter()
    workload.enter()


def test_a_folder_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "TEMPORARY_FOLDER", "/nowhere")
    made = load("csv", (), ".")
    with pytest.raises(JobError, match="csv needs a temporary folder: FileNotFoundError") as caught:
        made.prepare()
    assert caught.value.kind == "workload"
    made.close()


def test_which_folders_are_memory(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/sdb /tmp/my\\040disk xfs rw 0 0\n"
    )
    kinds = {
        path: in_memory(path, str(mounts)) for path in ("/var", "/tmp", "/tmp/a", "/tmpfs", "/tmp/my disk/a")
    }
    assert kinds == {"/var": False, "/tmp": True, "/tmp/a": True, "/tmpfs": False, "/tmp/my disk/a": False}
    assert in_memory("/tmp", "/no/such/file") is False


def left(child: children.Child) -> list[Path]:
    return list(TEMPORARY.glob(f"gil-tui-{child.process.pid}-*"))


@pytest.mark.real
@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.parametrize("name", ["files", "csv"])
def test_every_executor_does_the_same_and_leaves_nothing(name: str, spread: str) -> None:
    child = children.run(workload=name, size=5, tasks=6, **SPREADS[spread])
    assert child.last["event"] == "finished", child.last
    made = ready(name)
    assert child.last["checksums"] == [made.run(5, number) for number in range(6)]
    made.close()
    if name == "csv":
        workers = len({worker["pid"] for worker in child.last["workers"]})
        assert child.last["figures"]["rows_checked"] >= 30 + 5 * workers
    assert not left(child)


@pytest.mark.real
@pytest.mark.parametrize("spread", ["threads", "spawn"])
@pytest.mark.parametrize("name", ["files", "csv"])
def test_a_killed_experiment_leaves_nothing(name: str, spread: str, no_orphans: StartedProcesses) -> None:
    child = children.start(workload=name, size=1_000_000, tasks=4, **SPREADS[spread])
    children.wait_until(lambda: any(any(folder.iterdir()) for folder in left(child)), "files")
    os.kill(child.events[0]["pid"], signal.SIGKILL)
    assert child.wait() == 128 + signal.SIGKILL
    assert not left(child)
    assert not no_orphans.alive()


@pytest.mark.real
def test_the_folder_is_where_temporary_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    child = children.start(workload="files", size=1_000_000, tasks=2)
    children.wait_until(lambda: any(tmp_path.glob(f"gil-tui-{child.process.pid}-*")), "the folder")
    child.close_switch()
    child.wait()
    assert list(tmp_path.iterdir()) == []
    assert Path(tempfile.gettempdir()) != tmp_path
