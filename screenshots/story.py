"""From the list of processes to the audit by the keys that the README names, with pictures of each step."""

import asyncio
import sys
from itertools import product
from pathlib import Path

from textual.pilot import Pilot

from gil_tui.report.png import png_of
from gil_tui.report.terminal_svg import svg_of
from gil_tui.tui.headless import app_of, at_rest, until
from gil_tui.tui.picture import cells_of
from gil_tui.tui.screens.watch import WatchScreen

PICTURES = Path(__file__).parent
FUNCTION = "shop.py:postage"
TITLE = "Shop checkout"
SIZES = ((120, 40), (80, 24))
THEMES = ("dark", "light")
LISTED_S = 4.0
WATCHED_S = 16.0
RUNNING_S = 8.0
SWEEP_S = 240.0
AUDIT_S = 240.0
TRIES = 3
"""So often something is measured at most, until it is hardly disturbed."""
DISTURBED = 0.1
"""Share of the trials that may be marked."""


class Story:
    """Presses keys, keeps pictures beside this file, and notes what is not as the README tells."""

    def __init__(self, pilot: Pilot[int], pngs: Path | None = None) -> None:
        self.pilot, self.app, self.pngs = pilot, app_of(pilot), pngs
        self.complaints: list[str] = []

    async def find(self, service: int) -> None:
        """The Watch lists the processes."""
        await self.pilot.press("2")
        await at_rest(self.pilot)
        screen = self.app.screen
        assert isinstance(screen, WatchScreen)
        await self.pilot.press("slash", *"shop.py", "enter")
        listed = screen.processes
        await until(
            self.pilot, lambda: any(one.pid == service for one in listed.listed), "the service is not listed"
        )
        await asyncio.sleep(LISTED_S)  # CPU shares are those of the time between two looks
        await self.keep("find")
        if listed.at_cursor is None or listed.at_cursor.pid != service:
            self.complaints.append("the busiest process is not the service")

    async def watch(self) -> None:
        """The verdict on the service, with the function that holds the GIL."""
        session = self.app.watch_session
        await self.pilot.press("enter")
        await until(self.pilot, lambda: session.picture, "nothing was seen of the service")
        await self.pilot.press("h")
        for _ in range(TRIES):
            await asyncio.sleep(WATCHED_S)
            picture = session.picture
            code = picture.verdict.code if picture else "none"
            if code == "gil":
                break
        await self.keep("watch")
        self._tell("the verdict on the service", code, "gil")
        hot = picture.observation.hot if picture else ()
        self._tell("what holds the GIL", hot[0].function if hot else "not named", "postage")
        await self.pilot.press("s", "escape")

    async def lab(self) -> None:
        """The function in threads and in processes; again where other programs disturbed it."""
        session, disturbed, code = self.app.session, "", ""
        await self.pilot.press("1")
        for number in range(1, TRIES + 1):
            await self.pilot.press("r")
            await until(self.pilot, lambda: session.live.busy, "the sweep did not begin")
            await asyncio.sleep(RUNNING_S)
            await self.keep("lab-running")
            await until(self.pilot, lambda: not session.live.busy, "the sweep did not end", SWEEP_S)
            trials = [trial for run in session.live.runs for trial in run.trials]
            marked = sum(bool(trial.marks) for trial in trials)
            code = session.live.verdict.code if session.live.verdict else "none"
            disturbed = f"{marked} of {len(trials)} trials were disturbed"
            print(f"sweep {number}: {disturbed}, verdict {code}", file=sys.stderr)
            if marked <= DISTURBED * len(trials) and code == "gil":
                break
        else:
            self.complaints.append(f"no sweep was quiet: {disturbed}")
        self._tell("the verdict on the function", code, "gil")
        await self.keep("lab")

    async def audit(self) -> None:
        """All points of the function that the sweep has not answered yet."""
        await self.pilot.press("4")
        await at_rest(self.pilot)
        session = self.app.audit_session
        await self.pilot.press("n", *FUNCTION, "tab", *TITLE, "enter")
        await until(self.pilot, lambda: session.checklist, "the audit did not open")
        await at_rest(self.pilot)
        await self.pilot.press("a")
        await until(self.pilot, lambda: session.busy, "the audit did not begin")
        await until(self.pilot, lambda: not session.busy, "the audit did not end", AUDIT_S)
        await self.pilot.press("down", "down", "down", "k")  # to point 4; without the interpreter's folder
        await at_rest(self.pilot)
        await self.keep("audit")
        await self.pilot.press("k")
        missing = [point.number for point in session.checklist.missing] if session.checklist else []
        self._tell("points of the audit that are missing", str(missing), "[]")

    async def history(self) -> None:
        """All runs."""
        await self.pilot.press("3")
        await self.keep("history")

    async def keep(self, name: str) -> None:
        """What is seen, at every size in every theme."""
        for size, theme in product(SIZES, THEMES):
            self.app.theme = theme
            await self.pilot.resize_terminal(*size)
            self.app.clear_notifications()
            await at_rest(self.pilot)
            is_first = (size, theme) == (SIZES[0], THEMES[0])
            file = f"{name}{'' if is_first else f'-{size[0]}x{size[1]}-{theme}'}"
            svg = svg_of(cells_of(self.app), f"gil-tui {name}")
            (PICTURES / f"{file}.svg").write_text(svg)
            if self.pngs:
                (self.pngs / f"{file}.png").write_bytes(png_of(svg))
        self.app.theme = THEMES[0]
        await self.pilot.resize_terminal(*SIZES[0])

    def _tell(self, what: str, found: str, expected: str) -> None:
        if found != expected:
            self.complaints.append(f"{what}: {found}, the README says {expected}")
