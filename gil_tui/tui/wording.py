"""Words and figures in the language that is spoken, as several panes need them."""

from collections.abc import Sequence

from gil_tui import text
from gil_tui.language.spoken import figure, say


def enumerated(parts: Sequence[str]) -> str:
    """Words in a row, such as `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return say("{some} and {last}", some=", ".join(parts[:-1]), last=parts[-1])


def factor(value: float | None) -> str:
    """A speed-up as `1.91x`; `–` for what was not measured."""
    return figure(text.factor(value))


def percent(share: float | None) -> str:
    """A share as `98 %`; `–` for what was not measured."""
    return figure(text.percent(share))


def left(value_s: float) -> str:
    """Time that remains, never below a second: `12 s left`."""
    return say("{time} left", time=figure(text.left(value_s).removesuffix(" left")))
