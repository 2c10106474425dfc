"""Makes the README's pictures: the real screen with a real sweep and a real process, beside this file.

`python screenshots/make.py` on a quiet machine, since what is measured is in the picture. The history is a
temporary one. `NAME.svg` is 120x40 and dark, others are named by size and theme; with the extra `png` the
same comes as PNG into the folder that is named: `python screenshots/make.py FOLDER`.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from gil_tui.history import History
from gil_tui.report.cells import Cells
from gil_tui.report.png import png_of
from gil_tui.report.terminal_svg import svg_of
from gil_tui.tui.engine import real_engine
from gil_tui.tui.headless import Shot, app_of, at_rest, opened, picture_of, until
from gil_tui.tui.picture import cells_of
from gil_tui.tui.start import Start

FOLDER = Path(__file__).parent
SIZES = ((120, 40), (80, 24))
THEMES = ("dark", "light")
RUNNING_S = 12.0
SWEEP_S = 300.0
WATCHED_S = 15.0

SPINNING = """
import threading
def render():
    while True:
        sum(range(1000))
for number in range(4):
    threading.Thread(target=render, name=f"worker {number}").start()
"""


def keep(cells: Cells, name: str) -> None:
    """Write one picture."""
    svg = svg_of(cells, f"gil-tui {name}")
    file = FOLDER / f"{name}.svg"
    file.write_text(svg)
    print(file)
    for folder in map(Path, sys.argv[1:]):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.png").write_bytes(png_of(svg))


def keep_all(name: str, **what: object) -> None:
    """The same tab at every size in every theme."""
    for size, theme in product(SIZES, THEMES):
        is_first = (size, theme) == (SIZES[0], THEMES[0])
        behind = "" if is_first else f"-{size[0]}x{size[1]}-{theme}"
        shot = Shot(size=size, theme=theme, **what)  # type: ignore[arg-type]  # by the names of its fields
        keep(picture_of(shot, real_engine()), name + behind)


async def run_a_sweep() -> None:
    """Press r, and keep the Lab while it runs."""
    async with opened(real_engine(), Start(), SIZES[0]) as pilot:
        app = app_of(pilot)
        app.simulate_key("r")
        await until(pilot, lambda: app.session.live.busy, "the sweep did not begin")
        await asyncio.sleep(RUNNING_S)
        keep(cells_of(app), "lab-running")
        await until(pilot, lambda: not app.session.live.busy, "the sweep did not end", SWEEP_S)
        await at_rest(pilot)


@contextmanager
def spinning() -> Iterator[int]:
    """A process whose four threads take turns, by its number."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "server.py").write_text(SPINNING)
        target = subprocess.Popen([sys.executable, "server.py"], cwd=folder)
        try:
            yield target.pid
        finally:
            target.kill()
            target.wait()


def main() -> None:
    """Take them with a history of their own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        asyncio.run(run_a_sweep())
        with History.open() as history:
            newest = history.rows(limit=1)[0].id
        keep_all("lab", tab="lab", run_id=newest)
        keep_all("history", tab="history")
        with spinning() as pid:
            keep_all("watch", tab="watch", pid=pid, seconds=WATCHED_S)


if __name__ == "__main__":
    main()
