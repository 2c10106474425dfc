"""Pictures of processes: an ELF module, runtime and GIL structs, written as a /proc tree with memory."""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gil_tui.watch.elf import gnu_hash

MODULE_SIZE = 0x8000
RUNTIME_AT, RUNTIME_SIZE = 0x2000, 0x1000
VERSION_AT = 0x1000
_DYNAMIC_AT, _STRINGS_AT, _SYMBOLS_AT, _HASH_AT = 0x200, 0x400, 0x600, 0x900

MUTEX_SIZE = 48 if os.uname().machine == "aarch64" else 40
COND_AT = 32
SWITCH_COND_AT = COND_AT + 48 + MUTEX_SIZE
OLD_GLIBC, NEW_GLIBC = COND_AT + 36, COND_AT + 28


def elf_module(
    symbols: Mapping[bytes, tuple[int, int]], *, kind: int = 3, base: int = 0, moved: int = 0, size: int = 0
) -> bytes:
    """A module of one writable segment; `symbols` name offset and size, `kind` is ET_DYN or ET_EXEC.

    `moved` is added to the dynamic entries, as glibc does when it has loaded the module there.
    """
    size = size or MODULE_SIZE
    image = bytearray(size)
    header = (b"\x7fELF\x02\x01\x01".ljust(16, b"\0"), kind, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    struct.pack_into("<16sHHIQQQIHHHHHH", image, 0, *header)
    struct.pack_into("<IIQQQQQQ", image, 64, 1, 6, 0, base, base, size // 2, size, 4096)
    struct.pack_into("<IIQQQQQQ", image, 120, 2, 6, _DYNAMIC_AT, base + _DYNAMIC_AT, 0, 64, 64, 8)
    tables = ((5, _STRINGS_AT), (6, _SYMBOLS_AT), (0x6FFFFEF5, _HASH_AT))
    for n, (tag, at) in enumerate(tables):
        struct.pack_into("<qQ", image, _DYNAMIC_AT + 16 * n, tag, base + moved + at)
    names = sorted(symbols, key=lambda name: gnu_hash(name) % 2)
    struct.pack_into("<IIII", image, _HASH_AT, 2, 1, 1, 6)
    buckets, chains = _HASH_AT + 24, _HASH_AT + 32
    string_at = 1
    for index, name in enumerate(names, 1):
        value, length = symbols[name]
        struct.pack_into(
            "<IBBHQQ", image, _SYMBOLS_AT + 24 * index, string_at, 17, 0, 1, base + value, length
        )
        image[_STRINGS_AT + string_at : _STRINGS_AT + string_at + len(name)] = name
        string_at += len(name) + 1
        bucket = gnu_hash(name) % 2
        if not struct.unpack_from("<I", image, buckets + 4 * bucket)[0]:
            struct.pack_into("<I", image, buckets + 4 * bucket, index)
        last = index == len(names) or gnu_hash(names[index]) % 2 != bucket
        struct.pack_into("<I", image, chains + 4 * (index - 1), gnu_hash(name) & ~1 | last)
    return bytes(image)


def gil_struct(
    *,
    interval_us: int = 5000,
    holder: int = 0x50000,
    locked: int = 1,
    switches: int = 7,
    waiting: int = 0,
    forced: int = 0,
    wrefs_at: int = OLD_GLIBC,
    enabled: int | None = None,
) -> bytes:
    """A `struct _gil_runtime_state`; `forced` waiters gave it up, `enabled` only on free-threaded builds."""
    body = bytearray(SWITCH_COND_AT + 48 + MUTEX_SIZE)
    struct.pack_into("=QQi4xQ", body, 0, interval_us, holder, locked, switches)
    struct.pack_into("=I", body, wrefs_at, waiting << 3 | 2)
    struct.pack_into("=I", body, wrefs_at + SWITCH_COND_AT - COND_AT, forced << 3 | 2)
    head = b"" if enabled is None else struct.pack("=i4x", enabled)
    return head + bytes(body)


@dataclass
class Offsets:
    """What a picture's `_Py_DebugOffsets` says; the order of fields is that of the minor version."""

    version: tuple[int, int, int] = (3, 13, 2)
    free_threaded: bool = False
    head: int = 0x800
    number: int = 0x10
    following: int = 0x18
    gil: int = 0x20
    native: int = 0x98

    def pack(self) -> bytes:
        major, minor, micro = self.version
        interpreter = [0x1000, self.number, self.following, *[0] * 5, self.gil, *[0] * 4]
        if minor >= 14:
            interpreter = [0x1000, self.number, self.following, *[0] * 6, self.gil, *[0] * 6]
        thread = [0x200, *[0] * (8 if minor >= 15 else 5), self.native]
        words = [0x1000, 0, self.head, *interpreter, *thread]
        head = struct.pack("=8sQQ", b"xdebugpy", major << 24 | minor << 16 | micro << 8, self.free_threaded)
        return (head + struct.pack(f"={len(words)}Q", *words)).ljust(24 + 8 * 64, b"\0")


@dataclass
class Picture:
    """A process under `proc`: `add` puts bytes into its memory and, with a path, into its maps."""

    proc: Path
    pid: int = 7
    executable: str = "/usr/bin/python3.13"
    _maps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder = self.proc / str(self.pid)
        self.folder.mkdir(parents=True)
        (self.folder / "mem").touch()
        (self.folder / "maps").touch()
        (self.folder / "exe").symlink_to(self.executable)
        self.status()
        self.thread(self.pid)

    def status(self, state: str = "S (sleeping)", uid: int | None = None, ids: str = "") -> None:
        uid = os.geteuid() if uid is None else uid
        lines = f"Name:\tx\nState:\t{state}\nNSpid:\t{ids or self.pid}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n"
        size = "" if state.startswith("Z") else "VmSize:\t  100 kB\n"
        (self.folder / "status").write_text(lines + size)

    def thread(self, tid: int, ids: str = "") -> None:
        folder = self.folder / "task" / str(tid)
        folder.mkdir(parents=True)
        (folder / "status").write_text(f"Name:\tx\nNSpid:\t{ids or tid}\n")

    def add(self, address: int, data: bytes, path: str = "") -> None:
        with (self.folder / "mem").open("r+b") as memory:
            memory.seek(address)
            memory.write(data)
        end = address + len(data)
        self._maps.append(f"{address:x}-{end:x} rwxp 00000000 08:01 12 {path}\n")
        (self.folder / "maps").write_text("".join(self._maps))


def thread_state(*, interpreter: int, previous: int = 0, following: int = 0, native_id: int = 0) -> bytes:
    """A PyThreadState as far as anything here reads it: its place in the list, its native id at 0x98."""
    return struct.pack("=QQQ", previous, following, interpreter).ljust(0x98, b"\0") + struct.pack(
        "=Q", native_id
    ).ljust(0x168, b"\0")
