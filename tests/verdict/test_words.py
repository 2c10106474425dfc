"""Numbers as a person reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.verdict import words
from gil_tui.verdict.confidence import CEILING, certainty, confidence, of_samples, of_trials
from gil_tui.verdict.model import Evidence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (words.share(0.99), "99 %"),
        (words.share(0.004), "0.4 %"),
        (words.share(0.0), "0 %"),
        (words.share(1.0), "100 %"),
        (words.factor(1.914), "1.91"),
        (words.factor(7.86), "7.9"),
        (words.factor(123.4), "123"),
        (words.seconds(0.0004), "0.4 ms"),
        (words.seconds(0.061), "61 ms"),
        (words.seconds(2.114), "2.11 s"),
        (words.seconds(312.4), "312 s"),
        (words.size(24_400_000), "24 MB"),
        (words.size(1_240_000), "1.2 MB"),
        (words.size(3_200_000_000), "3.2 GB"),
        (words.size(-24_400_000), "-24 MB"),
        (words.rate(178.3), "178"),
        (words.rate(161_234), "161,000"),
        (words.some(1, "thread"), "1 thread"),
        (words.some(1.5, "CPU"), "1.5 CPUs"),
        (words.some(2, "process", "processes"), "2 processes"),
        (words.cpus(1.0), "the one CPU this process may use"),
        (words.cpus_busy(1.9, 2.0), "the 2 CPUs this process may use are 95 % busy"),
        (words.cpus_busy(1.9, 1.0), "the one CPU this process may use is 100 % busy"),
        (words.verb(1.04, "waits", "wait"), "waits"),
        (words.verb(1.06, "waits", "wait"), "wait"),
        (words.listed(["a"]), "a"),
        (words.listed(["a", "b", "c"]), "a, b and c"),
        (words.listed([]), ""),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence("GIL held", 0.99, "share", "gauge"), "GIL held 99 %"),
        (Evidence("waiting for the GIL", 2.8, "threads", ""), "waiting for the GIL 2.8 threads"),
        (Evidence("speed-up", 1.91, "x", "", 1.88, 1.94), "speed-up 1.91x (1.88x to 1.94x)"),
        (Evidence("GIL held", None, "share", "PyPy"), "GIL held not measured"),
        (Evidence("tasks", 40.0, "", ""), "tasks 40"),
        (Evidence("something", 40.0, "parsecs", ""), "something 40 parsecs"),
    ],
)
def test_evidence(evidence: Evidence, expected: str) -> None:
    assert words.evidence_text(evidence) == expected


@given(st.lists(st.floats(0, 2), max_size=5))
def test_confidence_is_never_certain(factors: list[float]) -> None:
    assert 0 <= confidence(*factors) <= CEILING


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(0.01, 10))
def test_certainty_grows_with_the_distance(value: float, threshold: float, span: float) -> None:
    assert 0.5 <= certainty(value, threshold, span) <= 1
    assert certainty(threshold, threshold, span) == 0.5
    assert certainty(threshold + span, threshold, span) == pytest.approx(1)


def test_little_data_gives_little() -> None:
    assert of_samples(0) == of_trials(0) == 0
    assert of_samples(30) == 0.75
    assert of_trials(1) < 0.67
    assert of_trials(6) > 0.9
