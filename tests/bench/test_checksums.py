"""Checksums of return values: alike for like values, in every process, in little time."""

import subprocess
import sys
from typing import Any

import pytest

from gil_tui.bench.workloads.checksums import checksum

WORDS = {f"word{i}" for i in range(50)}

VALUES: list[Any] = [
    None,
    True,
    1,
    1.5,
    -1,
    10**5000,
    2 * 10**5000,
    "shop",
    b"shop!",
    "\udc80",
    "",
    [],
    {},
    set(),
    [1, [2, [3]]],
    [1, [2, [4]]],
    {"a": 1, "b": [1, 2]},
    {"a": 1, "b": [1, 3]},
    WORDS,
    b"x" * 1_000_000,
    b"x" * 999_999 + b"y",
    b"x" * 1_000_001,
    list(range(100_000)),
    list(range(100_001)),
    {i: i for i in range(100_000)},
    object(),
]


def test_different_values_have_different_checksums() -> None:
    assert len({checksum(value) for value in VALUES}) == len(VALUES)


def test_checksums_fit_into_32_bits() -> None:
    assert all(0 <= checksum(value) < 2**32 for value in VALUES)


def test_what_cannot_be_compared_counts_by_its_type() -> None:
    assert checksum(object()) == checksum(object())
    assert checksum([1, object()]) == checksum([1, object()])
    assert checksum(lambda: 0) == checksum(lambda: 1)
    assert checksum(object()) != checksum(lambda: 0)


def test_the_order_of_a_set_does_not_matter_and_is_that_of_no_process() -> None:
    program = (
        "from gil_tui.bench.workloads.checksums import checksum\n"
        "print(checksum({'of': {f'word{i}' for i in range(50)}}))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2)
    }
    assert found == {f"{checksum({'of': WORDS})}\n"}


def test_values_that_contain_themselves() -> None:
    value: list[Any] = [1]
    value.append(value)
    assert checksum(value) == checksum(value)


def test_only_a_bounded_part_of_a_value_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    from gil_tui.bench.workloads import checksums

    looks = 0
    digest = checksums._digest

    def counted(value: Any, room: int) -> bytes:
        nonlocal looks
        looks += 1
        return digest(value, room)

    monkeypatch.setattr(checksums, "_digest", counted)
    checksum([[[0.5] * 100 for _ in range(100)] for _ in range(100)])
    checksum({i: {j: [j] * 50 for j in range(50)} for i in range(500)})
    assert looks < 10 * checksums.ROOM
