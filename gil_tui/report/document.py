"""A document as blocks, before it is Markdown or HTML: what is said, not how it is marked up."""

import unicodedata
from dataclasses import dataclass, field
from typing import TypeAlias

from gil_tui.text import UNPRINTABLE


class English(str):
    """Words that stand in English in a document of another language."""

    __slots__ = ()


class Typed(str):
    """What is typed or is the name of something: set in the letters of a typewriter."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of `level` 2 to 4; `anchor` is its name within the document."""

    level: int
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; `role` is `verdict` for the most prominent sentence, `note` for a small one."""

    text: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list without order."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Questions and their answers, or names and their values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table under its `caption`; the columns in `right` hold figures."""

    caption: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture: `svg` is complete and refers to nothing outside, `name` that of its file without suffix.

    `caption` stands below it, `told` says in words what it shows.
    """

    name: str
    svg: str
    caption: str
    told: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines to type, or that a program printed."""

    lines: tuple[str, ...]
    is_command: bool = False


Block: TypeAlias = Heading | Paragraph | Bullets | Pairs | Table | Figure | Listing


@dataclass(frozen=True, slots=True)
class Document:
    """All of it, in order; `language` is the code of its words, `about` the line below the title."""

    title: str
    language: str
    about: str
    blocks: tuple[Block, ...] = field(default=())
    generator: str = "gil-tui"
    made_by: str = ""

    @property
    def figures(self) -> list[Figure]:
        """The pictures, in order."""
        return [block for block in self.blocks if isinstance(block, Figure)]


def printable(text: str) -> str:
    """The text without anything that a terminal or a reader of the file would obey instead of show."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text if unicodedata.category(character) not in UNPRINTABLE)
