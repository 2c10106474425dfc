import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.text import clean, clean_lines, count, factor, fit, left, percent, seconds


@pytest.mark.parametrize(
    ("value_s", "text"),
    [
        (0.0004, "0.4 ms"),
        (0.061, "61 ms"),
        (0.9996, "1.00 s"),
        (4.049, "4.05 s"),
        (12.14, "12.1 s"),
        (99.99, "1 min 40 s"),
        (125, "2 min 05 s"),
        (float("nan"), "–"),
    ],
)
def test_durations_have_three_digits_and_a_unit(value_s: float, text: str) -> None:
    assert seconds(value_s) == text


def test_what_a_terminal_would_obey_is_left_out() -> None:
    assert clean("a\x1b[31mred\x07\u202eb\r\nc\x9b") == "a[31mredb  c"
    assert clean("a\u00a0: b\u202f; c\u2003d") == "a\u00a0: b\u202f; c d"
    assert clean("[red]shop.py[/]") == "[red]shop.py[/]"
    assert clean_lines("a\tb\n\x1b]0;title\x07c\n") == ["a       b", "]0;titlec"]


@given(st.text())
def test_clean_text_is_printable(text: str) -> None:
    cleaned = clean(text)
    assert "\n" not in cleaned and "\x1b" not in cleaned
    assert clean(cleaned) == cleaned


@given(st.text(), st.integers(min_value=0, max_value=20))
def test_fitted_text_fits(text: str, width: int) -> None:
    assert len(fit(text, width)) <= width or len(text) <= width


def test_small_words() -> None:
    assert [percent(0.987), percent(None)] == ["99 %", "–"]
    assert [factor(1.912), factor(12.34), factor(None)] == ["1.91x", "12.3x", "–"]
    assert [count(2.0), count(1.5)] == ["2", "1.5"]
    assert [left(0.2), left(12.2), left(125)] == ["1 s left", "13 s left", "2 min 05 s left"]
