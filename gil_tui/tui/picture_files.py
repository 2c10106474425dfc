"""Where pictures of the screen go and what they are called; writes them where it can."""

import os
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from gil_tui.lab.errors import LabError
from gil_tui.language.spoken import say, to_say

FOLDER = "screenshots"
"""In the working directory, where nothing else was asked for."""
LONGEST = 60
"""Characters of a subject in a file's name; the whole name then fits every file system."""
MOST_ALIKE = 100


@dataclass(frozen=True, slots=True)
class Saved:
    """The files that were written; `complaint` says why they are elsewhere than asked, or fewer."""

    files: tuple[Path, ...]
    complaint: str = ""


def file_stem(at: datetime, host: str, subject: str) -> str:
    """Such as `20260301-140200-web-01-lab-countdown`: letters, digits, dots and dashes only."""
    parts = (at.strftime("%Y%m%d-%H%M%S"), safe(host), safe(subject)[:LONGEST].rstrip("-."))
    return "-".join(filter(None, parts))


def safe(text: str) -> str:
    """What every file system and shell takes: ASCII letters and digits, and a dash for all else."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"-[-.]+", "-", re.sub(r"[^A-Za-z0-9.]+|\.{2,}", "-", plain)).strip("-.")


def folders(asked: str, environ: Mapping[str, str]) -> Iterator[Callable[[], Path]]:
    """Makers of the folders to try in turn: the one asked for, one of the home, one for this moment."""
    yield lambda: _made(Path(asked or FOLDER).expanduser())
    yield lambda: _made(state_folder(environ) / FOLDER)
    yield temporary_folder


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where what gil-tui makes is kept in the home."""
    state = environ.get("XDG_STATE_HOME") or Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    return Path(state) / "gil-tui"


def temporary_folder() -> Path:
    """One for this moment."""
    return Path(tempfile.mkdtemp(prefix="gil-tui-"))


def save(contents: Mapping[str, bytes], stem: str, asked: str, environ: Mapping[str, str]) -> Saved:
    """Write each of `contents`, by extension, as `STEM.EXTENSION` in the first folder that takes them.

    No file is written over: one of the same second gets a number. Raises LabError where no folder does.
    """
    refusal = to_say("the picture cannot be saved: {why}")
    return saved_in_first(folders(asked, environ), partial(_write, contents, stem), refusal, asked)


def saved_in_first(
    makers: Iterable[Callable[[], Path]],
    write: Callable[[Path], Sequence[Path]],
    refusal: str,
    asked: str = "",
) -> Saved:
    """What `write` makes in the first folder that can be made and takes it.

    `asked` is named where an error names no file. Raises LabError, which is the `refusal`, where none does.
    """
    complaints: list[str] = []
    for make in makers:
        try:
            folder = make()
            files = write(folder)
        except OSError as error:
            complaints.append(f"{error.filename or asked}: {(error.strerror or str(error)).lower()}")
        else:
            moved = ""
            if complaints:
                moved = say("{why}; saved in {folder} instead", why=complaints[0], folder=folder)
            return Saved(tuple(file.resolve() for file in files), moved)
    raise LabError(say(refusal, why="; ".join(complaints)))


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _write(contents: Mapping[str, bytes], stem: str, folder: Path) -> Sequence[Path]:
    """All of them or none."""
    for number in range(1, MOST_ALIKE):
        name = stem if number == 1 else f"{stem}-{number}"
        files = [folder / f"{name}.{extension}" for extension in contents]
        if not any(file.exists() for file in files):
            break
    written: list[Path] = []
    try:
        for file, content in zip(files, contents.values(), strict=True):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            written.append(file)
            with open(descriptor, "wb") as stream:
                stream.write(content)
    except OSError:
        for file in written:
            with suppress(OSError):
                file.unlink()
        raise
    return files
