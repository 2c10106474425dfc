"""Texts and a process that a terminal, a browser or Textual's markup would obey if they were let."""

import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gil_tui.text import UNPRINTABLE

BLINKING = "\x1b[5;35m"
"""gil-tui lets nothing blink: what does comes from somebody else."""
CLIPBOARD = "\x1b]52;c;ZXZpbA==\x07"
TITLE = "\x1b]0;evil title\x07"
NASTY = (
    f"[bold red][@click=app.quit]x[/]{BLINKING}red{TITLE}{CLIPBOARD}\x9b2J\r\x00\x7f\u202egnp\u2066\u200b"
    "<script>alert(1)</script>\udc80"
)
SOURCE = r"""
import ctypes, sys, threading, time
libc = ctypes.CDLL(None)
PR_SET_NAME = 15
def named(name):
    libc.prctl(PR_SET_NAME, name, 0, 0, 0)
    while True:
        spin()
def spin():
    sum(range(100000))
spin.__code__ = spin.__code__.replace(
    co_name="\x1b[5;35m[b]spin[@click=app.quit]", co_filename="/x/\x1b]52;c;ZXZpbA==\x07\u202e.py"
)
names = b"\x1b[5;35mr", b"\xe2\x80\xaegnp[b]", b"\rNSpid:\tx", b"\x9b2J", b"\x1b]52;c;WA\x07", b"[@click=q]"
for name in names:
    thread = threading.Thread(target=named, args=(name,), daemon=True)
    thread.name = "\x1b[5;35m[red]\u202e\x1b]0;t\x07"
    thread.start()
libc.prctl(PR_SET_NAME, b"\rUid:\t0\t12345", 0, 0, 0)
print("ready", flush=True)
time.sleep(120)
"""
"""Its threads' names, its own name, its functions and their files: all of what it may choose."""


def obeyed(text: str) -> set[str]:
    """Characters that a terminal would obey instead of show."""
    return {one for one in text if unicodedata.category(one) in UNPRINTABLE and one != "\n"}


@contextmanager
def hostile_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that lies in everything that it may say of itself."""
    folder = folder / "\x1b[31m[bold]\u202eevil"
    folder.mkdir()
    python = folder / "python3.99\x07"
    python.symlink_to(sys.executable)
    words = [
        TITLE,
        CLIPBOARD,
        f"{BLINKING}[red][@click=app.quit]",
        "a\nb\rc",
        "\u202egnp\u200b\x9b2J",
        "x" * 100_000,
    ]
    with subprocess.Popen([str(python), "-c", SOURCE, *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()
