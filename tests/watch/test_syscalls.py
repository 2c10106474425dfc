import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.watch.syscalls import Call, Kind, call_kind, call_table, descriptor_kind, parse_call

X86, ARM = call_table("x86_64"), call_table("aarch64")
words = st.integers(0, 2**64 - 1)


def kind(line: bytes, table: dict[int, Kind] = X86) -> Kind:
    call = parse_call(line)
    assert call is not None
    return call_kind(call, table)


def line(number: int, *arguments: int) -> bytes:
    padded = [*arguments, *[0] * 6][:6]
    return (" ".join([str(number), *map(hex, padded), "0x7ffc00000000", "0x7f0000000000"]) + "\n").encode()


@given(st.integers(0, 600), st.lists(words, min_size=6, max_size=6), words, words)
def test_a_line_is_read_as_the_kernel_writes_it(
    number: int, arguments: list[int], stack: int, counter: int
) -> None:
    text = " ".join([str(number), *map(hex, arguments), hex(stack), hex(counter)]) + "\n"
    assert parse_call(text.encode()) == Call(number, tuple(arguments), stack)


@given(st.binary())
def test_any_other_line_is_no_call(text: bytes) -> None:
    call = parse_call(text)
    assert call is None or call.number == -1 or len(call.arguments) == 6


def test_running_and_faults() -> None:
    assert parse_call(b"running\n") is None
    assert kind(b"-1 0x7ffc12345678 0x7f0000001234\n") is Kind.FAULT


@pytest.mark.parametrize(
    ("x86", "arm", "expected"),
    [
        (line(0, 3), line(63, 3), Kind.DESCRIPTOR),
        (line(202, 0x1000, 0x189), line(98, 0x1000, 0x189), Kind.FUTEX),
        (line(230), line(115), Kind.SLEEP),
        (line(61), line(260), Kind.SLEEP),
        (line(232, 5), line(22, 5), Kind.NETWORK),
        (line(45, 5), line(207, 5), Kind.NETWORK),
        (line(270, 0), line(72, 0), Kind.SLEEP),
        (line(270, 8), line(72, 8), Kind.NETWORK),
        (line(271, 0x7FFF0000, 0), line(73, 0x7FFF0000, 0), Kind.SLEEP),
        (line(271, 0x7FFF0000, 2), line(73, 0x7FFF0000, 2), Kind.NETWORK),
        (line(74, 3), line(82, 3), Kind.DISK),
        (line(257), line(56), Kind.DISK),
        (line(73, 3), line(32, 3), Kind.LOCK),
        (line(72, 3, 7), line(25, 3, 7), Kind.LOCK),
        (line(72, 3, 1), line(25, 3, 1), Kind.DISK),
        (line(9999), line(9999), Kind.SLEEP),
    ],
)
def test_kinds_are_the_same_on_both_architectures(x86: bytes, arm: bytes, expected: Kind) -> None:
    assert kind(x86, X86) is expected
    assert kind(arm, ARM) is expected


@given(st.integers(-1, 1000), st.lists(words, min_size=6, max_size=6))
def test_every_call_has_a_kind_that_can_be_judged(number: int, arguments: list[int]) -> None:
    for table in (X86, ARM, call_table("riscv64")):
        found = call_kind(Call(number, tuple(arguments)), table)
        assert found not in (Kind.POLL, Kind.SELECT, Kind.FCNTL)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("socket:[4711]", Kind.NETWORK),
        ("pipe:[4711]", Kind.NETWORK),
        ("anon_inode:[eventfd]", Kind.NETWORK),
        ("anon_inode:[timerfd]", Kind.SLEEP),
        ("/dev/pts/3", Kind.NETWORK),
        ("/srv/data.db", Kind.DISK),
        ("/srv/socket: a file", Kind.DISK),
        ("", Kind.NETWORK),
    ],
)
def test_descriptors_by_what_they_are_open_on(link: str, expected: Kind) -> None:
    assert descriptor_kind(link) is expected


def test_numbers_agree_with_the_headers_of_this_host() -> None:
    header = Path("/usr/include/asm-generic/unistd.h")
    if not header.exists():
        pytest.skip("no kernel headers here")
    numbers = {
        name: int(number) for name, number in re.findall(r"__NR_(\w+) (\d+)$", header.read_text(), re.M)
    }
    for name, expected in {"futex": Kind.FUTEX, "ppoll": Kind.POLL, "recvfrom": Kind.NETWORK}.items():
        assert ARM[numbers[name]] is expected
