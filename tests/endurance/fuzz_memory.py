"""Targets: another process's memory, in which every pointer, length and table may lie."""

import struct
import sys
from functools import cache
from pathlib import Path

from gil_tui.watch.elf import Elf
from gil_tui.watch.gil import GilGauge
from gil_tui.watch.layouts import DEBUG_OFFSETS_SIZE, GilLayout, parse_debug_offsets
from gil_tui.watch.memory import Mapping, Memory
from gil_tui.watch.target import GilAddress, Target, _identified, refresh
from tests.watch.pictures import Offsets, elf_module, gil_struct, thread_state

BASE = 0x10000
SIZE = 0x3000
RUNTIME_AT = 0x1000
MOST_READ_BYTES = 1 << 26
"""A target that reads more of another process in one go was led astray by it."""
_PATCH = struct.Struct("<IQ")
_MOST_PATCHES = 16
_HEADERS = 0x1000
_LOAD = 1


class FakeMemory(Memory):
    """Bytes at an address, `patches` over them; counts what is read."""

    def __init__(self, image: bytes, base: int = BASE) -> None:
        self._fd = -1
        self._image, self._base = image, base
        self.read_bytes = 0

    def read(self, address: int, size: int) -> bytes:
        """As `Memory.read`."""
        if not 0 <= address < 1 << 63 or size < 0:
            raise OSError(f"no such address: {address:#x}")
        self.read_bytes += size
        assert self.read_bytes < MOST_READ_BYTES, "reads without end"
        at = address - self._base
        data = self._image[at : at + size] if at >= 0 else b""
        if len(data) != size:
            raise OSError(f"memory ends within {address:#x} + {size}")
        return data


def _module(runtime: bytes) -> bytes:
    image = bytearray(elf_module({b"_PyRuntime": (RUNTIME_AT, len(runtime))}, size=SIZE))
    image[RUNTIME_AT : RUNTIME_AT + len(runtime)] = runtime
    return bytes(image)


def _old_runtime() -> bytes:
    holder = BASE + RUNTIME_AT + 0x400
    image = bytearray(0x1000)
    image[0x100 : 0x100 + 200] = gil_struct(holder=holder)[:200]
    image[0x400 : 0x400 + 24] = thread_state(interpreter=BASE + RUNTIME_AT)[:24]
    return bytes(image)


def _new_runtime(minor: int, free_threaded: bool) -> bytes:
    at = BASE + RUNTIME_AT
    image = bytearray(0x1000)
    offsets = Offsets((3, minor, 0), free_threaded=free_threaded).pack()
    image[: len(offsets)] = offsets
    struct.pack_into("=Q", image, 0x800, at + 0x900)
    struct.pack_into("=QQQ", image, 0x910, 0, 0, at + 0xA00)
    gil = gil_struct(holder=at + 0xC00, enabled=1 if free_threaded else None)
    image[0xA00 : 0xA00 + len(gil)] = gil
    return bytes(image)


ELF = (
    _module(_old_runtime()),
    elf_module({b"_PyRuntime": (0x1000, 16), b"Py_Version": (0x1100, 4)}, kind=2, base=BASE, size=0x2000),
    elf_module({}, size=0x1000)[:256],
)
RUNTIME = (
    _old_runtime(),
    *(_new_runtime(minor, free_threaded) for minor in (13, 14, 15) for free_threaded in (False, True)),
)
GILS = (
    b"\0" + gil_struct(waiting=3)[:200] * 5,
    b"\1" + gil_struct(enabled=1, locked=0, holder=0)[:240] * 5,
    b"\0" + gil_struct(waiting=4096, forced=9)[:200] * 5,
)
PATCHES = (b"", _PATCH.pack(0x20, 0x40), _PATCH.pack(0x40, 6) + _PATCH.pack(0x50, 1 << 62), bytes(24))


def elf(data: bytes) -> None:
    """An ELF module with any contents; ElfError."""
    module = Elf(FakeMemory(data).read, BASE)
    for name in (b"_PyRuntime", b"Py_Version", b""):
        module.symbol(name)


@cache
def _real_module() -> bytes:
    """This very interpreter as the loader lays it out in memory, from address 0 on."""
    data = Path(sys.executable).resolve().read_bytes()
    table, entries = struct.unpack_from("<Q", data, 0x20)[0], struct.unpack_from("<H", data, 0x38)[0]
    headers = [struct.unpack_from("<IIQQQQQQ", data, table + 56 * n) for n in range(entries)]
    loaded = [header for header in headers if header[0] == _LOAD]
    bias = min(header[3] for header in loaded) & ~0xFFF
    image = bytearray(max(header[3] + header[6] for header in loaded) - bias)
    for _, _, offset, address, _, size, _, _ in loaded:
        image[address - bias : address - bias + size] = data[offset : offset + size]
    return bytes(image)


def interpreter(data: bytes) -> None:
    """A real interpreter's file with a few words changed, each an offset and eight bytes; ElfError."""
    real = _real_module()
    beginning = bytearray(real[:_HEADERS])
    for at in range(0, min(len(data) - _PATCH.size + 1, _PATCH.size * _MOST_PATCHES), _PATCH.size):
        offset, word = _PATCH.unpack_from(data, at)
        struct.pack_into("<Q", beginning, offset % (_HEADERS - 8), word)
    elf_of_it = Elf(_Patched(real, bytes(beginning)).read, BASE)
    elf_of_it.symbol(b"_PyRuntime")


class _Patched(FakeMemory):
    """A large image whose first page is another one, without copying it."""

    def __init__(self, image: bytes, beginning: bytes) -> None:
        super().__init__(image)
        self._beginning = beginning

    def read(self, address: int, size: int) -> bytes:
        at = address - self._base
        if at >= 0 and at + size <= len(self._beginning):
            self.read_bytes += size
            assert self.read_bytes < MOST_READ_BYTES, "reads without end"
            return self._beginning[at : at + size]
        return super().read(address, size)


def runtime(data: bytes) -> None:
    """A sound module whose `_PyRuntime` has any contents: identified, refreshed, sampled."""
    memory = FakeMemory(_module(data[:0x1F00]) + bytes(0x1000))
    module = Mapping(BASE, BASE + SIZE, "r-xp", 0, "/usr/bin/python3.13")
    target = _identified(7, memory, (module,), musl=False)
    refresh(target, (BASE + RUNTIME_AT + 0x100, 8))
    look_at(target)
    assert len(target.gils) <= 256


def debug_offsets(data: bytes) -> None:
    """`_Py_DebugOffsets` with any contents."""
    offsets = parse_debug_offsets(data.ljust(DEBUG_OFFSETS_SIZE, b"\0"))
    if offsets:
        assert offsets.version[0] == 3
        assert max(offsets.interpreters_head, offsets.interpreter_gil, offsets.thread_native_id) <= 1 << 24


def gauge(data: bytes) -> None:
    """GIL structs one after another, each a sample; the first byte says of which build."""
    layout = GilLayout(bool(data[:1] and data[0] & 1))
    samples = [data[at : at + layout.size] for at in range(1, len(data), layout.size)][:16]
    memory = _Series([sample.ljust(layout.size, b"\0") for sample in samples])
    target = Target(7, "cpython", (3, 12, 0), gils=(GilAddress(BASE, 0, layout),), memory=memory)
    look_at(target, len(samples))


class _Series(FakeMemory):
    """Another sample at each read of a GIL; nothing else can be read."""

    def __init__(self, samples: list[bytes]) -> None:
        super().__init__(b"")
        self._samples = iter(samples)

    def read(self, address: int, size: int) -> bytes:
        sample = next(self._samples, b"") if address == BASE else b""
        if len(sample) != size:
            raise OSError("not there")
        return sample


def look_at(target: Target, samples: int = 6) -> None:
    """Sample the gauge; its frame must be possible."""
    times = iter(range(1000))
    watched = GilGauge(target, clock=lambda: next(times) / 100)
    for _ in range(2):
        for _ in range(samples):
            watched.sample()
        for frame in watched.frame():
            assert frame.held is None or 0 <= frame.held <= 1
            assert frame.switches_per_s is None or frame.switches_per_s >= 0
            assert len(frame.waiting_counts) <= 4097
            assert sum((frame.holders or {}).values()) <= 1.0001
