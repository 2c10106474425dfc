"""What a process may write about itself forges no line, costs no memory, and leaves no terminal changed."""

from pathlib import Path

import pytest

from gil_tui.watch.access import parse_status
from gil_tui.watch.cgroups import parse_pressure, read_text
from gil_tui.watch.cores import parse_allowed, parse_core_ticks
from gil_tui.watch.holders import _namespace_ids
from gil_tui.watch.memory import read_maps
from gil_tui.watch.processes import bracketed, command_of, container_pid, parse_pss, user_name
from gil_tui.watch.stacks import StacksError, parse_dump, parse_record

NAMED = (
    "Name:\ta\rUid:\t0\rNSpid:\tx\x0b\x85\u2028State:\tZ\nState:\tS (sleeping)\nUid:\t7\t7\t7\t7\nNSpid:\t9\n"
)


def test_a_name_cannot_forge_a_line_of_status(tmp_path: Path) -> None:
    assert user_name(NAMED.replace("\t7", "\t987654")) == "987654"
    assert container_pid(NAMED) is None
    fields = parse_status(NAMED.encode())
    assert (fields["State"], fields["Uid"].split()[0]) == ("S (sleeping)", "7")
    (tmp_path / "status").write_bytes(NAMED.encode())
    assert _namespace_ids(tmp_path) == [9]
    (tmp_path / "status").write_bytes(b"NSpid:\tx\n")
    assert _namespace_ids(tmp_path) == []


def test_a_files_name_cannot_forge_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7/maps").write_bytes(
        b"1000-2000 r-xp 00000000 08:01 12 /x\r3000-4000 r-xp 0 0 0 /libpython3.11.so\n"
    )
    assert [mapping.start for mapping in read_maps(7, tmp_path)] == [0x1000]


def test_a_command_line_as_long_as_memory_is_read_a_little(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    with (tmp_path / "7/cmdline").open("wb") as file:
        file.write(b"python\0\x1b]0;x\x07\0")
        file.truncate(1 << 40)
    assert command_of(7, tmp_path) == "python  ]0;x"
    assert len(read_text(tmp_path / "7/cmdline", 10)) == 10


def test_a_list_of_cpus_without_end_is_none() -> None:
    assert parse_allowed("Cpus_allowed_list:\t0-99999999999,3\n") == frozenset({3})


def test_what_is_no_core_is_passed_over() -> None:
    assert set(parse_core_ticks("cpu 1 2 3 4\ncpufreq 1 2 3 4\ncpu1 a b c d\ncpu2 1 2 3 4\n")) == {2}


@pytest.mark.parametrize("digits", ["9" * 5000, "²", "x", ""])
def test_numbers_that_are_none_are_not_known(digits: str) -> None:
    assert parse_pressure(f"some avg10=0.00 total={digits}\n") is None
    assert parse_pss(f"Pss: {digits} kB\n") is None


def test_a_program_without_a_command_line_has_a_harmless_name() -> None:
    assert bracketed("\x1b[31mred\u202e") == "[[31mred]"


@pytest.mark.parametrize(
    "answer",
    [
        b"[[[]]]",
        b"[" * 100_000,
        b'[{"active": 1, "owns_gil": 1, "frames": [{"name": 1, "filename": 2, "line": 1e400}]}]',
        b'{"shared": {"frames": [[]]}, "profiles": []}',
        b'{"shared": {"frames": []}, "profiles": [{"samples": [[3]]}]}',
    ],
)
def test_an_answer_of_another_shape_is_not_understood(answer: bytes) -> None:
    for parse in (parse_dump, parse_record):
        with pytest.raises(StacksError, match="cannot be understood"):
            parse(answer)
