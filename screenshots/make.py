"""Makes the README's pictures and figures: the real screen, keys pressed as the README tells, real runs.

`python screenshots/make.py` on a quiet machine, about four minutes: what is measured is in the picture, so a
sweep that other programs disturbed is run again. `NAME.svg` is 120x40 and dark, the others are named by size
and theme. `python screenshots/make.py --selftest` writes the README's table of how well is measured instead,
in one to four minutes. The history is a temporary one. Ends with 1 where something is not as the README
tells.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path

import psutil
from figures import load_text, selftest, selftest_text, write_between
from shop import load
from story import FUNCTION, PICTURES, SIZES, TITLE, Story

from gil_tui.cli import main as gil_tui
from gil_tui.lab.errors import LabError
from gil_tui.tui.engine import real_engine
from gil_tui.tui.headless import opened
from gil_tui.tui.start import Start

SERVICE = PICTURES / "shop.py"
PORT = 8000
CLIENTS = (1, 4)
ASKED_S = 3.0
STARTED_S = 10.0
LONG_S = 600
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=2000")
PAGE = "1000,1300"
"""Pixels of the report's first page."""


def main() -> int:
    """All pictures, or the table; says what is not as the README tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--selftest", action="store_true", help="write the table of the self-test instead")
    parser.add_argument("--png", type=Path, metavar="DIR", help="keep the pictures as PNG there, too")
    args = parser.parse_args()
    if args.selftest:
        found = selftest()
        write_between("selftest", selftest_text(found))
        return 0 if found.passed else 1
    if args.png:
        args.png.mkdir(parents=True, exist_ok=True)
        args.png = args.png.resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        shutil.copy(SERVICE, folder)
        os.chdir(folder)
        try:
            complaints = asyncio.run(pictures(args.png)) + report_page(Path(folder))
        except LabError as error:
            complaints = [f"{error}, so the pictures from there on are the old ones"]
        os.chdir(PICTURES)
    for complaint in complaints:
        print(f"not as the README tells: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


async def pictures(pngs: Path | None) -> list[str]:
    """From the list of processes to the audit; returns the complaints."""
    with ExitStack() as service:
        pid = service.enter_context(started())
        wait_for_answers()
        write_between("load", load_text(PORT, CLIENTS, ASKED_S))
        service.enter_context(started("--clients", str(CLIENTS[-1]), "--seconds", str(LONG_S)))
        async with opened(real_engine(), Start(workloads=(FUNCTION,)), SIZES[0]) as pilot:
            story = Story(pilot, pngs)
            await story.find(pid)
            await story.watch()
            service.close()
            await story.lab()
            await story.audit()
            await story.history()
            return story.complaints


def report_page(folder: Path) -> list[str]:
    """The first page of the newest sweep's report, as a browser shows it; returns the complaint, if any."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        return ["no chromium, so the picture of the report is the old one"]
    order = ["report", "--audit", TITLE, "--lang", "en", "--redact", "--json", "-o", str(folder / "report")]
    with redirect_stdout(sys.stderr):
        failed = gil_tui(order)
    if failed:
        return ["the report was not written"]
    options = {
        "user-data-dir": folder / "browser",
        "window-size": PAGE,
        "screenshot": PICTURES / "report.png",
    }
    look = [browser, *OPTIONS, *(f"--{name}={value}" for name, value in options.items())]
    page = (folder / "report" / "report.html").as_uri()
    done = subprocess.run([*look, page], capture_output=True, text=True, timeout=90, check=False)
    return [] if done.returncode == 0 else [f"the browser: {done.stderr.strip()[-300:]}"]


@contextmanager
def started(*arguments: str) -> Iterator[int]:
    """`python shop.py ARGUMENTS` in the working directory, by its number; ended with this.

    It is no child of this process, since the Watch does not list its own.
    """
    command = ["timeout", str(LONG_S), sys.executable, SERVICE.name, *arguments]
    parent = psutil.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not (children := parent.children()):
            time.sleep(0.01)
        yield children[0].pid
    finally:
        parent.terminate()
        parent.wait()


def wait_for_answers() -> None:
    """Until the service answers; raises SystemExit where it does not."""
    until_s = time.monotonic() + STARTED_S
    while time.monotonic() < until_s:
        try:
            load(PORT, 1, 0.1)
        except ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"the service does not answer on port {PORT}")


if __name__ == "__main__":
    sys.exit(main())
