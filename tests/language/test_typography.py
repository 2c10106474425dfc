"""The French of every catalogue is set as French is set."""

import re
from pathlib import Path

import pytest

from gil_tui.language.catalogue import entries_of

FOLDER = Path(__file__).parents[2] / "gil_tui" / "language" / "fr"
NO_BREAK = "[\u00a0\u202f]"
TYPED = re.compile(r"`[^`]*`|«[^»]*»|\{\w+\}|https?://\S+|--?\w[\w-]*|\b\w+\.\w+(?::\w+)?")
"""What is typed or named is no French: commands, options, addresses, placeholders."""


def translations(path: Path) -> list[str]:
    return [text for entry in entries_of(path.read_text("utf-8"))[1:] for text in entry.texts.values()]


CATALOGUES = sorted(FOLDER.glob("*.po"))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_a_space_that_does_not_break_stands_before_high_signs(path: Path) -> None:
    wrong = re.compile(rf"(?<!{NO_BREAK})[:;?!](?=\s|$|\))| %|(?<=\d)%")
    plain = [(text, TYPED.sub("x", text)) for text in translations(path)]
    signs = re.compile(r"^\W*$")
    assert [text for text, rest in plain if wrong.search(rest) and not signs.match(text)] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_quotes_and_apostrophes_are_french(path: Path) -> None:
    plain = [(text, TYPED.sub("x", text)) for text in translations(path)]
    assert [text for text, rest in plain if re.search(r"\w'\w|[\"“”]", rest)] == []
    quoted = re.compile(rf"«(?!{NO_BREAK})|(?<!{NO_BREAK})»")
    assert [text for text in translations(path) if quoted.search(text)] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_no_space_is_lost_or_doubled(path: Path) -> None:
    for entry in entries_of(path.read_text("utf-8"))[1:]:
        for text in entry.texts.values():
            assert not re.search(r"[ \u00a0\u202f]{2}", text) or re.search("  ", entry.message), text
            assert (text[:1] == " ", text[-1:] == " ") in (
                (entry.message[:1] == " ", entry.message[-1:] == " "),
                (False, entry.message[-1:] == " "),
            ), text


ANGLICISMS = re.compile(
    r"\b(digital\w*|supporter|supporté\w*|librairie|initialis\w+|stopp\w+|checker|run|runs|sample\w*|lock|speedup"
    r"|speed-up|benchmark\w*|workload\w*|sweep\w*|trial\w*|queue|held|watch)\b"
)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_where_french_has_a_word_it_is_used(path: Path) -> None:
    plain = [(text, TYPED.sub("x", text)) for text in translations(path)]
    assert [text for text, rest in plain if ANGLICISMS.search(rest)] == []
