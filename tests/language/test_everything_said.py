"""Whatever a verdict, an audit, a comparison or a self-test says is said in French, with the same figures."""

import re

import pytest

from gil_tui.language import language_called
from tests.language.sayings import everything
from tests.language.test_sentences import figures

FRENCH = language_called("fr")
SAID = everything()
NAME = re.compile(r"`[^`]+`|#\d+|\b[\w:+]+ x\d+\b|\bC?PyPy [\d.]+t?|\bCPython [\d.]+t?")
"""What must not be translated: functions, runs, executors, interpreters."""


@pytest.mark.parametrize("kind", SAID)
def test_it_is_said_wholly(kind: str) -> None:
    texts = {text for text in SAID[kind] if text}
    assert len(texts) > 20
    assert {text for text in texts if FRENCH.sentence(text) is None} == set()


@pytest.mark.parametrize("kind", SAID)
def test_figures_and_names_are_kept(kind: str) -> None:
    for text in filter(None, SAID[kind]):
        said = FRENCH.sentence(text) or ""
        assert figures(said) == figures(text)
        assert {name for name in NAME.findall(text) if name.strip("`") not in said} == set()


def test_no_word_of_english_is_left_between_french_ones() -> None:
    english = re.compile(r"\b(the|of|and|with|wait|waits|threads? that|is|are|than|beyond)\b")
    texts = [text for kind in SAID for text in SAID[kind] if text and "really" not in text]
    assert [said for text in texts if english.search(said := FRENCH.sentence(text) or "")] == []
