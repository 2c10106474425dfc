"""The same picture in fewer bytes: over SSH they are what a live screen costs."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from rich.console import Console, RenderableType
from rich.segment import Segment
from textual._compositor import ChopsUpdate
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.strip import Strip

TOKEN = re.compile(r"\x1b\[([\d;]*)m|\n?(\x1b\[\d+;\d+H)|([^\x1b\n]+)|(.[^\x1b\n]*)", re.DOTALL)
"""SGR ("select graphic rendition") codes; a move of the cursor to a place; text; anything else."""
FOREGROUND, BACKGROUND = "39", "49"
"""The codes of the terminal's own colours."""
DIRECT = {"5": 1, "2": 3}
"""Numbers of a colour that follow `38;5` and `38;2`."""


class Rendition(NamedTuple):
    """How text looks, in SGR codes."""

    attributes: tuple[str, ...] = ()
    foreground: str = FOREGROUND
    background: str = BACKGROUND


PLAIN = Rendition()


class ThriftyApp(App[int]):
    """An app that says to the terminal only what has changed."""

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice, or ours for a terminal."""
        chosen = super().get_driver_class()
        return ThriftyDriver if chosen is LinuxDriver else chosen

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, narrowed(renderable))


def narrowed(renderable: RenderableType | None) -> RenderableType | None:
    """The same picture; an update of a part, with the cells alone that changed."""
    if isinstance(renderable, ChopsUpdate):
        return NarrowUpdate(renderable.chops, renderable.spans, renderable.chop_ends)
    return renderable


class NarrowUpdate(ChopsUpdate):
    """An update from the first changed cell on; Textual's begins where the widget does (its issue 5625)."""

    def render_segments(self, console: Console) -> str:
        """The spans that changed, each after a move to its place."""
        parts: list[str] = []
        for y, first, end in self.spans:
            for strip_end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=True):
                if strip is None or x >= end or strip_end <= first:
                    continue
                start, piece = _piece(strip, max(0, first - x), min(strip_end, end) - x)
                parts.append(f"\x1b[{y + 1};{x + start + 1}H{piece.render(console)}")
        return "".join(parts)


def _piece(strip: Strip, first: int, end: int) -> tuple[int, Strip]:
    """Its cells up to `end` and where they begin: at `first`, or at 0 where it has wide characters."""
    if first == 0 and end >= strip.cell_length:
        return 0, strip
    if not _is_narrow(strip):
        return 0, strip.crop(0, end)
    return first, Strip(_between(strip, first, end))


def _between(strip: Strip, first: int, end: int) -> Iterator[Segment]:
    """As `Strip.crop`, which keeps all that it ever cut: some 4 MB after an hour of watching."""
    at = 0
    for text, style, control in strip:
        if at + len(text) > first and at < end:
            yield Segment(text[max(0, first - at) : end - at], style, control)
        at += len(text)


def _is_narrow(strip: Strip) -> bool:
    """True where each character takes one cell, so that none is cut."""
    return strip.cell_length == sum(len(segment.text) for segment in strip)


class ThriftyDriver(LinuxDriver):
    """Textual gives each piece of text all of its colours and a reset; here only what changes is sent."""

    def write(self, data: str) -> None:
        """Write what draws the same."""
        super().write(shorter(data))


def shorter(output: str) -> str:
    """Output that draws the same with fewer SGR codes; it ends without any in force, as it began.

    What is neither text nor a colour nor a move to a place stays as it is, and all of it does where a
    code is not known.
    """
    parts: list[str] = []
    wanted = actual = PLAIN
    for match in TOKEN.finditer(output):
        codes, move, text, other = match.groups()
        if codes is not None:
            after = _after(wanted, codes)
            if after is None:
                return output
            wanted = after
            continue
        if move is None and wanted != actual:
            shown = _unseen_kept(actual, wanted) if text is not None and text.isspace() else wanted
            parts.append(_change(actual, shown))
            actual = shown
        parts.append(move or text or other)
    parts.append(_change(actual, PLAIN))
    return min("".join(parts), output, key=len)


def _unseen_kept(actual: Rendition, wanted: Rendition) -> Rendition:
    """For spaces: plain ones have a background alone."""
    if actual.attributes or wanted.attributes:
        return wanted
    return wanted._replace(foreground=actual.foreground)


@lru_cache(maxsize=4096)
def _change(before: Rendition, after: Rendition) -> str:
    """The codes that lead from one to the other."""
    if before == after:
        return ""
    if after == PLAIN:
        return "\x1b[0m"
    codes: list[str] = []
    if before.attributes != after.attributes:
        if before.attributes:
            before = PLAIN
            codes.append("0")
        codes += after.attributes
    if before.foreground != after.foreground:
        codes.append(after.foreground)
    if before.background != after.background:
        codes.append(after.background)
    return f"\x1b[{';'.join(codes)}m"


@lru_cache(maxsize=4096)
def _after(before: Rendition, codes: str) -> Rendition | None:
    """How text looks after these codes; None where one of them is not known."""
    attributes, foreground, background = before
    rest = iter(codes.split(";"))
    for code in rest:
        if code in ("", "0"):
            attributes, foreground, background = PLAIN
            continue
        number = int(code)
        if number in (38, 48):
            kind = next(rest, "")
            values = [next(rest, "") for _ in range(DIRECT.get(kind, 0))]
            if not values or "" in values:
                return None
            code = ";".join([code, kind, *values])
        if 30 <= number <= 39 or 90 <= number <= 97:
            foreground = code
        elif 40 <= number <= 49 or 100 <= number <= 107:
            background = code
        elif 1 <= number <= 9 or number in (21, 51, 52, 53):
            attributes = (*attributes, code)
        else:
            return None
    return Rendition(attributes, foreground, background)
