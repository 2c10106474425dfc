"""The tables, and how an older store becomes one of today.

`runs` is narrow: it is what listing and filtering read. The documents, which hold everything else, and
the trials stand in tables of their own, as does what a sweep found beyond its runs.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from gil_tui.history.errors import newer

Migration = Callable[[sqlite3.Connection], None]


def _version_1(connection: sqlite3.Connection) -> None:
    for statement in (
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            sweep_id TEXT NOT NULL,
            created_at TEXT NOT NULL,
            workload TEXT NOT NULL,
            executor TEXT NOT NULL,
            workers INTEGER NOT NULL,
            python TEXT NOT NULL,
            wall_s REAL, wall_low_s REAL, wall_high_s REAL,
            speedup REAL, speedup_low REAL, speedup_high REAL,
            verdict TEXT,
            status TEXT NOT NULL,
            trials INTEGER NOT NULL,
            owner TEXT,
            search TEXT NOT NULL
        )""",
        "CREATE INDEX runs_of_sweep ON runs (sweep_id)",
        "CREATE INDEX runs_under_way ON runs (id) WHERE status = 'running'",
        """CREATE TABLE documents (
            run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
            document TEXT NOT NULL
        )""",
        """CREATE TABLE trials (
            run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            document TEXT NOT NULL,
            UNIQUE (run_id, number)
        )""",
    ):
        connection.execute(statement)


def _version_2(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE sweeps (id TEXT PRIMARY KEY, document TEXT NOT NULL)")


def _version_3(connection: sqlite3.Connection) -> None:
    """Watches that were kept, audits, and which runs and watches belong to them."""
    for statement in (
        """CREATE TABLE watches (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            created_at TEXT NOT NULL,
            subject TEXT NOT NULL,
            seconds REAL NOT NULL,
            verdict TEXT,
            document TEXT NOT NULL
        )""",
        """CREATE TABLE audits (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            created_at TEXT NOT NULL,
            title TEXT NOT NULL,
            subject TEXT NOT NULL,
            document TEXT NOT NULL
        )""",
        """CREATE TABLE audit_runs (
            audit_id INTEGER NOT NULL REFERENCES audits (id) ON DELETE CASCADE,
            run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            PRIMARY KEY (audit_id, run_id)
        )""",
        "CREATE INDEX audits_of_run ON audit_runs (run_id)",
        """CREATE TABLE audit_watches (
            audit_id INTEGER NOT NULL REFERENCES audits (id) ON DELETE CASCADE,
            watch_id INTEGER NOT NULL REFERENCES watches (id) ON DELETE CASCADE,
            PRIMARY KEY (audit_id, watch_id)
        )""",
        "CREATE INDEX audits_of_watch ON audit_watches (watch_id)",
    ):
        connection.execute(statement)


MIGRATIONS: tuple[Migration, ...] = (_version_1, _version_2, _version_3)
"""The step at position n leads from schema n to n + 1; a step that was released is never changed."""
READABLE = 1
"""The oldest schema that can be read as it stands: later steps only added tables."""


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the store up to the last of `steps`, all or nothing; raises `StoreError` for a newer one.

    Two instances may come here at once: the version is read again under the write lock.
    """
    if check(connection, path, steps) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = check(connection, path, steps)
        for step in steps[found:]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def check(connection: sqlite3.Connection, path: Path, steps: Sequence[Migration] = MIGRATIONS) -> int:
    """The store's schema version; raises `StoreError` for one that is newer than the last of `steps`."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > len(steps):
        raise newer(path, found, len(steps))
    return found
