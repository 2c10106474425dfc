"""Opening the SQLite file: to write, or only to read."""

import sqlite3
import time
from pathlib import Path

from gil_tui.history.errors import primary_code, read_only
from gil_tui.history.place import is_frozen
from gil_tui.history.schema import READABLE, check, migrate

BUSY_TIMEOUT_S = 5.0
MAPPED = ("", "-wal", "-shm")
"""Endings of the store's files, the last of which SQLite maps into memory."""
CACHE_KIB = 32 * 1024
"""Room for the narrow table of 100,000 runs, so that filtering as one types reads the disk once."""


def connect_to_write(path: Path) -> sqlite3.Connection:
    """The store with today's schema, made when missing; `:memory:` for one that is never on disk."""
    connection = _connect(str(path))
    try:
        _tune(connection)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Without the right to write beside it, SQLite reads a WAL store only as one that nobody changes."""
    try:
        return _connect_as(path, "mode=ro")
    except sqlite3.OperationalError as error:
        if primary_code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        return _connect_as(path, "mode=ro&immutable=1")


def may_touch(path: Path) -> bool:
    """Whether SQLite may touch its index of the log, as any statement does and the end of a connection.

    Where the kernel lets nobody write to it any more, the process would end by SIGBUS. The files must not
    be opened to find out: closing them would drop SQLite's own locks (sqlite.org/howtocorrupt.html).
    """
    return not any(is_frozen(path.with_name(path.name + ending)) for ending in MAPPED)


def leave_open(connection: sqlite3.Connection) -> None:
    """Keep the connection until the process is gone: even the interpreter's end does not close it."""
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def _connect_as(path: Path, parameters: str) -> sqlite3.Connection:
    connection = _connect(f"{path.absolute().as_uri()}?{parameters}", uri=True)
    try:
        _tune(connection)
        _wait_for_tables(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _wait_for_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Another instance may just be making the store; one that nobody makes has to be written first."""
    give_up_s = time.monotonic() + BUSY_TIMEOUT_S
    while check(connection, path) < READABLE:
        if time.monotonic() > give_up_s:
            raise read_only(path)
        time.sleep(0.02)


def _tune(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Turn on write-ahead logging; SQLite does not wait for other instances that do so at this moment."""
    give_up_s = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_s:
                raise
            time.sleep(0.02)


def _connect(database: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(
        database, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, uri=uri
    )
