import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.watch.memory import Memory
from gil_tui.watch.target import Target
from gil_tui.watch.task_folder import TaskFolder
from gil_tui.watch.waits import CPU, DISK, GIL, IDLE, LOCK, NETWORK, SLEEP, Wait, Waits
from tests.watch.trees import call, futex, process_stat, write

RUNTIME = (0x7000, 0x8000)
STACK = 0x10000


def waits(proc: Path, target: Target | None = None) -> Waits:
    write(proc / "7/task/7/stat", process_stat(7))
    return Waits(target or python((3, 11, 7)), TaskFolder(7, proc), "x86_64")


def python(version: tuple[int, int, int], memory: Memory | None = None) -> Target:
    return Target(7, "cpython", version, False, (RUNTIME,), (), memory)


def learn(known: Waits, line: str) -> Wait:
    return known.learn(line.encode(), 7)


@pytest.mark.parametrize("word", [0x7000, 0x7FF8])
def test_a_futex_inside_a_gils_words_is_a_wait_for_the_gil(tmp_path: Path, word: int) -> None:
    assert learn(waits(tmp_path), futex(word, operation=0x89, timeout=1)) == Wait(GIL)


@pytest.mark.parametrize("word", [0x6FF8, 0x8000, 0x5555_0000_1000])
def test_any_other_futex_is_a_lock_by_its_address(tmp_path: Path, word: int) -> None:
    assert learn(waits(tmp_path), futex(word)) == Wait(LOCK, word)


def test_parked_locks_are_told_apart_by_the_word_before(tmp_path: Path) -> None:
    memory = write(tmp_path / "7/mem", "")
    memory.write_bytes(bytes(STACK + 0x80) + struct.pack("=QQ", 0xABC0, 0))
    known = waits(tmp_path, python((3, 14, 0), Memory(7, tmp_path)))
    wait = learn(known, futex(STACK + 0x88, stack=STACK))
    assert (wait.state, known.lock_of(wait)) == (LOCK, 0xABC0)
    beyond = learn(known, futex(STACK + 0x9000, stack=STACK))
    assert known.lock_of(beyond) is None, "that word cannot be read"


def test_before_3_13_nothing_is_parked(tmp_path: Path) -> None:
    known = waits(tmp_path)
    assert known.lock_of(learn(known, futex(STACK + 0x88, stack=STACK))) == STACK + 0x88


def test_words_that_may_be_an_unknown_gils_are_remembered(tmp_path: Path) -> None:
    known = waits(tmp_path)
    learn(known, futex(0x9000, operation=0x89, timeout=0x1234))
    learn(known, futex(0x9100, operation=0x189, timeout=0x1234))
    learn(known, futex(0x9200, operation=0x89))
    learn(known, futex(0x7010, operation=0x89, timeout=0x1234))
    assert known.timed_words == {0x9000}
    known.follow(Target(7, "cpython", (3, 12, 1), False, (RUNTIME, (0x8FF0, 0x9100))))
    assert known.timed_words == set()
    assert learn(known, futex(0x9000, operation=0x89, timeout=0x1234)) == Wait(GIL)


def test_descriptors_are_looked_at_once_and_again_after_a_while(tmp_path: Path) -> None:
    known = waits(tmp_path)
    link = tmp_path / "7/fd/5"
    link.parent.mkdir()
    link.symlink_to("socket:[99]")
    line = call(0, 5)
    assert learn(known, line).state == NETWORK
    link.unlink()
    link.symlink_to("/srv/data.db")
    assert known.known[line.encode()].state == NETWORK
    known.forget_descriptors()
    assert line.encode() not in known.known
    assert learn(known, line).state == DISK


@pytest.mark.parametrize(
    ("letter", "state"), [("D", DISK), ("S", DISK), ("T", IDLE), ("t", IDLE), ("Z", IDLE), ("R", CPU)]
)
def test_outside_of_system_calls_the_state_of_the_thread_decides(
    tmp_path: Path, letter: str, state: int
) -> None:
    known = waits(tmp_path)
    write(tmp_path / "7/task/7/stat", process_stat(7, name="a) R (", state=letter))
    line = "-1 0x7ffc00000000 0x7f0000000000\n"
    assert learn(known, line).state == state
    assert line.encode() not in known.known, "the next fault may be another"


def test_a_thread_that_is_gone_is_idle(tmp_path: Path) -> None:
    assert waits(tmp_path).learn(b"-1 0x0 0x0\n", 8) == Wait(IDLE)


@pytest.mark.parametrize(
    ("line", "state"),
    [("running\n", CPU), ("", CPU), (call(230), SLEEP), (call(45, 3), NETWORK), (call(74, 3), DISK)],
)
def test_lines_are_remembered(tmp_path: Path, line: str, state: int) -> None:
    known = waits(tmp_path)
    assert learn(known, line).state == state
    assert known.known[line.encode()].state == state


@given(lines=st.lists(st.integers(0, 2**40), min_size=1, max_size=50))
def test_pypys_gil_words_are_its_librarys_data(lines: list[int]) -> None:
    known = Waits(Target(7, "pypy", gil_words=((100, 2**39),)), TaskFolder(0, Path("/nowhere")), "x86_64")
    for word in lines:
        assert learn(known, futex(word, operation=0x80)).state == (GIL if 100 <= word < 2**39 else LOCK)
