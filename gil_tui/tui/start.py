"""What the person asked for when starting the screen."""

from dataclasses import dataclass

from gil_tui.tui.settings import Settings


@dataclass(frozen=True, slots=True)
class Start:
    """What is chosen at first; empty where nothing was said. `interpreters` are keys.

    `screenshots` is the folder of pictures; `redact` begins with the mask on. `cores` are those of another
    machine that the bound is drawn for.
    """

    workloads: tuple[str, ...] = ()
    executors: tuple[str, ...] = ()
    workers: tuple[int, ...] = ()
    interpreters: tuple[str, ...] = ()
    settings: Settings = ()
    pid: int | None = None
    screenshots: str = ""
    redact: bool = False
    cores: float | None = None
