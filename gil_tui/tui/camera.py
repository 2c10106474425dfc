"""Takes a picture of the screen on a key: the files, the line that says where they are, the clipboard."""

import asyncio
import os
import shlex
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import App

from gil_tui.lab.errors import LabError
from gil_tui.language.spoken import say, sentence
from gil_tui.report.cells import Cells
from gil_tui.report.png import png_of, why_no_png
from gil_tui.report.terminal_svg import svg_of
from gil_tui.text import clean
from gil_tui.tui.model import workload_of
from gil_tui.tui.picture import cells_of
from gil_tui.tui.picture_files import Saved, file_stem, save

if TYPE_CHECKING:
    from gil_tui.tui.app import GilTui

MOST_WAITS = 50
SHOWN_S = 8.0


async def take(app: "GilTui", *, for_print: bool = False) -> None:
    """Save what is seen, without the lines of news on it; say where, and put the paths on the clipboard."""
    await _without_news(app)
    cells, subject = cells_of(app, printed=for_print), subject_of(app)
    host = "" if app.mask.on else app.session.engine.host_name
    stem = file_stem(datetime.now(), host, subject)
    try:
        saved = await asyncio.to_thread(
            develop, cells, f"gil-tui {subject}", stem, app.start_with.screenshots
        )
    except LabError as error:
        app.say(sentence(clean(str(error))), is_error=True)
        return
    first, *others = saved.files
    names = say(" and ").join([str(first), *(file.suffix for file in others)])
    announce(app, saved, say("Saved {files}, copied.", files=names), title=say("Picture"))


def announce(app: "GilTui", saved: Saved, text: str, *, title: str) -> None:
    """Say where files are, with what there is to complain of, and put their paths on the clipboard."""
    app.copy_to_clipboard(shlex.join(map(str, saved.files)))
    app.notify(app.mask.text(clean(text)), markup=False, timeout=SHOWN_S, title=title)
    if saved.complaint:
        app.say(clean(saved.complaint))


def develop(cells: Cells, title: str, stem: str, folder: str) -> Saved:
    """Write SVG, and PNG where that can be made; slow. Raises LabError where no folder takes them."""
    svg = svg_of(cells, title)
    contents = {"svg": svg.encode()}
    missing = why_no_png()
    if not missing:
        contents["png"] = png_of(svg)
    saved = save(contents, stem, folder, os.environ)
    return Saved(saved.files, say("; ").join(filter(None, (saved.complaint, sentence(missing)))))


def subject_of(app: "GilTui") -> str:
    """What is on the screen, in words for a file's name: `lab countdown`, `watch 4711`."""
    mode = app.current_mode
    if mode == "lab":
        return f"lab {workload_of(app.session.state.runs)}".strip()
    if mode == "watch":
        subject = app.watch_session.subject
        return f"watch {subject.pid}" if subject else "watch"
    return mode


async def _without_news(app: App[int]) -> None:
    """Let the lines of news go, such as the one about the picture before."""
    app.clear_notifications()
    for _ in range(MOST_WAITS):
        if not app.screen.query("Toast"):
            return
        await asyncio.sleep(0.01)
