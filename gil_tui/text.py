"""Numbers and names as a person reads them: units, precision, nothing that the terminal would obey."""

import math
import unicodedata

UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Unicode categories that move the cursor, reorder the line or show nothing."""
NO_BREAK = "\u00a0\u202f"
"""Spaces at which a line may not end, as before a colon of French."""


def clean(text: str) -> str:
    """One printable line: control and direction characters are left out, white space becomes spaces.

    Spaces that do not break stay, so that what is wrapped later keeps together.
    """
    if text.isascii() and text.isprintable():
        return text
    spaced = (" " if character.isspace() and character not in NO_BREAK else character for character in text)
    return "".join(character for character in spaced if unicodedata.category(character) not in UNPRINTABLE)


def clean_lines(text: str) -> list[str]:
    """The lines of a program's output, each made printable; tabs reach the next eighth column."""
    return [clean(line) for line in text.expandtabs(8).splitlines()]


def seconds(value_s: float) -> str:
    """A duration with three significant digits: `61 ms`, `4.05 s`, `12.1 s`, `2 min 05 s`."""
    if not math.isfinite(value_s):
        return "–"
    if value_s < 0.9995:
        milliseconds = value_s * 1000
        return f"{milliseconds:.1f} ms" if milliseconds < 9.95 else f"{milliseconds:.0f} ms"
    if value_s < 9.995:
        return f"{value_s:.2f} s"
    if value_s < 99.95:
        return f"{value_s:.1f} s"
    minutes, rest = divmod(round(value_s), 60)
    return f"{minutes} min {rest:02d} s"


def left(value_s: float) -> str:
    """Time that remains, in whole seconds, never below one: `12 s left`, `2 min 05 s left`."""
    whole = max(1, math.ceil(value_s))
    return f"{whole} s left" if whole < 100 else f"{whole // 60} min {whole % 60:02d} s left"


def percent(share: float | None) -> str:
    """A share as `98 %`; `–` for what was not measured."""
    return "–" if share is None else f"{share * 100:.0f} %"


def factor(value: float | None) -> str:
    """A speed-up as `1.91x`; `–` for what was not measured."""
    if value is None:
        return "–"
    return f"{value:.2f}x" if value < 9.995 else f"{value:.1f}x"


def count(value: float) -> str:
    """A number of CPUs or threads: `2`, `1.5`."""
    return f"{value:.0f}" if value == round(value) else f"{value:.1f}"


def short_path(path: str, width: int) -> str:
    """The end of a path, which tells more than its beginning, in at most `width` characters."""
    return path if len(path) <= width else "…" + path[len(path) - width + 1 :] if width > 0 else ""


def short_command(command: str) -> str:
    """A command line with its program's name instead of its path."""
    program, space, arguments = clean(command).partition(" ")
    return f"{program.rpartition('/')[2] or program}{space}{arguments}"


def fit(text: str, width: int) -> str:
    """The beginning of `text` in at most `width` characters, with an ellipsis where it was cut."""
    return text if len(text) <= width else text[: max(0, width - 1)] + ("…" if width > 0 else "")
