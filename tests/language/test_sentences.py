"""Verdicts in French: the same figures in another sentence, or the English one unchanged."""

import re
from collections.abc import Iterator

import pytest

from gil_tui.language import language_called, language_for
from gil_tui.language.sentences import Sentences, pattern_of
from gil_tui.verdict.diagnose import diagnose_observation
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.observation import Observation
from gil_tui.verdict.words import amount
from tests.report.sweeps import a_judged_sweep
from tests.verdict import builders
from tests.verdict.loads import LOADS

FRENCH = language_called("fr")


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (
            "GIL-bound: 4 threads do the work of 1.02. Use 2 processes: 1.91x, +24 MB, 61 ms start",
            "Limité par le GIL : 4 threads font le travail de 1,02. "
            "Utiliser 2 processus : 1,91 ×, +24 Mo, 61 ms de démarrage",
        ),
        ("Failed: ValueError: no. Really", "Échec : ValueError: no. Really"),
        ("measured: 1.85x to 1,234.50x", "mesuré : 1,85 × à 1 234,50 ×"),
        ("the watch: this run was not watched", "l’observation : cette mesure n’a pas été observée"),
        ("countdown: Nothing was run", "countdown : Rien n’a été lancé"),
    ],
)
def test_sentences(english: str, french: str) -> None:
    said = FRENCH.sentence(english)
    assert said is not None
    assert re.sub("[\u00a0\u202f]", " ", said) == french


@pytest.mark.parametrize(
    "english", ["Quite another sentence", "GIL-bound: nobody knows why", "of unknown words: 3 threads"]
)
def test_what_no_template_knows_is_not_guessed(english: str) -> None:
    assert FRENCH.sentence(english) is None


@pytest.mark.parametrize("english", ["a; " * 5000, "3 threads; " * 140, "x" * 5000, "3 threads and " * 5000])
def test_what_is_no_verdict_is_soon_given_up(english: str) -> None:
    assert FRENCH.sentence(english) is None


def test_sentences_of_many_workloads_are_said_one_by_one() -> None:
    one = "GIL-bound: 4 threads do the work of 1.02. Use 2 processes: 1.91x, +24 MB, 61 ms start"
    said = FRENCH.sentence(". ".join(f"shop{n}: {one}" for n in range(40)))
    assert said is not None
    assert said.count("Limité par le GIL") == 40
    assert "shop39" in said


def test_english_needs_no_translation() -> None:
    assert language_called("en").sentence("Quite another sentence") == "Quite another sentence"


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("1.91x", "1,91 ×"),
        ("99 %", "99 %"),
        ("24 MB", "24 Mo"),
        ("178/s", "178/s"),
        ("161,000", "161 000"),
        ("2 min 05 s", "2 min 05 s"),
        ("–", "–"),
    ],
)
def test_figures(english: str, french: str) -> None:
    assert re.sub("[\u00a0\u202f]", " ", FRENCH.figure(english)) == french


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"LC_ALL": "fr_FR.UTF-8", "LANG": "en_US.UTF-8"}, "fr"),
        ({"LC_ALL": "", "LC_MESSAGES": "fr_CA", "LANG": "C"}, "fr"),
        ({"LC_ALL": "C.UTF-8", "LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_locale_chooses_where_nobody_asks(environ: dict[str, str], code: str) -> None:
    assert language_for("", environ).code == code
    assert language_for("fr", environ).code == "fr"


def every_text(verdict: Verdict) -> Iterator[str]:
    yield verdict.sentence
    yield from verdict.would_change
    for row in verdict.evidence:
        yield from (row.name, row.how, amount(row.value, row.unit))
    for advice in verdict.advice:
        yield from (advice.action, advice.cost, advice.why)


def verdicts() -> Iterator[Verdict]:
    """All that the known loads and a sweep say."""
    watched = [value for value in vars(builders).values() if isinstance(value, Observation)]
    yield from map(diagnose_observation, [*LOADS.values(), *watched])
    sweep = a_judged_sweep()
    assert sweep.verdict
    yield sweep.verdict
    yield from (run.verdict for run in sweep.runs if run.verdict)


def figures(text: str) -> list[str]:
    """The digits of a text in order of size, whatever stands between them."""
    return sorted(
        re.findall(r"\d+(?:[.,]\d+)?", re.sub(r"(?<=\d)[,\u202f](?=\d{3})", "", text).replace(",", "."))
    )


def test_all_that_is_said_of_known_loads_is_said_in_french() -> None:
    texts = {text for verdict in verdicts() for text in every_text(verdict) if text}
    assert len(texts) > 60
    assert {text for text in texts if FRENCH.sentence(text) is None} == set()


def test_no_figure_is_lost_or_changed() -> None:
    for verdict in verdicts():
        for text in every_text(verdict):
            said = FRENCH.sentence(text)
            if said is not None:
                assert figures(said) == figures(text)


def test_reading_a_sentence_and_saying_it_again_changes_nothing() -> None:
    """With each template as its own translation what comes out is what went in: figures are read rightly."""
    own = Sentences({english: english for english in FRENCH_TEMPLATES}, lambda text: text)
    for verdict in verdicts():
        for text in every_text(verdict):
            again = own.translated(text) if text else ""
            assert again is not None
            for own_word, english in (("\u202f", ""), (" et ", " and "), ("` dans ", "` in ")):
                again = again.replace(own_word, english)
            assert again.lower() == text.lower()


FRENCH_TEMPLATES = [entry.message for entry in FRENCH._entries if entry.context == "verdict"]


def test_a_placeholder_of_no_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        pattern_of("{something} else")
