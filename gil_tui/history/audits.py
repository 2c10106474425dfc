"""Audits and watches in the history, and which runs and watches belong to which audit."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gil_tui.history.errors import corrupt
from gil_tui.history.store import UNLIKE, History
from gil_tui.lab.documents import watched_observation
from gil_tui.lab.records import Run
from gil_tui.lab.shape import misfit
from gil_tui.schemas.fitting import fitted
from gil_tui.verdict.audit_model import Audit, WatchSeen

HAS_AUDITS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'audits'"
"""A store of an earlier version that may only be read has none."""
COLLECTED_AT_MOST = 200
"""The newest runs of a subject that an audit takes over from the history."""


class NoSuchAuditError(LookupError):
    """The history holds no audit of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no audit {name!r} in the history; `gil-tui audit` lists those that are")


@dataclass(frozen=True, slots=True)
class WatchRow:
    """A watch that was kept, as one line."""

    id: int
    created_at: str
    subject: str
    seconds: float
    verdict: str | None

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


class Audits:
    """The audits and watches of one store; raises what `History` raises."""

    def __init__(self, history: History) -> None:
        self._history = history

    def add(self, audit: Audit) -> Audit:
        """Keep a new audit; returns it with its number."""
        with self._history.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO audits (created_at, title, subject, document) VALUES (?, ?, ?, '{}')",
                (audit.created_at, _storable(audit.title), _storable(audit.subject)),
            )
            kept = replace(audit, id=cursor.lastrowid)
            self._put(connection, kept)
        return kept

    def save(self, audit: Audit) -> None:
        """Keep an audit as it is now."""
        with self._history.writing() as connection:
            self._put(connection, audit)

    def all(self) -> list[Audit]:
        """Every audit, the newest first."""
        with self._history.explaining() as connection:
            if not connection.execute(HAS_AUDITS).fetchone():
                return []
            found = connection.execute("SELECT id, document FROM audits ORDER BY id DESC").fetchall()
        return [self._audit(*row) for row in found]

    def named(self, name: str) -> Audit:
        """The newest audit of that title, subject or number, in this order; raises `NoSuchAuditError`."""
        every = self.all()
        for key in ("title", "subject", "id"):
            for audit in every:
                if str(getattr(audit, key)) == name:
                    return audit
        raise NoSuchAuditError(name)

    def delete(self, audit_id: int) -> bool:
        """Forget an audit; its runs and watches stay. False where it is gone already."""
        with self._history.writing() as connection:
            return connection.execute("DELETE FROM audits WHERE id = ?", (audit_id,)).rowcount > 0

    def include(self, audit: Audit, *, runs: Iterable[int] = (), watches: Iterable[int] = ()) -> None:
        """Let these runs and watches belong to the audit; those that are gone meanwhile are left out."""
        with self._history.writing() as connection:
            for table, whose, ids in (("audit_runs", "runs", runs), ("audit_watches", "watches", watches)):
                connection.executemany(
                    f"INSERT OR IGNORE INTO {table} SELECT ?, id FROM {whose} WHERE id = ? "
                    "AND EXISTS (SELECT 1 FROM audits WHERE id = ?)",
                    ((audit.id, number, audit.id) for number in ids),
                )

    def collect(self, audit: Audit) -> None:
        """Let the newest runs and watches of the audit's subject, made on this host, belong to it."""
        subject = _storable(audit.subject)
        with self._history.explaining() as connection:
            runs, watches = (
                [
                    number
                    for (number,) in connection.execute(
                        f"SELECT id FROM {table} WHERE {column} = ? ORDER BY id DESC LIMIT ?",
                        (subject, COLLECTED_AT_MOST),
                    )
                ]
                for table, column in (("runs", "workload"), ("watches", "subject"))
            )
        self.include(audit, runs=runs, watches=watches)

    def runs_of(self, audit: Audit) -> list[Run]:
        """The runs that belong to it, the newest first."""
        with self._history.explaining() as connection:
            found = connection.execute(
                "SELECT run_id FROM audit_runs WHERE audit_id = ? ORDER BY run_id DESC", (audit.id,)
            ).fetchall()
            return [self._history.run(number) for (number,) in found]

    def watches_of(self, audit: Audit) -> list[WatchSeen]:
        """The watches that belong to it, the newest first."""
        with self._history.explaining() as connection:
            found = connection.execute(
                "SELECT id, document FROM watches JOIN audit_watches ON id = watch_id WHERE audit_id = ? "
                "ORDER BY id DESC",
                (audit.id,),
            ).fetchall()
        return [self._watch(*row) for row in found]

    def keep_watch(self, document: Mapping[str, Any], subject: str = "") -> int:
        """Keep a watch document (gil-tui/watch/1); `subject` is its command line unless told otherwise."""
        verdict = document.get("verdict")
        with self._history.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO watches (created_at, subject, seconds, verdict, document) "
                "VALUES (?, ?, ?, ?, ?)",
                (
                    now(),
                    _storable(subject or document["command"]),
                    document["seconds"],
                    verdict["code"] if verdict else None,
                    json.dumps(document, separators=(",", ":")),
                ),
            )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def watches(self, limit: int = 200) -> list[WatchRow]:
        """The watches that were kept, the newest first."""
        with self._history.explaining() as connection:
            if not connection.execute(HAS_AUDITS).fetchone():
                return []
            found = connection.execute(
                "SELECT id, created_at, subject, seconds, verdict FROM watches ORDER BY id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        rows = [WatchRow(*row) for row in found]
        for row in rows:
            if wrong := misfit(row):
                raise corrupt(self._history.path, f"watch {row.id}: {wrong}")
        return rows

    def delete_watches(self, ids: Iterable[int]) -> int:
        """Forget these watches; audits that had them lose them. Returns their number."""
        with self._history.writing() as connection:
            return connection.executemany(
                "DELETE FROM watches WHERE id = ?", ((number,) for number in ids)
            ).rowcount

    def _put(self, connection: sqlite3.Connection, audit: Audit) -> None:
        connection.execute(
            "UPDATE audits SET title = ?, subject = ?, document = ? WHERE id = ?",
            (_storable(audit.title), _storable(audit.subject), json.dumps(audit.to_json()), audit.id),
        )

    def _audit(self, number: int, text: str) -> Audit:
        try:
            audit = replace(Audit.from_json(json.loads(text)), id=number)
            wrong = misfit(audit)
        except UNLIKE as error:
            raise corrupt(self._history.path, f"audit {number}: {error!r}") from error
        if wrong:
            raise corrupt(self._history.path, f"audit {number}: {wrong}")
        return audit

    def _watch(self, number: int, text: str) -> WatchSeen:
        return WatchSeen(number, watch_document(self._history, number, text))


def watch_document(history: History, number: int, text: str) -> dict[str, Any]:
    """The document of a kept watch; raises `StoreError` for what is none."""
    try:
        document = fitted(json.loads(text), "watch")
        watched_observation(document)  # there may be more in it than is known here
    except UNLIKE as error:
        raise corrupt(history.path, f"watch {number}: {error!r}") from error
    return document


def now() -> str:
    """This moment as it is kept."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _storable(text: str) -> str:
    """Without what no UTF-8 can hold, such as the odd bytes of a file name."""
    return text.encode("utf-8", "replace").decode("utf-8")
