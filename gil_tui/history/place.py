"""Where the history lives, and that only its owner can read it."""

import os
import stat
from pathlib import Path

from gil_tui.history.errors import StoreError, read_only

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700


def default_path() -> Path:
    """`$XDG_STATE_HOME/gil-tui/history.sqlite3`; a relative value is ignored, as the XDG standard asks."""
    state = Path(os.environ.get("XDG_STATE_HOME") or "")
    base = state if state.is_absolute() else Path.home() / ".local" / "state"
    return base / "gil-tui" / "history.sqlite3"


def prepare(path: Path) -> None:
    """Make the file and its directory, private to their owner.

    SQLite gives `-wal` and `-shm` the mode of the file itself, whatever the umask. Raises `StoreError`.
    """
    try:
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        if path == default_path():
            _make_private(path.parent, DIRECTORY_MODE)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
        except FileExistsError:
            _make_private(path, FILE_MODE)
        writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    except PermissionError:
        raise read_only(path) from None
    except OSError as error:
        raise StoreError(
            "other",
            f"history {path} cannot be made ({error.strerror}): set XDG_STATE_HOME to another directory",
        ) from None
    if not writable:
        raise read_only(path)


def identity(path: Path) -> tuple[int, int] | None:
    """Which file stands there: device and inode; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_frozen(path: Path) -> bool:
    """Whether the kernel refuses its owner what the file's mode allows.

    That is so while it is immutable (chattr(1) `+i`, which holds for root too), or its file system has
    become read-only.
    """
    try:
        found = path.stat()
    except OSError:
        return False
    if os.access(path, os.W_OK):
        return False
    user = os.geteuid()
    return user == 0 or (user == found.st_uid and bool(found.st_mode & stat.S_IWUSR))


def _make_private(path: Path, mode: int) -> None:
    found = path.stat()
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(mode)
