"""A language in which every message is told at a glance: what stays readable did not go through a catalogue.

Its letters are Cyrillic ones that take the same cells, so nothing is laid out otherwise than in English.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from gil_tui.language import Language, language_called
from gil_tui.language.catalogue import entries_of_language
from gil_tui.language.sentences import SENTENCE, Sentences
from gil_tui.language.spoken import speak

LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "абцдефгхийклмнопярстувщьызАБЦДЕФГХИЙКЛМНОПЯРСТУВЩЬЫЗ",
)
WORD = re.compile(r"[^\W\d_]*[A-Za-z][^\W\d_]+(?![^\W\d_]|…)")
"""A word with a letter of English in it; one letter alone is a key or a unit, what is cut off is no word."""
LEAST_PART = 4
"""So many letters tell a name that a dialog covers in part."""
NAMES = frozenset(
    {
        "gil", "tui", "python", "cpython", "pypy", "cpu", "ms", "mb", "kb", "gb", "hz", "min", "svg", "png",
        "sequential", "threads", "processes", "interpreters", "asyncio", "dask", "esc", "space",
        "enter", "tab", "pid", "py", "http", "pss",
    }
)  # fmt: skip
"""Names that are the same in every language: programs, executors, units, keys."""


def marked(message: str) -> str:
    """The message in the letters of this language; placeholders stay."""
    parts = re.split(r"(\{\w*\})", message)
    return "".join(part if part.startswith("{") else part.translate(LETTERS) for part in parts)


class Pseudo(Language):
    """Says every message, and those sentences of a verdict for which there is a template in French."""

    def __init__(self) -> None:
        super().__init__("en")

    def say(self, message: str, /, **values: object) -> str:
        return marked(message).format(**values) if values else marked(message)

    def some(self, one: str, many: str, count: int, /, **values: object) -> str:
        return marked(one if count == 1 else many).format(count=count, **values)

    def sentence(self, text: str) -> str | None:
        return _templates().translated(text) if text else text

    def figure(self, text: str) -> str:
        return text


@cache
def _templates() -> Sentences:
    known = (entry.message for entry in entries_of_language("fr") if entry.context == SENTENCE)
    return Sentences({message: marked(message) for message in known}, lambda text: text)


@contextmanager
def spoken_as(language: Language) -> Iterator[None]:
    """Speak this language meanwhile, and English again after it."""
    speak(language)
    try:
        yield
    finally:
        speak(language_called("en"))


def unspoken(text: str, allowed: frozenset[str] = frozenset()) -> list[str]:
    """Words of a text that no catalogue had, but for names; `allowed` are the data of a test (lower case)."""
    words = {word.group() for word in WORD.finditer(text)}
    return sorted(word for word in words if not _is_name(word.lower(), NAMES | allowed))


def _is_name(word: str, names: frozenset[str]) -> bool:
    return word in names or (len(word) >= LEAST_PART and any(name.startswith(word) for name in names))
