"""What can go wrong with the store, each as one line with its cause and its remedy."""

import sqlite3
from pathlib import Path

_SET_ASIDE = (
    "it was left as it is; to start a new one: mkdir {folder}/damaged && mv {path}* {folder}/damaged/"
)


class StoreError(Exception):
    """The history cannot be used: one line with cause and remedy.

    `kind` is `read-only`, `full`, `corrupt`, `newer`, `locked`, `interrupted`, `gone` or `other`.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class NoSuchRunError(LookupError):
    """The history holds no run of that number."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"no run {run_id} in the history; `gil-tui history` lists those that are")


def read_only(path: Path) -> StoreError:
    """The file or its directory may not be written."""
    return StoreError(
        "read-only",
        f"history {path} may not be written: give yourself the right to, or set XDG_STATE_HOME to a "
        "directory of your own",
    )


def newer(path: Path, found: int, known: int) -> StoreError:
    """Another, newer gil-tui wrote the file."""
    return StoreError(
        "newer",
        f"history {path} was written by a newer gil-tui (schema {found}, this one knows {known}): upgrade "
        "gil-tui, or set XDG_STATE_HOME to keep a history apart",
    )


def gone(path: Path) -> StoreError:
    """The file was taken away under a program that has it open: what it writes, nobody will find."""
    return StoreError(
        "gone", f"history {path} was removed or replaced while in use: start gil-tui again to begin a new one"
    )


def corrupt(path: Path, cause: object) -> StoreError:
    """The file cannot be understood; it is never deleted."""
    aside = _SET_ASIDE.format(folder=path.parent, path=path)
    return StoreError("corrupt", f"history {path} is damaged ({cause}): {aside}")


def primary_code(error: sqlite3.Error) -> int:
    """The low byte of SQLite's result code; the module's own errors carry none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def explained(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> StoreError:
    """SQLite's error as a `StoreError`, told by its primary result code (sqlite.org/rescode.html).

    A damaged name that is no UTF-8 cannot even be put into SQLite's own words.
    """
    if isinstance(error, UnicodeDecodeError):
        return corrupt(path, "a name in it is no text")
    code = primary_code(error)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return read_only(path)
    if code == sqlite3.SQLITE_FULL:
        return StoreError("full", f"no room left for the history {path}: free some space, then run again")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return corrupt(path, error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            "locked", f"history {path} is held locked by another program: end that program, or try again"
        )
    if code == sqlite3.SQLITE_INTERRUPT:
        return StoreError("interrupted", f"reading the history {path} was given up")
    return StoreError("other", f"history {path} cannot be used: {error}")
