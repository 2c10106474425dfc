import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.lab.streams import EventLines, HeadAndTail


def captured(chunks: list[bytes], kept_bytes: int) -> tuple[str, int]:
    buffer = HeadAndTail(kept_bytes)
    for chunk in chunks:
        buffer.feed(chunk)
    return buffer.captured().text, buffer.captured().size_bytes


@given(st.lists(st.text("ab\n", max_size=30).map(str.encode)))
def test_kept_is_the_whole_or_its_two_ends(chunks: list[bytes]) -> None:
    whole = b"".join(chunks).decode()
    text, size_bytes = captured(chunks, 20)
    assert size_bytes == len(whole)
    if len(whole) <= 20:
        assert text == whole
    else:
        assert text == f"{whole[:10]}\n[{len(whole) - 20} bytes left out]\n{whole[-10:]}"


def test_bytes_that_are_not_utf8_are_shown_as_escapes() -> None:
    assert captured([b"a\xff"], 20) == ("a\\xff", 2)


def test_last_line_is_the_last_that_says_something() -> None:
    buffer = HeadAndTail()
    buffer.feed(b"one\n  two \n\n")
    assert buffer.captured().last_line == "two"
    assert HeadAndTail().captured().last_line == ""


@given(st.lists(st.integers(), max_size=8), st.integers(1, 7))
def test_events_are_found_however_the_bytes_are_cut(numbers: list[int], step: int) -> None:
    stream = b"".join(json.dumps({"event": "x", "t_s": 1.5, "n": n}).encode() + b"\n" for n in numbers)
    lines = EventLines()
    events = [e for i in range(0, len(stream), step) for e in lines.feed(stream[i : i + step])]
    assert [event["n"] for event in events] == numbers
    assert lines.junk == 0


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_are_too_strange(chunks: list[bytes]) -> None:
    lines = EventLines(line_bytes=30)
    for chunk in chunks:
        list(lines.feed(chunk))
    list(lines.feed(b"\n"))
    assert list(lines.feed(b'{"event": "ok", "t_s": 1}\n')) == [{"event": "ok", "t_s": 1}]


def test_a_line_without_bounds_is_thrown_away_and_counted() -> None:
    lines = EventLines(line_bytes=100)
    events: list[dict[str, Any]] = []
    for _ in range(50):
        events += lines.feed(b"x" * 64)
    events += lines.feed(b'y\n{"event": "after", "t_s": 1}\n')
    assert events == [{"event": "after", "t_s": 1}]
    assert lines.junk == 1


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "hello", "t_s": 1.0}',
        '{"event": "hello", "t_s": 1.0, "pid": "1", "python": {}}',
        '{"event": "progress", "t_s": 1.0, "done": 1}',
        '{"event": "calibrated", "t_s": 1.0, "size": null, "tasks": 3}',
        '{"event": "started"}',
        '{"event": 3, "t_s": 1.0}',
    ],
)
def test_an_event_that_lacks_what_is_read_of_it_is_junk(line: str) -> None:
    lines = EventLines(line_bytes=100)
    assert list(lines.feed(line.encode() + b"\n")) == []
    assert lines.junk == 1
