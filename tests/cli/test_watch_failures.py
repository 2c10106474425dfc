"""A watcher that fails before it has seen anything says how it ended."""

import os
from collections.abc import Callable

import pytest

from gil_tui import cli
from gil_tui.commands import watching

ENDED = "the watcher ended (exit code 1): FileNotFoundError: /proc/stat"


class EndingWatcher:
    """Ends as soon as it is to look at something."""

    failure = ""

    def __init__(self, on_frame: object, on_end: Callable[[str], None]) -> None:
        self._on_end = on_end

    async def start(self) -> None:
        """Nothing is started."""

    def watch(self, pid: int) -> None:
        self.failure = ENDED
        self._on_end(ENDED)

    async def close(self) -> None:
        """There is nothing to close."""


def test_the_end_of_the_watcher_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watching, "WatcherProcess", EndingWatcher)
    assert cli.main(["watch", str(os.getpid()), "--seconds", "5"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"gil-tui: nothing was watched; {ENDED}\n"
