import contextlib
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.lab.interpreters import Interpreter
from gil_tui.watch.elf import Elf, ElfError, Read, Symbol, gnu_hash
from tests.watch.pictures import elf_module

BASE = 0x7F0000
SYMBOLS = {
    b"_PyRuntime": (0x2000, 0x900),
    b"Py_Version": (0x1000, 8),
    b"Py_Main": (0x300, 20),
    b"main": (0x10, 4),
}


def reader(image: bytes, base: int) -> Read:
    def read(address: int, size: int) -> bytes:
        if not base <= address <= base + len(image) - size:
            raise OSError("not mapped")
        return image[address - base : address - base + size]

    return read


def test_the_hash_is_that_of_the_loader() -> None:
    assert gnu_hash(b"printf") == 0x156B2BB8
    assert gnu_hash(b"") == 5381


@pytest.mark.parametrize("moved", [0, BASE], ids=["musl leaves entries alone", "glibc moves them"])
def test_every_symbol_of_a_library_is_found_where_it_was_loaded(moved: int) -> None:
    elf = Elf(reader(elf_module(SYMBOLS, moved=moved), BASE), BASE)
    found = {name: elf.symbol(name) for name in SYMBOLS}
    assert found == {name: Symbol(BASE + value, size) for name, (value, size) in SYMBOLS.items()}
    assert elf.symbol(b"_PyRuntime2") is None
    assert elf.symbol(b"Py") is None


def test_an_executable_at_a_fixed_address_has_no_bias() -> None:
    elf = Elf(reader(elf_module(SYMBOLS, kind=2, base=0x400000), 0x400000), 0x400000)
    assert elf.bias == 0
    assert elf.symbol(b"_PyRuntime") == Symbol(0x402000, 0x900)


def test_segments_are_where_they_are_in_the_process() -> None:
    (segment,) = Elf(reader(elf_module(SYMBOLS), BASE), BASE).segments
    assert (segment.address, segment.end, segment.writable) == (BASE, BASE + 0x8000, True)


@pytest.mark.parametrize("image", [b"", b"#!/bin/sh\n" * 50, b"\x7fELF\x01\x01" + b"\0" * 500], ids=len)
def test_what_is_no_64_bit_module_is_refused(image: bytes) -> None:
    with pytest.raises(ElfError):
        Elf(reader(image, BASE), BASE)


def test_a_chain_without_end_is_given_up() -> None:
    image = bytearray(elf_module({b"aa": (1, 1)}, size=0x10000))
    hash_at = 0x900
    image[hash_at + 24 : hash_at + 32] = (1).to_bytes(4, "little") * 2
    image[hash_at + 32 :] = b"\0" * (len(image) - hash_at - 32)
    with pytest.raises(ElfError, match="without end"):
        Elf(reader(bytes(image), BASE), BASE).symbol(b"zz")


def lookup(image: bytes) -> None:
    """Whatever the bytes say, the answer is a symbol, None or an ElfError."""
    with contextlib.suppress(ElfError):
        Elf(reader(image, BASE), BASE).symbol(b"_PyRuntime")


@given(st.integers(0, 0x1000))
def test_truncated_modules_raise_nothing_but_elf_errors(length: int) -> None:
    lookup(elf_module(SYMBOLS)[:length])


MUTATION = st.tuples(st.integers(0, 0xA00), st.binary(min_size=1, max_size=8))


@given(st.lists(MUTATION, min_size=1, max_size=12), st.sampled_from([0, BASE]))
def test_mutated_modules_raise_nothing_but_elf_errors(mutations: list[tuple[int, bytes]], moved: int) -> None:
    image = bytearray(elf_module(SYMBOLS, moved=moved))
    for at, data in mutations:
        image[at : at + len(data)] = data
    lookup(bytes(image))


@given(st.binary(max_size=400))
def test_noise_behind_a_good_beginning_raises_nothing_but_elf_errors(noise: bytes) -> None:
    lookup(elf_module(SYMBOLS)[:64] + noise)


@pytest.mark.real
def test_real_interpreters_mutated_raise_nothing_but_elf_errors(interpreters: list[Interpreter]) -> None:
    dice = random.Random(1)
    for interpreter in interpreters[:2]:
        image = bytearray(Path(interpreter.path).resolve().read_bytes()[: 1 << 20])
        for _ in range(300):
            at = dice.randrange(0, 0x800)
            kept = image[at : at + 2]
            image[at : at + 2] = dice.randbytes(2)
            lookup(bytes(image))
            image[at : at + 2] = kept
