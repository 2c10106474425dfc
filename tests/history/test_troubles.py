"""A store that cannot be used says why in one line, and is left as it is."""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gil_tui.history import History, StoreError, default_path
from gil_tui.history.schema import MIGRATIONS, check, migrate
from tests.history.samples import a_run, a_trial, finished


@contextmanager
def refused(kind: str, *parts: str) -> Iterator[None]:
    with pytest.raises(StoreError) as caught:
        yield
    message = str(caught.value)
    assert caught.value.kind == kind
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_the_store_stands_in_the_state_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert default_path() == tmp_path / "state" / "gil-tui" / "history.sqlite3"
    for value in ("", "relative/state"):
        monkeypatch.setenv("XDG_STATE_HOME", value)
        assert default_path() == tmp_path / ".local" / "state" / "gil-tui" / "history.sqlite3"


def test_only_its_owner_can_read_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    before = os.umask(0)
    try:
        with History.open() as history:
            history.add_run(a_run())
            modes = {item.name: stat.S_IMODE(item.stat().st_mode) for item in history.path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"history.sqlite3": 0o600, "history.sqlite3-wal": 0o600, "history.sqlite3-shm": 0o600}
    assert stat.S_IMODE(history.path.parent.stat().st_mode) == 0o700


def test_a_store_that_others_could_read_is_closed_to_them(path: Path) -> None:
    History.open(path).close()
    path.chmod(0o644)
    History.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_writes_are_logged_ahead(history: History) -> None:
    settings = [
        history._connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    ]
    assert settings == ["wal", 1]


def test_no_directory_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with refused("other", "XDG_STATE_HOME"):
        History.open(tmp_path / "file" / "gil-tui" / "history.sqlite3")


def test_a_full_disk(history: History) -> None:
    run_id = history.add_run(a_run())
    pages = history._connection.execute("PRAGMA page_count").fetchone()[0]
    history._connection.execute(f"PRAGMA max_page_count = {pages}")
    with refused("full", str(history.path), "free some space"):
        for number in range(1, 200):
            history.add_trial(run_id, a_trial(number))
    history._connection.execute("PRAGMA max_page_count = 100000")
    history.add_trial(run_id, a_trial(500))
    numbers = [trial.number for trial in history.run(run_id).trials]
    assert numbers == [*range(1, len(numbers)), 500], "what was kept before stays"


def test_a_write_that_is_not_allowed(history: History) -> None:
    history._connection.execute("PRAGMA query_only = ON")
    with refused("read-only", "XDG_STATE_HOME"):
        history.add_run(a_run())


@pytest.mark.parametrize("content", [b"not a database, " * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_left_as_it_is(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    for read_only in (False, True):
        with refused("corrupt", f"mv {path}*"):
            History.open(path, read_only=read_only)
    assert path.read_bytes() == content


def test_what_can_be_read_of_a_damaged_store_is_read(history: History) -> None:
    for workers in (1, 2):
        history.finish_run(finished(a_run(workers=workers).with_id(history.add_run(a_run(workers=workers)))))
    history._connection.execute("UPDATE documents SET document = '{\"no' WHERE run_id = 1")
    with refused("corrupt", "run 1"):
        history.run(1)
    assert history.run(2).experiment.workers == 2
    assert [row.id for row in history.rows()] == [2, 1]


def test_one_damaged_run_does_not_keep_the_store_from_opening(history: History, path: Path) -> None:
    run_id = history.add_run(a_run())
    history._connection.execute("UPDATE runs SET owner = 'gone 1 1'")
    history._connection.execute("UPDATE documents SET document = '{}'")
    with History.open(path) as another:
        assert another.rows()[0].status == "interrupted"
        assert another.delete([run_id]) == 1


def test_a_newer_store_is_not_touched(path: Path) -> None:
    with History.open(path) as history:
        history._connection.execute("PRAGMA user_version = 99")
    for read_only in (False, True):
        with refused("newer", "schema 99", "upgrade"):
            History.open(path, read_only=read_only)


def test_a_locked_store(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr("gil_tui.history.connect.BUSY_TIMEOUT_S", 0.05)
    with History.open(path) as history:
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        with refused("locked", "try again"):
            history.add_run(a_run())
        other.rollback()
        other.close()
        assert history.add_run(a_run()) == 1


def without_rights(question: Callable[[], str]) -> str:
    """The answer of a forked child that is not root: root may write everywhere."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            answer = question()
        except BaseException as error:  # the child must not come back into the tests
            answer = repr(error)
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, encoding="utf-8") as answered:
        return answered.read()


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A directory that any user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_a_store_that_may_only_be_read_is_read(open_to_all: Path) -> None:
    folder = open_to_all / "gil-tui"
    with History.open(folder / "history.sqlite3") as history:
        history.add_run(a_run(status="done"))
    history.path.chmod(0o444)
    folder.chmod(0o555)

    def read() -> str:
        with refused("read-only", "XDG_STATE_HOME"):
            History.open(history.path)
        with History.open(history.path, read_only=True) as opened:
            return f"{opened.count()} {opened.run(1).experiment.workload}"

    answer = without_rights(read)
    folder.chmod(0o755)
    assert answer == "1 countdown"


def test_a_directory_that_may_not_be_written(open_to_all: Path) -> None:
    def make() -> str:
        with refused("read-only", "XDG_STATE_HOME"):
            History.open(open_to_all / "gil-tui" / "history.sqlite3")
        return "refused"

    open_to_all.chmod(0o555)
    answer = without_rights(make)
    open_to_all.chmod(0o755)
    assert answer == "refused"


def test_migrations_bring_every_older_store_up(path: Path) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for version in range(1, len(MIGRATIONS) + 1):
        migrate(connection, path, MIGRATIONS[:version])
        assert check(connection, path) == version

    def add_size(store: sqlite3.Connection) -> None:
        store.execute("ALTER TABLE runs ADD COLUMN size INTEGER")

    connection.execute(
        "INSERT INTO runs (sweep_id, created_at, workload, executor, workers, python, status, trials, search)"
        " VALUES ('s', '2026', 'countdown', 'threads', 4, '3.13', 'done', 5, 'x')"
    )
    steps = (*MIGRATIONS, add_size)
    migrate(connection, path, steps)
    assert connection.execute("SELECT workload, size FROM runs").fetchall() == [("countdown", None)]
    assert check(connection, path, steps) == len(steps)


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    def half(store: sqlite3.Connection) -> None:
        store.execute("CREATE TABLE half (a)")
        store.execute("no such statement")

    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, path)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, path, (*MIGRATIONS, half))
    assert check(connection, path) == len(MIGRATIONS)
    assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchall() == []
