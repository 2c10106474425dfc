import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.watch.access import gone, refusal
from gil_tui.watch.elf import Elf, ElfError, Symbol
from gil_tui.watch.layouts import DEBUG_OFFSETS_SIZE, GilLayout, parse_debug_offsets
from gil_tui.watch.memory import Mapping, Memory, parse_maps
from gil_tui.watch.target import GilAddress, Target, open_target, refresh
from tests.watch.pictures import (
    NEW_GLIBC,
    RUNTIME_AT,
    RUNTIME_SIZE,
    VERSION_AT,
    Offsets,
    Picture,
    elf_module,
    gil_struct,
    thread_state,
)

BASE = 0x700000
RUNTIME = BASE + RUNTIME_AT
INTERPRETER, THREAD = 0x50000, 0x58000
WORDS = (RUNTIME, RUNTIME + RUNTIME_SIZE)


def module(runtime: bytes = b"", version: int | None = None, symbol: bytes = b"_PyRuntime") -> bytes:
    symbols = {symbol: (RUNTIME_AT, RUNTIME_SIZE)}
    if version is not None:
        symbols[b"Py_Version"] = (VERSION_AT, 8)
    image = bytearray(elf_module(symbols))
    image[RUNTIME_AT : RUNTIME_AT + len(runtime)] = runtime
    struct.pack_into("=Q", image, VERSION_AT, version or 0)
    return bytes(image)


def runtime_with(at: int, *parts: bytes) -> bytes:
    return b"\0" * at + b"".join(parts)


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    return Picture(tmp_path / "proc")


def test_before_313_the_gil_is_found_by_its_interval(picture: Picture) -> None:
    image = module(runtime_with(0x168, gil_struct()), 0x030B02F0)
    picture.add(BASE, image, "/usr/lib/libpython3.11.so.1.0")
    target = open_target(7, picture.proc)
    assert (target.python, target.free_threaded, target.why) == ("CPython 3.11.2", False, "")
    assert target.gils == (GilAddress(RUNTIME + 0x168, 0, GilLayout()),)
    assert target.gil_words == (WORDS,)


def test_a_changed_interval_is_found_by_the_thread_that_holds_the_gil(picture: Picture) -> None:
    other = struct.pack("=QQ", 20_000, 0x12340)  # an interval and a pointer, but no thread state there
    runtime = runtime_with(0x100, other, b"\0" * 0x60, gil_struct(interval_us=20_000, holder=THREAD))
    picture.add(BASE, module(runtime, 0x030800F0), "/usr/lib/libpython3.8.so")
    picture.add(THREAD, thread_state(interpreter=INTERPRETER))
    picture.add(INTERPRETER, b"\0" * 64)
    assert [gil.address for gil in open_target(7, picture.proc).gils] == [RUNTIME + 0x170]


def test_a_process_that_ends_while_it_is_identified_is_said_to_end(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture.add(BASE, module(runtime_with(0x168, gil_struct())), "/usr/lib/libpython3.8.so")
    found = Elf.symbol

    def gone_by_now(elf: Elf, name: bytes) -> Symbol | None:
        if name != b"_PyRuntime":
            raise ElfError("cannot be read: no such process")
        return found(elf, name)

    monkeypatch.setattr(Elf, "symbol", gone_by_now)
    assert open_target(7, picture.proc).why == "process 7 is ending"


def test_two_candidates_are_none(picture: Picture) -> None:
    image = module(runtime_with(0x100, gil_struct(), gil_struct()), 0x030B02F0)
    picture.add(BASE, image, "/usr/lib/libpython3.11.so")
    target = open_target(7, picture.proc)
    assert target.gils == ()
    assert "no GIL was recognised" in target.why
    assert target.gil_words == (WORDS,), "the lanes still tell GIL waits by their address"


def test_the_version_before_311_is_read_from_its_text(picture: Picture) -> None:
    image = bytearray(module(runtime_with(0x100, gil_struct())))
    image[0x7000:0x7030] = b"3.10.13 (main, Nov 22 2025, 10:00:00) [GCC 12.2]"
    picture.add(BASE, bytes(image), "/usr/bin/python3.13")
    assert open_target(7, picture.proc).version == (3, 10, 13)


def interpreters(picture: Picture, offsets: Offsets, *gils: bytes) -> list[int]:
    """A list of interpreters, newest first as CPython keeps it, each with a GIL of its own."""
    picture.add(
        BASE,
        module(offsets.pack().ljust(offsets.head, b"\0") + struct.pack("=Q", INTERPRETER)),
        "/a/libpython3.so",
    )
    addresses = []
    for n, gil in enumerate(gils):
        at = INTERPRETER + 0x1000 * n
        addresses.append(at + 0x400)
        body = bytearray(0x400)
        following = at + 0x1000 if n + 1 < len(gils) else 0
        struct.pack_into("=Q", body, offsets.number, len(gils) - 1 - n)
        struct.pack_into("=Q", body, offsets.following, following)
        struct.pack_into("=Q", body, offsets.gil, addresses[-1])
        picture.add(at, bytes(body) + gil)
    return addresses


@pytest.mark.parametrize("minor", [13, 14, 15])
def test_from_313_on_the_interpreters_say_where_their_gils_are(picture: Picture, minor: int) -> None:
    sub, main = interpreters(picture, Offsets((3, minor, 1)), gil_struct(), gil_struct())
    target = open_target(7, picture.proc)
    assert target.python == f"CPython 3.{minor}.1"
    assert [(gil.address, gil.interpreter) for gil in target.gils] == [(main, 0), (sub, 1)]
    assert target.gil_words[0] == WORDS
    assert [start for start, _ in target.gil_words[1:]] == [main, sub]


def test_a_free_threaded_build_is_named_and_laid_out_as_such(picture: Picture) -> None:
    interpreters(picture, Offsets(free_threaded=True), gil_struct(enabled=0, holder=0, locked=0))
    target = open_target(7, picture.proc)
    assert target.free_threaded is True
    assert target.gils[0].layout == GilLayout(free_threaded=True)


def test_subinterpreters_that_share_the_main_gil_are_not_counted_twice(picture: Picture) -> None:
    sub, main = interpreters(picture, Offsets(), gil_struct(), gil_struct())
    with (picture.folder / "mem").open("r+b") as memory:
        memory.seek(sub - 0x400 + 0x20)
        memory.write(struct.pack("=Q", main))
    assert [(gil.address, gil.interpreter) for gil in open_target(7, picture.proc).gils] == [(main, 0)]


def test_refresh_finds_interpreters_made_since_and_gives_itself_when_nothing_changed(
    picture: Picture,
) -> None:
    (main,) = interpreters(picture, Offsets(), gil_struct())
    target = open_target(7, picture.proc)
    assert refresh(target) is target
    body = bytearray(0x400)
    struct.pack_into("=QQQ", body, 0x10, 3, INTERPRETER, 0x90400)
    picture.add(0x90000, bytes(body) + gil_struct())
    with (picture.folder / "mem").open("r+b") as memory:
        memory.seek(RUNTIME + 0x800)
        memory.write(struct.pack("=Q", 0x90000))
    assert [(gil.address, gil.interpreter) for gil in refresh(target).gils] == [(main, 0), (0x90400, 3)]


def test_a_list_of_interpreters_that_runs_in_a_circle_ends(picture: Picture) -> None:
    (main,) = interpreters(picture, Offsets(following=0x18), gil_struct())
    with (picture.folder / "mem").open("r+b") as memory:
        memory.seek(INTERPRETER + 0x18)
        memory.write(struct.pack("=Q", INTERPRETER))
    assert [gil.address for gil in open_target(7, picture.proc).gils] == [main]


def subinterpreter_312(picture: Picture, *, points_at_it: bool = True) -> int:
    """An own-GIL interpreter of 3.12 on the heap; gives the futex word its waiters wait on."""
    gil = INTERPRETER + 0x410
    body = bytearray(0x410)
    struct.pack_into("=QQ", body, 0, 0, 4)
    struct.pack_into("=Q", body, 0x180, gil if points_at_it else 0)
    picture.add(BASE, module(runtime_with(0x2E8, gil_struct()), 0x030C01F0), "/usr/lib/libpython3.12.so")
    picture.add(INTERPRETER, bytes(body) + gil_struct(holder=THREAD))
    picture.add(THREAD, thread_state(interpreter=INTERPRETER))
    return gil + 32 + 40


def test_on_312_a_timed_wait_inside_an_interpreters_gil_is_recognised(picture: Picture) -> None:
    word = subinterpreter_312(picture)
    target = refresh(open_target(7, picture.proc), [word])
    assert [(gil.address, gil.interpreter) for gil in target.gils][1:] == [(word - 72, 4)]
    assert any(start <= word < end for start, end in target.gil_words)
    assert refresh(target, [word, word + 4]) is target


def test_on_312_a_lock_that_looks_like_a_gil_is_not_taken_for_one(picture: Picture) -> None:
    word = subinterpreter_312(picture, points_at_it=False)
    target = open_target(7, picture.proc)
    assert refresh(target, [word, 0x50, 2**64 - 8]) is target


def test_pypy_has_lanes_and_no_gauge(picture: Picture) -> None:
    picture.add(0x400000, module(symbol=b"other"), "/usr/bin/pypy3.9")
    picture.add(BASE, module(symbol=b"other"), "/usr/lib/libpypy3.9-c.so")
    target = open_target(7, picture.proc)
    assert (target.implementation, target.gils) == ("pypy", ())
    assert target.gil_words == ((BASE, BASE + 0x8000),)
    assert "PyPy" in target.why


def test_musl_is_said_to_be_musl(picture: Picture) -> None:
    image = module(runtime_with(0x168, gil_struct()), 0x030B02F0)
    picture.add(BASE, image, "/usr/lib/libpython3.11.so.1.0")
    picture.add(0x900000, b"\0" * 64, "/lib/ld-musl-x86_64.so.1")
    target = open_target(7, picture.proc)
    assert (target.python, target.gils, target.gil_words) == ("CPython 3.11.2", (), ())
    assert "musl" in target.why


def test_a_deleted_library_is_found_as_long_as_it_is_mapped(picture: Picture) -> None:
    image = module(runtime_with(0x168, gil_struct()), 0x030B02F0)
    picture.add(BASE, image, "/usr/lib/libpython3.11.so.1.0 (deleted)")
    assert open_target(7, picture.proc).gils != ()


@pytest.mark.parametrize(
    ("path", "implementation", "words"),
    [("/usr/bin/sleep", "other", "not a Python process"), ("/usr/bin/python2.7", "cpython", "CPython 3.8")],
)
def test_what_has_no_runtime_says_what_it_is(
    picture: Picture, path: str, implementation: str, words: str
) -> None:
    picture.add(BASE, module(symbol=b"something"), path)
    target = open_target(7, picture.proc)
    assert target.implementation == implementation
    assert words in target.why


def test_a_module_that_is_no_elf_is_passed_over(picture: Picture) -> None:
    picture.add(0x100000, b"\x7fELF" + b"\xff" * 200, "/opt/broken.so")
    picture.add(BASE, module(runtime_with(0x168, gil_struct()), 0x030B02F0), "/opt/uwsgi")
    assert open_target(7, picture.proc).python == "CPython 3.11.2"


@given(st.binary(max_size=0x400))
def test_any_runtime_contents_give_a_target(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    picture = Picture(tmp_path_factory.mktemp("noise") / "proc")
    picture.add(BASE, module(Offsets().pack()[:24] + noise), "/usr/lib/libpython3.13.so")
    target = open_target(7, picture.proc)
    assert target.gils == ()


@given(st.binary(min_size=DEBUG_OFFSETS_SIZE, max_size=DEBUG_OFFSETS_SIZE))
def test_debug_offsets_make_sense_or_are_refused(noise: bytes) -> None:
    offsets = parse_debug_offsets(b"xdebugpy" + noise[8:])
    assert offsets is None or max(offsets.interpreter_gil, offsets.thread_native_id) < 1 << 24


def test_debug_offsets_of_the_documented_builds() -> None:
    for minor in (13, 14, 15):
        offsets = parse_debug_offsets(Offsets((3, minor, 4)).pack())
        assert offsets is not None
        assert (offsets.version, offsets.interpreter_gil, offsets.thread_native_id) == (
            (3, minor, 4),
            0x20,
            0x98,
        )


def test_the_new_shape_of_the_condition_variable_is_read(picture: Picture) -> None:
    data = gil_struct(waiting=5, wrefs_at=NEW_GLIBC)
    layout = GilLayout()
    state = layout.decode(data[: layout.size])
    assert (state.waiting_new, state.waiting_old) == (5, None)


# --- who may look


def test_nobody_there_a_zombie_and_a_kernel_thread(picture: Picture) -> None:
    assert "no process 8" in open_target(8, picture.proc).why
    picture.status("Z (zombie)")
    assert "zombie" in open_target(7, picture.proc).why
    (picture.folder / "status").write_text("Name:\tkthreadd\nState:\tS (sleeping)\n")
    assert "kernel thread" in open_target(7, picture.proc).why


@pytest.mark.parametrize(
    ("euid", "owner", "scope", "words"),
    [
        (1000, 33, 0, "another user (uid 33)"),
        (1000, 1000, 1, "gil-tui watch -- COMMAND"),
        (1000, 1000, 2, "become root"),
        (1000, 1000, 0, "protected"),
        (0, 33, 0, "SYS_PTRACE"),
    ],
)
def test_a_refusal_names_cause_and_remedy(
    picture: Picture, monkeypatch: pytest.MonkeyPatch, euid: int, owner: int, scope: int, words: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    picture.status(uid=owner)
    yama = picture.proc / "sys/kernel/yama"
    yama.mkdir(parents=True)
    (yama / "ptrace_scope").write_text(f"{scope}\n")
    assert words in refusal(7, picture.proc)
    assert "\n" not in refusal(7, picture.proc)


def test_a_readable_process_is_not_gone(picture: Picture) -> None:
    assert gone(7, picture.proc) == ""


def test_memory_that_cannot_be_read_is_a_refusal_that_still_names_the_interpreter(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture.add(BASE, module(), "/usr/lib/libpython3.12.so.1.0")

    def refuse(self: Memory, address: int, size: int) -> bytes:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Memory, "read", refuse)
    target = open_target(7, picture.proc)
    assert (target.python, target.memory) == ("CPython 3.12", None)
    assert target.why != ""


# --- memory and maps


def test_maps_lines_and_noise() -> None:
    lines = [
        "55d0a8a00000-55d0a8a28000 r-xp 00002000 fe:00 12   /opt/my python/libpython3.13.so.1.0 (deleted)\n",
        "7ffc1000-7ffc2000 rw-p 00000000 00:00 0 \n",
        "nonsense\n",
        "",
    ]
    first, second = parse_maps(lines)
    assert first == Mapping(
        0x55D0A8A00000, 0x55D0A8A28000, "r-xp", 0x2000, "/opt/my python/libpython3.13.so.1.0 (deleted)"
    )
    assert first.name == "libpython3.13.so.1.0"
    assert second.path == ""


@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_text_gives_mappings(lines: list[str]) -> None:
    assert all(mapping.start >= 0 for mapping in parse_maps(lines))


def test_memory_reads_exactly_or_raises(picture: Picture) -> None:
    picture.add(0x1000, b"12345678")
    memory = Memory(7, picture.proc)
    assert memory.read(0x1000, 8) == b"12345678"
    assert memory.word(0x1000) == int.from_bytes(b"12345678", "little")
    for address, size in ((0x1004, 8), (1 << 40, 8), (2**63, 8), (2**64 - 1, 8), (-8, 8)):
        with pytest.raises(OSError):
            memory.read(address, size)
    memory.close()
    with pytest.raises(OSError):
        memory.read(0x1000, 8)


def test_a_target_without_version_is_still_python() -> None:
    assert Target(1, "cpython").python == "CPython"
    assert Target(1, "other").python is None
