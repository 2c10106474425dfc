"""The files of a report: each is there in full or not at all, and nobody else's file is replaced."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from gil_tui.lab.errors import LabError

MARKS = (
    '<meta name="generator" content="gil-tui',
    "<!-- gil-tui",
    '{"schema": "gil-tui/report/',
    "gil_tui_version,",
)
"""One of these stands in the beginning of every file that gil-tui wrote."""
LOOKED_AT = 512
FOLDER_MODE = 0o700


def write_all(folder: Path, texts: Mapping[str, str], outdated: Sequence[str] = ()) -> list[Path]:
    """Write the texts by their names into the folder, which is made where it is missing.

    Files are readable for their owner alone, as the history is. Files of gil-tui's own that match one of
    the patterns `outdated` and are not written again are removed. Raises LabError before anything is written
    where a file of that name is not gil-tui's own, or the folder cannot be written to.
    """
    paths = {folder / name: text for name, text in texts.items()}
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        strangers = [path for path in paths if os.path.lexists(path) and not _is_own(path)]
        if strangers:
            raise LabError(
                f"{strangers[0]} was not written by gil-tui and is left as it is: move it away, or choose "
                "another folder with -o"
            )
        old = {path for pattern in outdated for path in folder.glob(pattern) if _is_own(path)}
        for path, text in paths.items():
            _write(path, text)
        for path in old - set(paths):
            path.unlink()
    except OSError as error:
        why = error.strerror or str(error)
        raise LabError(
            f"no report can be written into {folder} ({why}): choose another folder with -o"
        ) from error
    return list(paths)


def _is_own(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        beginning = file.read(LOOKED_AT).decode("utf-8", "replace")
    return any(mark in beginning for mark in MARKS)


def _write(path: Path, text: str) -> None:
    """Under another name first; the new one is there in full when it gets this one (rename(2))."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
