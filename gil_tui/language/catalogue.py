"""A gettext catalogue read from its .po file, so that nothing has to be compiled when it is installed."""

import ast
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from gettext import GNUTranslations
from importlib import resources
from io import BytesIO

MAGIC = 0x950412DE
CONTEXT_END = "\x04"
"""Between context and message in the key of a .mo file, as gettext has it."""
BEGINNINGS = ("msgctxt", "msgid")
"""What a message begins with."""


@dataclass(slots=True)
class Entry:
    """One message: `context` may be empty, `plural` too, `texts` has a translation for each plural form."""

    context: str = ""
    message: str = ""
    plural: str = ""
    texts: dict[int, str] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        """As gettext looks it up."""
        message = f"{self.message}\0{self.plural}" if self.plural else self.message
        return f"{self.context}{CONTEXT_END}{message}" if self.context else message


def po_texts(code: str) -> list[str]:
    """The catalogue's files of a language; raises FileNotFoundError where there are none."""
    folder = resources.files("gil_tui.language") / code
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".po")), key=lambda one: one.name)
    return [one.read_text("utf-8") for one in files]


def entries_of_language(code: str) -> list[Entry]:
    """All messages of a language, the header (the empty message) first and once."""
    each = [entries_of(text) for text in po_texts(code)]
    return [*each[0][:1], *(entry for entries in each for entry in entries[1:])]


def entries_of(po: str) -> list[Entry]:
    """All messages of a .po file, its header (the empty message) first.

    Raises ValueError, with the number of the line, for what is no such file.
    """
    return list(_entries(po))


def compiled(entries: list[Entry]) -> GNUTranslations:
    """The catalogue as the standard library uses it; what is fuzzy or empty is left out, as msgfmt does.

    Format: GNU gettext manual, "The Format of GNU MO Files".
    """
    texts = {
        entry.key.encode(): "\0".join(text for _, text in sorted(entry.texts.items())).encode()
        for entry in entries
        if any(entry.texts.values()) and "fuzzy" not in entry.flags
    }
    keys = sorted(texts)
    start = 28 + 16 * len(keys)
    tables: list[int] = []
    for strings in (keys, [texts[key] for key in keys]):
        for one in strings:
            tables += (len(one), start)
            start += len(one) + 1
    head = struct.pack("<7I", MAGIC, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    strings_block = b"".join(one + b"\0" for one in (*keys, *(texts[key] for key in keys)))
    return GNUTranslations(BytesIO(head + struct.pack(f"<{len(tables)}I", *tables) + strings_block))


def _entries(po: str) -> Iterator[Entry]:
    entry, part = Entry(), ""
    for number, line in enumerate(po.splitlines(), 1):
        line = line.strip()
        if not line:
            continue
        if line[0] == '"':
            keyword, text = part, line
        else:
            keyword, _, text = line.partition(" ")
            comment, begins = line[0] == "#", keyword in BEGINNINGS
            if (comment or begins) and part.startswith("msgstr"):
                yield entry
                entry, part = Entry(), ""
            if comment:
                if line.startswith("#,"):
                    entry.flags |= {flag.strip() for flag in line[2:].split(",")}
                continue
            part = keyword
        if not keyword.startswith("msg") or text[:1] != '"' or text[-1:] != '"':
            raise ValueError(f"line {number} is none of a .po file: {line}")
        try:
            _add(entry, part, _unquoted(text))
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise ValueError(f"line {number} is none of a .po file: {line}") from error
    if part.startswith("msgstr"):
        yield entry


def _unquoted(text: str) -> str:
    """What stands between the quotes; most lines have nothing in them that must be read as Python would."""
    return str(ast.literal_eval(text)) if "\\" in text else text[1:-1]


def _add(entry: Entry, part: str, text: str) -> None:
    if part == "msgctxt":
        entry.context += text
    elif part == "msgid":
        entry.message += text
    elif part == "msgid_plural":
        entry.plural += text
    else:
        form = int(part[7:-1]) if "[" in part else 0
        entry.texts[form] = entry.texts.get(form, "") + text
