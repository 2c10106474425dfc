"""Targets: texts that people and packages give, and everything that makes foreign text harmless."""

import json
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from functools import cache
from importlib.metadata import EntryPoint

from gil_tui.bench.spec import Knob
from gil_tui.lab.interpreters import Interpreter, _fits, _split
from gil_tui.lab.knobs import JSON, checked_knobs
from gil_tui.lab.plan import checked_workload
from gil_tui.lab.plugins import WORKLOAD_GROUP, _plugin
from gil_tui.language.catalogue import entries_of
from gil_tui.language.speech import Language, language_called
from gil_tui.report.cells import Cells, Piece
from gil_tui.report.document import (
    Document,
    English,
    Heading,
    Listing,
    Pairs,
    Paragraph,
    Table,
    Typed,
    printable,
)
from gil_tui.report.hidden import Hidden
from gil_tui.report.html import html_text
from gil_tui.report.markdown import markdown_text
from gil_tui.report.terminal_svg import svg_of
from gil_tui.text import UNPRINTABLE, clean, clean_lines, fit, short_command, short_path
from gil_tui.tui.settings import changed, fields_of, settings_text

CATALOGUE = (
    b'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
    b'#, fuzzy\nmsgctxt "verdict"\nmsgid "a {name}"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[1] "d"\n',
    b'msgid "x"\nmsgstr[99999] "y"\n"z"\n',
)
SENTENCES = (
    b"GIL-bound: 4 threads do the work of 1.02. Use 2 processes: 1.91x, +24 MB, 61 ms start",
    b"threads x4 wait for `render` in views.py; 73 % of thread time, 1,234.5 MB and 2 kB",
    b"a. b, c and d; e. f, g and h; i",
)
PLUGINS = (
    b"name\0pkg.module:Class",
    b"\x1b[31m\0os:system",
    b"a\0json:loads [extra]",
    b"x\0:",
    b"y\0not valid!!",
)
KNOBS = (
    b"number\0" + b"12",
    b"share\0nan",
    b"flag\0Yes",
    b"args\0[1, {}]",
    b"text\0\x1b]8;;x\x07",
    b"other\0" + b"1",
)
INTERPRETERS = (b"3.13t+gil", b"pypy3+nojit", b"~nobody-here/python+gil", b"python3.99", b"+", b"cpython-3")
WORKLOADS = (b"countdown", b"shop.py:render", b"a:b:c", b":", b"countdwon", b"\xe2\x80\xae:x")
NASTY = (
    b"\x1b[31mred\x1b]0;title\x07\x9b2J\r\n\tx",
    "a\u202eb\u2066c\u2069\u2028d\u00ad\u200b\ud7ff".encode(),
    b"<script>alert('1')</script> & \"q\" `code` [red]x[/red] | =1+2 @SUM https://x.y/z",
    b"/home/alice/x/y.py host alice.example /srv/a b/c ~bob/d\n``` ~~~\n- * _ # 1. x",
    b"\xff\xfe\xed\xa0\x80 \xf0\x9f\x94\x8e \xe2\x94\x80\xe2\x96\x88",
)
_KNOBS = (
    Knob("number", 3, "", "a number"),
    Knob("share", 0.5, "", "a share"),
    Knob("flag", True, "", "yes or no"),
    Knob("text", "x", "", "a text"),
    Knob("args", "", JSON, "arguments"),
)
_TAG = re.compile(r"<[^>]*>")


def text_of(data: bytes) -> str:
    """Any text, lone surrogates included, as file names and arguments have them."""
    return data.decode("utf-8", "surrogateescape")


def is_harmless(text: str) -> bool:
    """Nothing in it that a terminal or an editor would obey."""
    return not any(unicodedata.category(character) in UNPRINTABLE for character in set(text))


def catalogue(data: bytes) -> None:
    """A catalogue of translations; ValueError."""
    entries = entries_of(data.decode("utf-8", "replace"))
    for entry in entries:
        _ = entry.key


@cache
def _french() -> Language:
    return language_called("fr")


def sentences(data: bytes) -> None:
    """Words of a verdict that are taken apart to be said in another language."""
    _french().sentence(data[:2000].decode("utf-8", "replace"))


def plugin(data: bytes) -> None:
    """The entry point of somebody's package, which may point anywhere; no module is loaded here."""
    name, _, value = data.decode("utf-8", "replace").partition("\0")
    entry = _Unloaded(name, value, WORKLOAD_GROUP)
    found = _plugin(entry, WORKLOAD_GROUP, None)
    assert found.why
    assert is_harmless(clean(found.why))


class _Unloaded(EntryPoint):
    """Finds nothing."""

    def load(self) -> object:
        """As where the module is missing."""
        raise ModuleNotFoundError(self.module)


def knobs(data: bytes) -> None:
    """What a person sets of a workload; UsageError."""
    name, _, value = text_of(data).partition("\0")
    found = checked_knobs(["w"], {"w": _KNOBS}, {name: value})
    for _, one in found["w"]:
        assert not isinstance(one, float) or 0 <= one < float("inf")


def settings(data: bytes) -> None:
    """The same as a line of the screen."""
    name, _, value = text_of(data).partition("\0")
    line = settings_text(changed((("number", "1"),), name, value), fields_of(_KNOBS))
    assert is_harmless(line)


def interpreter_text(data: bytes) -> None:
    """What a person calls an interpreter; UsageError."""
    base, _ = _split(text_of(data))
    _fits(base, Interpreter("/a", "cpython", "3.13.2", False, "3.13", "path"))


def workload_text(data: bytes) -> None:
    """What a person calls a workload; UsageError."""
    checked_workload(text_of(data), {"countdown": ()})


def cleaning(data: bytes) -> None:
    """What makes a text harmless on a terminal."""
    text = text_of(data)
    for shown in (clean(text), printable(text), short_command(text), *clean_lines(text)):
        assert is_harmless(shown)
    assert len(fit(clean(text), 9)) <= 9
    assert len(short_path(clean(text), 9)) <= 9
    json.loads(json.dumps(text))


def markup(data: bytes) -> None:
    """The report's Markdown and HTML around any text."""
    text = text_of(data)
    blocks = (
        Heading(2, text, text),
        Paragraph(text, "verdict"),
        Pairs(((text, English(text)),)),
        Table(text, (text, "b"), ((Typed(text), text),)),
        Listing((text,)),
    )
    document = Document(text, "en", text, blocks)
    page = html_text(document)
    body = page[page.index("<body>") :]
    assert "<script" not in body.lower()
    assert "<" not in _TAG.sub("", body)
    assert is_harmless(page.replace("\n", ""))
    assert is_harmless(markdown_text(document, {}).replace("\n", ""))


def svg(data: bytes) -> None:
    """The picture of a terminal with any text in its cells: well-formed, and the text as it was cleaned."""
    text = clean(text_of(data))[:200]
    row = (Piece(text, len(text), "#ffffff", "#000000", bold=True),)
    picture = svg_of(Cells(max(1, len(text)), 1, "#000000", (row,)), text)
    ElementTree.fromstring(picture)
    assert is_harmless(picture.replace("\n", ""))


@cache
def _hidden() -> Hidden:
    return Hidden(("/home/alice/", "/srv/a b/"), ("alice", "host"))


def hidden(data: bytes) -> None:
    """What is left of a text where names and folders are hidden."""
    text = _hidden().text(text_of(data))
    assert "/home/alice/" not in text
    assert not re.search(r"(?<!\w)alice(?!\w)", text, re.IGNORECASE)
