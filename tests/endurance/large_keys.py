"""How long a key takes: from typing it to the first byte of the answer, and to the last."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.terminal import Terminal

MOST_S = 0.100
PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Seconds from a key to the first and the last byte of what is drawn for it."""

    first_s: float
    last_s: float


def answer_to(terminal: Terminal, key: str, quiet_s: float = 0.15, patience_s: float = PATIENCE_S) -> Answer:
    """Type a key; its answer is over when nothing came for `quiet_s`."""
    terminal.read(0)
    seen = len(terminal.chunks)
    began_s = time.monotonic()
    terminal.send(key)
    terminal.wait_until(lambda: len(terminal.chunks) > seen, patience_s, f"answer to {key!r}")

    def quiet() -> bool:
        return time.monotonic() - terminal.chunks[-1].time_s >= quiet_s

    terminal.wait_until(quiet, patience_s, f"end of the answer to {key!r}")
    return Answer(terminal.chunks[seen].time_s - began_s, terminal.chunks[-1].time_s - began_s)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed, by rank."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def row_of(name: str, values_s: Sequence[float]) -> list[str]:
    """Name, number of keys, median, 95 %, most, in ms."""
    figures = (statistics.median(values_s), percentile(values_s, 0.95), max(values_s))
    return [name, str(len(values_s)), *(f"{one * 1000:.0f} ms" for one in figures)]


def drawing_s(pid: int) -> float:
    """CPU of the thread that answers keys, which does not depend on what else runs on the host."""
    return drawn_and_queued_s(pid)[0]


def drawn_and_queued_s(pid: int) -> tuple[float, float]:
    """Seconds that the thread that answers keys was on a CPU, and waited for one."""
    drawn_ns, queued_ns, _ = map(int, Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split())
    return drawn_ns / 1e9, queued_ns / 1e9
