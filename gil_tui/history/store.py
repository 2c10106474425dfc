"""The SQLite store of runs and their trials."""

import json
import sqlite3
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gil_tui.history.connect import connect_to_read, connect_to_write, leave_open, may_touch
from gil_tui.history.errors import NoSuchRunError, StoreError, corrupt, explained, gone, read_only
from gil_tui.history.owner import is_alive, this_instance
from gil_tui.history.place import default_path, identity, prepare
from gil_tui.history.rows import COLUMNS, HistoryRow, columns_of, row_of
from gil_tui.lab.records import Run, Sweep, Trial
from gil_tui.lab.shape import misfit
from gil_tui.verdict.statistics import median_interval

UNLIKE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
"""What a document that is none of ours makes of the code that reads it."""
MEMORY = Path(":memory:")
LAST = chr(sys.maxunicode)
"""Sorts behind all that a text may go on with."""
HAS_SWEEPS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'sweeps'"
"""A store of the first version that may only be read has none."""


class History:
    """Every run, on disk. Safe to use from several threads, and by several instances at once.

    All methods raise `StoreError`, one line with cause and remedy, when the store fails.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """For `open` and `in_memory`; `connection` is in autocommit mode with its schema in place."""
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()
        self._owner = this_instance()
        self._file = identity(path)
        self._is_mapped = self.on_disk and may_touch(path)

    @classmethod
    def open(cls, path: Path | None = None, *, read_only: bool = False) -> "History":
        """The store at `path`, made when missing and brought to today's schema.

        With `read_only` nothing is made, changed or locked, so a store that may only be read can be.
        """
        path = path or default_path()
        if not read_only:
            prepare(path)
        try:
            connection = connect_to_read(path) if read_only else connect_to_write(path)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise explained(error, path) from error
        history = cls(connection, path)
        if not read_only:
            try:
                history._settle()
            except StoreError:
                history.close()
                raise
        return history

    @classmethod
    def in_memory(cls) -> "History":
        """A store that keeps nothing beyond this process."""
        return cls(connect_to_write(MEMORY), MEMORY)

    def add_run(self, run: Run) -> int:
        """Keep a run that begins; returns the number under which it stands."""
        with self.writing() as connection:
            columns = self._columns(run, len(run.trials))
            names = ", ".join(columns)
            marks = ", ".join(f":{name}" for name in columns)
            cursor = connection.execute(f"INSERT INTO runs ({names}) VALUES ({marks})", columns)
            run_id = cursor.lastrowid
            assert run_id is not None
            self._put_document(run.with_id(run_id))
            self._put_trials(run_id, run.trials)
        return run_id

    def add_trial(self, run_id: int, trial: Trial) -> None:
        """Keep a trial that ended; it is on disk when this returns."""
        with self.writing() as connection:
            self._put_trials(run_id, [trial])
            connection.execute(
                "UPDATE runs SET trials = (SELECT count(*) FROM trials WHERE run_id = :id) WHERE id = :id",
                {"id": run_id},
            )

    def finish_run(self, run: Run) -> None:
        """Keep the run as it stands at its end: status, intervals, verdict, and any trial not kept yet."""
        if run.id is None:
            raise ValueError("a run without a number was never added")
        with self.writing():
            self._put_trials(run.id, run.trials)
            self._put_columns(run)
            self._put_document(run)

    def finish_sweep(self, sweep: Sweep) -> None:
        """Keep what a sweep found beyond its runs: verdict, fits, best."""
        with self.writing() as connection:
            connection.execute("REPLACE INTO sweeps VALUES (?, ?)", (sweep.id, _text(sweep.judgement())))

    def rows(
        self,
        filter: str = "",
        limit: int = 200,
        offset: int = 0,
        newest_first: bool = True,
        order_by: str = "id",
        total: int | None = None,
    ) -> list[HistoryRow]:
        """The runs whose line holds every word of `filter`, by the column `order_by` of `HistoryRow`.

        Rows without a value in that column come last. `total`, the number of all of them, lets those far
        down be looked for from the other end. Raises ValueError for a column that is not there.
        """
        is_far = total is not None and offset > total // 2
        if total is not None and is_far:
            limit = max(0, min(limit, total - offset))
            offset = max(0, total - offset - limit)
        order, condition, words = _order(order_by, newest_first, is_far), *_condition(filter)
        with self.explaining() as connection:
            found = connection.execute(
                f"SELECT owner, {', '.join(COLUMNS)} FROM runs WHERE id IN "
                f"(SELECT id FROM runs {condition} ORDER BY {order} LIMIT ? OFFSET ?) "
                f"ORDER BY {_order(order_by, newest_first)}",
                (*words, limit, offset),
            ).fetchall()
        try:
            return [_as_shown(row_of(values), owner) for owner, *values in found]
        except ValueError as error:
            raise corrupt(self.path, error) from error

    def place_of(
        self, run_id: int, filter: str = "", newest_first: bool = True, order_by: str = "id"
    ) -> int | None:
        """How many rows `rows` has before this run; None where it is not among them."""
        if order_by not in COLUMNS:
            raise ValueError(f"no column {order_by}")
        condition, words = _condition(filter)
        also = f"{condition} AND" if condition else "WHERE"
        with self.explaining() as connection:
            found = connection.execute(
                f"SELECT {order_by} FROM runs {also} id = ?", (*words, run_id)
            ).fetchone()
            if found is None:
                return None
            before, values = _before(order_by, newest_first, found[0], run_id)
            place: int = connection.execute(
                f"SELECT count(*) FROM runs {also} {before}", (*words, *values)
            ).fetchone()[0]
        return place

    def each(self, filter: str = "", limit: int = -1) -> Iterator[HistoryRow]:
        """The runs as `rows` gives them, the newest first, one by one: for more than are to be in memory.

        The store is held for as long as it is read from.
        """
        condition, words = _condition(filter)
        with self.explaining() as connection:
            found = connection.execute(
                f"SELECT owner, {', '.join(COLUMNS)} FROM runs {condition} ORDER BY id DESC LIMIT ?",
                (*words, limit),
            )
            for owner, *values in found:
                try:
                    row = row_of(values)
                except ValueError as error:
                    raise corrupt(self.path, error) from error
                yield _as_shown(row, owner)

    def lacks(self, ids: Iterable[int]) -> int | None:
        """The first of these numbers under which there is no run; None where all are there."""
        with self.explaining() as connection:
            for number in ids:
                if not connection.execute("SELECT 1 FROM runs WHERE id = ?", (number,)).fetchone():
                    return number
        return None

    def count(self, filter: str = "") -> int:
        """How many runs `rows` would give without a limit."""
        condition, words = _condition(filter)
        with self.explaining() as connection:
            number: int = connection.execute(f"SELECT count(*) FROM runs {condition}", words).fetchone()[0]
        return number

    def version(self) -> int:
        """A number that is another one once somebody else has written."""
        with self.explaining() as connection:
            number: int = connection.execute("PRAGMA data_version").fetchone()[0]
        return number

    def run(self, run_id: int) -> Run:
        """The whole run with its trials; raises `NoSuchRunError`."""
        with self.explaining():
            return self._load(run_id)

    def sweep(self, sweep_id: str) -> list[Run]:
        """All runs of one sweep, in the order in which they were added; empty when there is none."""
        with self.explaining() as connection:
            found = connection.execute("SELECT id FROM runs WHERE sweep_id = ? ORDER BY id", (sweep_id,))
            return [self._load(run_id) for (run_id,) in found.fetchall()]

    def sweep_numbers(self, sweep_id: str) -> list[int]:
        """The numbers of all runs of one sweep, see `sweep`."""
        with self.explaining() as connection:
            found = connection.execute("SELECT id FROM runs WHERE sweep_id = ? ORDER BY id", (sweep_id,))
            return [run_id for (run_id,) in found.fetchall()]

    def sweep_ids(self, beginning: str, limit: int = 5) -> list[str]:
        """The sweeps whose id begins so, the newest first, `limit` at most."""
        with self.explaining() as connection:
            found = connection.execute(
                "SELECT sweep_id FROM runs WHERE sweep_id >= ? AND sweep_id < ? GROUP BY sweep_id "
                "ORDER BY sweep_id <> ?, max(id) DESC LIMIT ?",
                (beginning, beginning + LAST, beginning, limit),
            )
            return [sweep_id for (sweep_id,) in found.fetchall()]

    def judged_sweep(self, sweep_id: str) -> Sweep | None:
        """One sweep with its runs and what it found; None where it never came to an end, or is deleted.

        A sweep of an earlier version was kept without: None too.
        """
        runs = self.sweep(sweep_id)
        judgement = self.judgements([sweep_id]).get(sweep_id)
        if not runs or judgement is None:
            return None
        try:
            return Sweep.judged(runs, judgement)
        except UNLIKE as error:
            raise corrupt(self.path, f"sweep {sweep_id}: {error!r}") from error

    def judgements(self, sweep_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What each of these sweeps found beyond its runs, see `Sweep.judgement`; without those not kept."""
        with self.explaining() as connection:
            if not connection.execute(HAS_SWEEPS).fetchone():
                return {}
            found = [
                (sweep_id, row[0])
                for sweep_id in dict.fromkeys(sweep_ids)
                for row in connection.execute("SELECT document FROM sweeps WHERE id = ?", (sweep_id,))
            ]
        try:
            return {sweep_id: dict(json.loads(text)) for sweep_id, text in found}
        except UNLIKE as error:
            raise corrupt(self.path, f"what its sweeps found: {error!r}") from error

    def delete(self, ids: Iterable[int]) -> int:
        """Forget these runs with their trials, and sweeps that have no run left; returns their number.

        A run that a live instance has under way stays.
        """
        self._settle()
        numbers = [(number,) for number in ids]
        with self.writing() as connection:
            sweeps = {
                row
                for number in numbers
                for row in connection.execute("SELECT sweep_id FROM runs WHERE id = ?", number)
            }
            deleted = connection.executemany(
                "DELETE FROM runs WHERE id = ? AND status <> 'running'", numbers
            ).rowcount
            connection.executemany(
                "DELETE FROM sweeps WHERE id = ? AND NOT EXISTS "
                "(SELECT 1 FROM runs WHERE sweep_id = sweeps.id)",
                sweeps,
            )
        return deleted

    @property
    def on_disk(self) -> bool:
        """False for a store that keeps nothing beyond this process."""
        return self.path != MEMORY

    def refuse_if_frozen(self) -> None:
        """Raise `StoreError` where the kernel lets nobody write any more what was open to be written."""
        if self._is_frozen():
            raise read_only(self.path)

    def interrupt(self) -> None:
        """Have what another thread asks this store now end in a `StoreError` of the kind `interrupted`."""
        with suppress(sqlite3.ProgrammingError):  # closed by now
            self._connection.interrupt()

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        with self._lock:
            if self._is_frozen():
                leave_open(self._connection)
            else:
                self._connection.close()

    def __enter__(self) -> "History":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def explaining(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; what SQLite says becomes a `StoreError`."""
        with self._lock:
            self.refuse_if_frozen()
            try:
                yield self._connection
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise explained(error, self.path) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing, that waits for other writers."""
        if self._file != identity(self.path):
            raise gone(self.path)
        with self.explaining() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                self.refuse_if_frozen()
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite ends it by itself when the disk is full
                    connection.execute("ROLLBACK")
                raise

    def _is_frozen(self) -> bool:
        return self._is_mapped and not may_touch(self.path)

    def _settle(self) -> None:
        """Write down as interrupted what an instance that is gone had under way."""
        with self.explaining() as connection:
            under_way = connection.execute("SELECT id, owner FROM runs WHERE status = 'running'").fetchall()
        for run_id in [run_id for run_id, owner in under_way if not is_alive(owner)]:
            with self.writing():
                self._put_interrupted(run_id)

    def _put_interrupted(self, run_id: int) -> None:
        try:
            run = self._load(run_id)
        except NoSuchRunError:  # deleted by another instance meanwhile
            return
        except StoreError:  # one damaged run must not keep the store from opening
            self._connection.execute(
                "UPDATE runs SET status = 'interrupted', owner = NULL WHERE id = ?", (run_id,)
            )
            return
        self._put_columns(run)
        self._put_document(run)

    def _load(self, run_id: int) -> Run:
        row = self._connection.execute(
            "SELECT document, owner FROM documents JOIN runs ON id = run_id WHERE run_id = ?", (run_id,)
        ).fetchone()
        if row is None:
            raise NoSuchRunError(run_id)
        trials = self._connection.execute(
            "SELECT document FROM trials WHERE run_id = ? ORDER BY number", (run_id,)
        ).fetchall()
        try:
            document = json.loads(row[0]) | {"trials": [json.loads(text) for (text,) in trials]}
            run = Run.from_json(document)
            wrong = misfit(run)
        except UNLIKE as error:
            raise corrupt(self.path, f"run {run_id}: {error!r}") from error
        if wrong:
            raise corrupt(self.path, f"run {run_id}: {wrong}")
        return interrupted(run) if run.status == "running" and not is_alive(row[1]) else run

    def _columns(self, run: Run, trials: int) -> dict[str, Any]:
        return columns_of(run, trials) | {"owner": self._owner if run.status == "running" else None}

    def _put_columns(self, run: Run) -> None:
        connection = self._connection
        kept = connection.execute("SELECT count(*) FROM trials WHERE run_id = ?", (run.id,)).fetchone()[0]
        columns = self._columns(run, kept)
        pairs = ", ".join(f"{name} = :{name}" for name in columns)
        connection.execute(f"UPDATE runs SET {pairs} WHERE id = :id", columns | {"id": run.id})

    def _put_document(self, run: Run) -> None:
        document = {name: value for name, value in run.to_json().items() if name != "trials"}
        self._connection.execute("REPLACE INTO documents VALUES (?, ?)", (run.id, _text(document)))

    def _put_trials(self, run_id: int, trials: Iterable[Trial]) -> None:
        self._connection.executemany(
            "REPLACE INTO trials (run_id, number, document) VALUES (?, ?, ?)",
            ((run_id, trial.number, _text(trial.to_json())) for trial in trials),
        )


def interrupted(run: Run) -> Run:
    """The run as its instance left it when it ended without a word: the trials it has, and their median."""
    walls_s = run.walls_s
    return replace(run, status="interrupted", wall_s=median_interval(walls_s) if walls_s else None)


def _as_shown(row: HistoryRow, owner: str | None) -> HistoryRow:
    return replace(row, status="interrupted") if row.status == "running" and not is_alive(owner) else row


def _order(order_by: str, newest_first: bool, reverse: bool = False) -> str:
    """What SQL sorts by, the same rows always in the same order; raises ValueError for no column."""
    if order_by not in COLUMNS:
        raise ValueError(f"no column {order_by}")
    direction = "DESC" if newest_first is not reverse else "ASC"
    if order_by == "id":
        return f"id {direction}"
    return f"{order_by} {direction} NULLS {'FIRST, id ASC' if reverse else 'LAST, id DESC'}"


def _before(order_by: str, newest_first: bool, value: object, run_id: int) -> tuple[str, list[object]]:
    """The condition for rows that come before the run with this value, see `_order`; and its values."""
    if order_by == "id":
        return f"id {'>' if newest_first else '<'} ?", [run_id]
    sooner = f"{order_by} {'>' if newest_first else '<'} ?"
    return (
        f"({sooner} OR ? IS NULL AND {order_by} IS NOT NULL OR {order_by} IS ? AND id > ?)",
        [value, value, value, run_id],
    )


def _condition(filter: str) -> tuple[str, list[str]]:
    words = filter.lower().split()
    tests = " AND ".join("instr(search, ?) > 0" for _ in words)
    return (f"WHERE {tests}" if words else ""), words


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))
