"""Makes the README's pictures: the real screen with a real sweep, driven by keys, as SVG beside this file.

`python screenshots/make.py` on a quiet machine, since what is measured is in the picture. The history is a
temporary one.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gil_tui.tui.app import GilTui
from gil_tui.tui.engine import real_engine
from gil_tui.tui.start import Start

FOLDER = Path(__file__).parent
SIZE = (120, 40)
SWEEP_S = 180.0
WEB_FONT = re.compile(r"@font-face\s*\{[^}]*\}\s*")

SPINNING = """
import threading
def render():
    while True:
        sum(range(1000))
for number in range(4):
    threading.Thread(target=render, name=f"worker {number}").start()
"""


def keep(app: GilTui, name: str) -> None:
    """Write the screen as it stands, without the web font that Textual would have fetched."""
    file = FOLDER / f"{name}.svg"
    file.write_text(WEB_FONT.sub("", app.export_screenshot(title="gil-tui")))
    print(file)


async def take_lab_and_history() -> None:
    """The Lab while it runs, the Lab with its verdict, and the History."""
    app = GilTui(real_engine())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(3.0)  # interpreters found, history open
        await pilot.press("r")
        await pilot.pause(12.0)
        keep(app, "lab-running")
        deadline_s = time.monotonic() + SWEEP_S
        while app.session.live.busy and time.monotonic() < deadline_s:
            await pilot.pause(0.2)
        keep(app, "lab")
        await pilot.press("3")
        await pilot.pause(1.0)
        keep(app, "history")
        await pilot.press("q")


async def take_watch() -> None:
    """The Watch on four threads that take turns."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "server.py").write_text(SPINNING)
        target = subprocess.Popen([sys.executable, "server.py"], cwd=folder)
        try:
            app = GilTui(real_engine(), start=Start(pid=target.pid))
            async with app.run_test(size=SIZE) as pilot:
                await pilot.pause(15.0)
                keep(app, "watch")
                await pilot.press("q")
        finally:
            target.kill()
            target.wait()


def main() -> None:
    """Take them with a history of their own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        asyncio.run(take_lab_and_history())
        asyncio.run(take_watch())


if __name__ == "__main__":
    main()
