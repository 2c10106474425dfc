"""The errors of the Lab: one clear line each, naming the cause and the remedy."""

from collections.abc import Iterable
from difflib import get_close_matches


class UsageError(Exception):
    """What was asked for cannot be done as asked; the command line ends with exit code 2."""


class LabError(Exception):
    """What was asked for is sound, and this host could not do it; exit code 1."""


def nearest(text: str, names: Iterable[str]) -> str:
    """A remedy for a misspelt name: the names closest to `text`, or all of them if none is close."""
    known = sorted(set(names))
    close = get_close_matches(text, known, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known: {', '.join(known)}" if known else "none is known"
