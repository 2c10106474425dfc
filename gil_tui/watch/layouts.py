"""How CPython lays out what the gauge reads: the GIL struct, and the debug offsets of 3.13 and later.

Sources: `struct _gil_runtime_state` (Include/internal/pycore_gil.h, unchanged from 3.8 to 3.15 on LP64),
`_Py_DebugOffsets` (Include/internal/pycore_runtime.h, from 3.14 pycore_debug_offsets.h), and glibc's
`struct __pthread_cond_s` (sysdeps/nptl/bits/thread-shared-types.h), whose shape changed in 2.41.
"""

import os
import struct
from dataclasses import dataclass

GIL_SIZE = 240
"""No GIL struct is larger: it ends with the switch mutex, after 208 bytes on x86-64, 232 at most."""

DEFAULT_INTERVAL_US = 5000

_COOKIE = b"xdebugpy"
_FIXED_WORDS = 3  # of the runtime state: size, finalizing, interpreters_head
_INTERPRETER_13 = ("size", "id", "next", *["_"] * 5, "gil", *["_"] * 4)
_INTERPRETER_14 = ("size", "id", "next", *["_"] * 6, "gil", *["_"] * 6)  # threads_main; two at the end
_THREAD_13 = ("size", *["_"] * 5, "native_id")
_THREAD_15 = ("size", *["_"] * 8, "native_id")  # base_frame, last_profiled_frame and its sequence number
_FIELDS = {
    13: (_INTERPRETER_13, _THREAD_13),
    14: (_INTERPRETER_14, _THREAD_13),
    15: (_INTERPRETER_14, _THREAD_15),
}
_LARGEST_STRUCT = 1 << 24
_MOST_WORDS = 64

DEBUG_OFFSETS_SIZE = 24 + 8 * _MOST_WORDS
"""As much of `_PyRuntime` as `parse_debug_offsets` wants to see."""


@dataclass(frozen=True, slots=True)
class DebugOffsets:
    """Where 3.13 and later keep interpreters, their GILs and their threads, in bytes from the struct."""

    version: tuple[int, int, int]
    free_threaded: bool
    interpreters_head: int
    interpreter_id: int
    interpreter_next: int
    interpreter_gil: int
    thread_native_id: int


def parse_debug_offsets(data: bytes) -> DebugOffsets | None:
    """The first `DEBUG_OFFSETS_SIZE` bytes of `_PyRuntime`; None before 3.13 or when they make no sense."""
    if len(data) < DEBUG_OFFSETS_SIZE or not data.startswith(_COOKIE):
        return None
    number, free_threaded = struct.unpack_from("=QQ", data, len(_COOKIE))
    words = struct.unpack_from(f"={_MOST_WORDS}Q", data, 24)
    version = split_version(number)
    interpreter_names, thread_names = _FIELDS.get(version[1], _FIELDS[max(_FIELDS)])
    runtime_size, _, head = words[:_FIXED_WORDS]
    rest = words[_FIXED_WORDS:]
    interpreter = dict(zip(interpreter_names, rest, strict=False))
    thread = dict(zip(thread_names, rest[len(interpreter_names) :], strict=False))
    inside = (
        head < runtime_size <= _LARGEST_STRUCT
        and all(interpreter[name] < interpreter["size"] <= _LARGEST_STRUCT for name in ("id", "next", "gil"))
        and thread["native_id"] < thread["size"] <= _LARGEST_STRUCT
    )
    if not inside or version[0] != 3 or free_threaded > 1:
        return None
    return DebugOffsets(
        version=version,
        free_threaded=bool(free_threaded),
        interpreters_head=head,
        interpreter_id=interpreter["id"],
        interpreter_next=interpreter["next"],
        interpreter_gil=interpreter["gil"],
        thread_native_id=thread["native_id"],
    )


def split_version(number: int) -> tuple[int, int, int]:
    """PY_VERSION_HEX as (major, minor, micro)."""
    return number >> 24 & 255, number >> 16 & 255, number >> 8 & 255


@dataclass(frozen=True, slots=True)
class GilState:
    """One look at a GIL struct: `holder` is the address of a PyThreadState, the last one if not `locked`.

    `waiting_old` and `waiting_new` are the waiters by the condition variable's shape before and from
    glibc 2.41, None where that shape does not fit: threads that want the GIL, and those that have just
    been made to give it up and wait until another has it. `enabled` is None except on free-threaded builds.
    """

    interval_us: int
    holder: int
    locked: int
    switches: int
    waiting_old: int | None
    waiting_new: int | None
    enabled: bool | None

    @property
    def plausible(self) -> bool:
        """Can this be a GIL? Interval up to 1000 s, locked -1, 0 or 1, an aligned user-space holder."""
        return (
            0 < self.interval_us <= 1_000_000_000
            and self.locked in (-1, 0, 1)
            and self.holder % 8 == 0
            and (self.holder == 0 or 0x10000 <= self.holder < 1 << 56)
            and (self.holder != 0 or self.locked != 1)
        )


_COND = 32
_MONOTONIC = 2  # low three bits of __wrefs: not shared, CLOCK_MONOTONIC, not being destroyed
_MOST_WAITERS = 4096
_MUTEX_SIZE = 48 if os.uname().machine == "aarch64" else 40
# __wrefs of a condition variable of 48 bytes: at +28 from glibc 2.41 on, before at +36
_WREFS = "28xI4xI8x"
# interval, last_holder, locked, switch_number, cond, mutex, switch_cond
_WITH_GIL = struct.Struct(f"=QQi4xQ{_WREFS}{_MUTEX_SIZE}x{_WREFS}")
_FREE_THREADED = struct.Struct(f"=i4xQQi4xQ{_WREFS}{_MUTEX_SIZE}x{_WREFS}")

HOLDER, LOCKED = -7, -6
"""Which of the fields of a sample these two are, in either shape."""


@dataclass(frozen=True, slots=True)
class GilLayout:
    """One shape of the GIL struct: free-threaded builds put `int enabled` before all the rest."""

    free_threaded: bool = False

    @property
    def fields(self) -> struct.Struct:
        """What one sample reads at a GIL's address, for `state`."""
        return _FREE_THREADED if self.free_threaded else _WITH_GIL

    @property
    def size(self) -> int:
        """Bytes to read for one sample."""
        return self.fields.size

    @property
    def timed_wait_words(self) -> tuple[int, ...]:
        """Where in the struct the futex words lie on which a thread waits for the GIL with a timeout."""
        return tuple(_COND + at + 8 * self.free_threaded for at in (40, 44, 32, 36))

    def decode(self, data: bytes) -> GilState:
        """The `size` bytes at a GIL's address."""
        return self.state(self.fields.unpack(data))

    def state(self, fields: tuple[int, ...]) -> GilState:
        """The unpacked `fields` of one sample."""
        *enabled, interval_us, holder, locked, switches, new, old, forced_new, forced_old = fields
        return GilState(
            interval_us=interval_us,
            holder=holder,
            locked=locked,
            switches=switches,
            waiting_old=_waiters(old, forced_old),
            waiting_new=_waiters(new, forced_new),
            enabled=bool(enabled[0]) if enabled else None,
        )


def _waiters(wrefs: int, forced_wrefs: int) -> int | None:
    """Waiters on both condition variables; None where either is not one of this shape."""
    if wrefs & 7 != _MONOTONIC or forced_wrefs & 7 != _MONOTONIC:
        return None
    waiting = (wrefs >> 3) + (forced_wrefs >> 3)
    return waiting if waiting <= _MOST_WAITERS else None
