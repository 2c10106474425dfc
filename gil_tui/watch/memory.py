"""Another process's memory: its map and a read-only window onto it."""

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_WORD = struct.Struct("=Q")
_DELETED = " (deleted)"
_LONGEST_MAPS = 1 << 25


@dataclass(frozen=True, slots=True)
class Mapping:
    """One line of `/proc/PID/maps`: the range `[start, end)`, and where in which file it lies."""

    start: int
    end: int
    permissions: str
    offset: int
    path: str

    @property
    def name(self) -> str:
        """The file's name without its folder, also when it was deleted or replaced since."""
        return Path(self.path.removesuffix(_DELETED)).name


def parse_maps(lines: Iterable[str]) -> tuple[Mapping, ...]:
    """The mappings of `/proc/PID/maps` (proc_pid_maps(5)); lines that are not one are left out."""
    mappings = []
    for line in lines:
        fields = line.rstrip("\n").split(maxsplit=5)
        try:
            start, end = (int(part, 16) for part in fields[0].split("-"))
            mappings.append(
                Mapping(start, end, fields[1], int(fields[2], 16), fields[5] if len(fields) > 5 else "")
            )
        except (IndexError, ValueError):
            continue
    return tuple(mappings)


def read_maps(pid: int, proc: Path = Path("/proc")) -> tuple[Mapping, ...]:
    """The mappings of a process, empty for zombies and kernel threads; OSError when refused or gone."""
    with (proc / str(pid) / "maps").open(encoding="utf-8", errors="replace", newline="\n") as file:
        return parse_maps(_bounded(file))


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    """A process may map 65,530 files whose names have 4,095 characters each."""
    left = _LONGEST_MAPS
    for line in lines:
        left -= len(line)
        if left < 0:
            return
        yield line


class Memory:
    """`/proc/PID/mem`, opened read-only: the process is neither stopped nor changed.

    It keeps to the address space it was opened on: after an exec or the end of the process every read
    raises OSError.
    """

    _fd = -1

    def __init__(self, pid: int, proc: Path = Path("/proc")) -> None:
        self._fd = os.open(proc / str(pid) / "mem", os.O_RDONLY | os.O_CLOEXEC)

    def read(self, address: int, size: int) -> bytes:
        """Exactly `size` bytes at `address`; OSError when they cannot be had, also when short."""
        if not 0 <= address < 1 << 63 or size < 0:
            raise OSError(f"no such address: {address:#x}")
        data = os.pread(self._fd, size, address)
        if len(data) != size:
            raise OSError(f"memory ends within {address:#x} + {size}")
        return data

    def word(self, address: int) -> int:
        """The unsigned 64-bit word at `address`; OSError when it cannot be had."""
        word: int = _WORD.unpack(self.read(address, _WORD.size))[0]
        return word

    def close(self) -> None:
        """Give the descriptor back; reading afterwards raises OSError."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.close()
