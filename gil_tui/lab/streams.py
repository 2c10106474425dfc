"""What comes out of a child, kept within bounds: printed text and JSON-line events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

KEPT_BYTES = 32768
"""Of each of stdout and stderr: half from its beginning, half from its end."""

LARGEST = 1e300
LINE_BYTES = 8 << 20
"""A longer event line is thrown away; 100,000 tasks with their checksums take a third of this."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What was printed: `text` with the middle left out where it was too much, of `size_bytes` in all."""

    text: str = ""
    size_bytes: int = 0

    @property
    def last_line(self) -> str:
        """The last line that is not blank, empty if there is none."""
        return next((line.strip() for line in reversed(self.text.splitlines()) if line.strip()), "")


NOTHING = Captured()


class HeadAndTail:
    """Takes any amount of bytes and keeps the first and the last of them."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._half = kept_bytes // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._size += len(data)
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data[-self._half :]
        del self._tail[: -self._half]

    def captured(self) -> Captured:
        """What was kept so far; bytes that are not UTF-8 show as backslash escapes."""
        left_out = self._size - len(self._head) - len(self._tail)
        if not left_out:
            return Captured(_text(self._head + self._tail), self._size)
        gap = f"\n[{left_out} bytes left out]\n"
        return Captured(_text(self._head) + gap + _text(self._tail), self._size)


FIELDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "hello": {"pid": int, "python": dict},
    "calibrated": {"size": int, "tasks": int},
    "progress": {"done": int, "total": int},
}
"""What the Lab reads of these events; one without them is junk."""


class EventLines:
    """Cuts a byte stream into events; `junk` counts the lines that were none, or without the `token`."""

    def __init__(self, line_bytes: int = LINE_BYTES, token: str = "") -> None:
        self.junk = 0
        self._token = token
        self._line_bytes = line_bytes
        self._rest = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The events that `data` completes. A line without its end at the end of the stream is lost."""
        first, *others = data.split(b"\n")
        self._extend(first)
        for part in others:
            yield from self._finish_line()
            self._extend(part)

    def _extend(self, part: bytes) -> None:
        if self._skipping:
            return
        self._rest += part
        if len(self._rest) > self._line_bytes:
            self._rest.clear()
            self._skipping = True

    def _finish_line(self) -> Iterator[dict[str, Any]]:
        line, self._rest = bytes(self._rest), bytearray()
        event = None if self._skipping else _event(line, self._token)
        self._skipping = False
        if event is not None:
            yield event
        else:
            self.junk += 1


def _event(line: bytes, token: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return None
    if event.pop("token", "") != token:
        return None
    fields = FIELDS.get(event["event"], {})
    known = is_number(event.get("t_s")) and all(
        isinstance(event.get(name), kind) for name, kind in fields.items()
    )
    return event if known else None


def is_number(value: object) -> bool:
    """A finite number that a float can hold, and no truth value: JSON has others."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -LARGEST < value < LARGEST


def _text(data: bytearray) -> str:
    return data.decode("utf-8", errors="backslashreplace")
