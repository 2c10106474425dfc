"""Makes the README's pictures: the real screen with a real sweep, driven by keys, as SVG beside this file.

`python screenshots/make.py` on a quiet machine, since what is measured is in the picture. The history is a
temporary one.
"""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from gil_tui.tui.app import GilTui
from gil_tui.tui.engine import real_engine

FOLDER = Path(__file__).parent
SIZE = (120, 40)
SWEEP_S = 180.0


async def take_all() -> None:
    """Lab while it runs, Lab with its verdict, History."""
    app = GilTui(real_engine())
    async with app.run_test(size=SIZE) as pilot:

        def keep(name: str) -> None:
            (FOLDER / f"{name}.svg").write_text(app.export_screenshot(title="gil-tui"))
            print(FOLDER / f"{name}.svg")

        await pilot.pause(3.0)  # interpreters found, history open
        await pilot.press("r")
        await pilot.pause(12.0)
        keep("lab-running")
        deadline_s = time.monotonic() + SWEEP_S
        while app.session.live.busy and time.monotonic() < deadline_s:
            await pilot.pause(0.2)
        keep("lab")
        await pilot.press("3")
        await pilot.pause(1.0)
        keep("history")
        await pilot.press("q")


def main() -> None:
    """Take them with a history of their own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        asyncio.run(take_all())


if __name__ == "__main__":
    main()
