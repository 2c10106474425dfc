"""The key for a report: what the open tab has to tell, the folder that it goes to, the line that says so."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from gil_tui.history import History, StoreError
from gil_tui.lab.errors import LabError, UsageError
from gil_tui.language.spoken import say, spoken, to_say
from gil_tui.report.files import FOLDER_MODE
from gil_tui.text import clean
from gil_tui.tui.camera import announce
from gil_tui.tui.picture_files import MOST_ALIKE, Saved, saved_in_first, state_folder, temporary_folder
from gil_tui.verdict.audit_model import Audit

if TYPE_CHECKING:
    from gil_tui.tui.app import GilTui

FOLDER = "gil-tui-report"
"""In the working directory; with a number where there is one already."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report is to tell: runs (`#41`) and sweeps by their ids, or an audit."""

    ids: tuple[str, ...] = ()
    audit: Audit | None = None


@runtime_checkable
class Reporting(Protocol):
    """A tab that has something to report, now and then."""

    def reported(self) -> Reported | None:
        """What is to be reported; None while there is nothing."""


async def write(app: "GilTui", reported: Reported) -> None:
    """Write the report, say where it is, and put its path on the clipboard."""
    history = app.session.history
    if history is None:
        return
    try:
        saved = await asyncio.to_thread(make, history, reported, redact=app.mask.on, environ=os.environ)
    except (LabError, UsageError, StoreError, LookupError) as error:
        app.say(clean(str(error)), is_error=True)
        return
    announce(app, saved, say("Saved {path}, copied.", path=saved.files[0]), title=say("Report"))


def make(history: History, reported: Reported, *, redact: bool, environ: Mapping[str, str]) -> Saved:
    """Write it into a new folder in the language that is spoken; slow. The first of the files is the HTML.

    Raises what `make_report` raises, and LabError where no folder takes it.
    """
    from gil_tui.report.making import make_report

    def write_into(folder: Path) -> list[Path]:
        try:
            return make_report(
                history, folder, spoken(), ids=reported.ids, audit=reported.audit, redact=redact
            )
        except BaseException:
            with suppress(OSError):
                folder.rmdir()
            raise

    makers = (partial(_new_folder, parent) for parent in _parents(environ))
    return saved_in_first(makers, write_into, to_say("the report cannot be saved: {why}"))


def _parents(environ: Mapping[str, str]) -> Iterator[Path]:
    yield Path()
    yield state_folder(environ)
    yield temporary_folder()


def _new_folder(parent: Path) -> Path:
    """One that nobody has, readable for its owner alone; raises OSError."""
    parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, MOST_ALIKE):
        folder = parent / (FOLDER if number == 1 else f"{FOLDER}-{number}")
        with suppress(FileExistsError):
            folder.mkdir(mode=FOLDER_MODE)
            return folder
    return temporary_folder()
