"""Which interpreter a process runs, and where its GILs are: found from outside, without stopping it."""

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from gil_tui.watch import access
from gil_tui.watch.elf import Elf, ElfError
from gil_tui.watch.layouts import (
    DEBUG_OFFSETS_SIZE,
    DEFAULT_INTERVAL_US,
    GIL_SIZE,
    DebugOffsets,
    GilLayout,
    GilState,
    parse_debug_offsets,
    split_version,
)
from gil_tui.watch.memory import Mapping, Memory, read_maps

_LIBPYTHON = re.compile(r"libpython(\d)\.(\d+)")
_PYTHON = re.compile(r"python(\d)\.(\d+)")
_LIBPYPY = re.compile(r"libpypy")
_PYPY = re.compile(r"(lib)?pypy\d?")
_MUSL = re.compile(r"ld-musl|libc\.musl")
_VERSION_TEXT = re.compile(rb"(?<![\d.])3\.(\d{1,2})\.(\d{1,3})[a-z\d+]* \(")

_LARGEST_RUNTIME = 1 << 22
_MOST_INTERPRETERS = 256
_MOST_MODULES = 1024
_MOST_CANDIDATES = 2000
_CHUNK = 1 << 16
_MOST_BSS = 1 << 21
_THREAD_STATE_HEAD = struct.Struct("=QQQ")  # prev, next, interp: the same since 3.7


@dataclass(frozen=True, slots=True)
class GilAddress:
    """Where one GIL struct lies; `interpreter` is 0 for the main interpreter."""

    address: int
    interpreter: int
    layout: GilLayout


@dataclass(frozen=True, slots=True)
class Runtime:
    """`_PyRuntime` in the process; `offsets` from 3.13 on."""

    address: int
    size: int
    offsets: DebugOffsets | None


@dataclass(frozen=True, slots=True)
class Target:
    """A process to watch.

    `implementation` is `cpython`, `pypy` or `other`. A futex word inside one of the address ranges
    `gil_words` is a wait for a GIL. `why` is one line: what is missing and the remedy, empty if nothing.
    """

    pid: int
    implementation: str
    version: tuple[int, int, int] | None = None
    free_threaded: bool | None = None
    gil_words: tuple[tuple[int, int], ...] = ()
    gils: tuple[GilAddress, ...] = ()
    memory: Memory | None = None
    why: str = ""
    runtime: Runtime | None = None

    @property
    def python(self) -> str | None:
        """Such as `CPython 3.13.2` or `PyPy`; None if it is not Python."""
        names = {"cpython": "CPython", "pypy": "PyPy"}
        if self.implementation not in names:
            return None
        version = ".".join(str(part) for part in self.version or () if part >= 0)
        return f"{names[self.implementation]} {version}".rstrip()


def open_target(pid: int, proc: Path = Path("/proc")) -> Target:
    """Look at a process once; never raises for what it finds, `why` says what is missing."""
    missing = access.gone(pid, proc)
    if missing:
        return Target(pid, "other", why=missing)
    try:
        mappings = read_maps(pid, proc)
        memory = Memory(pid, proc)
    except OSError as error:
        return Target(pid, "other", why=_refused(pid, proc, error))
    modules = tuple(_modules(mappings, _executable(pid, proc)))
    try:
        if modules:
            memory.read(modules[0].start, 4)
    except OSError as error:
        memory.close()
        return replace(_named(pid, modules), why=_refused(pid, proc, error))
    return _identified(pid, memory, modules, musl=any(_MUSL.match(mapping.name) for mapping in mappings))


def refresh(target: Target, timed_words: Iterable[int] = ()) -> Target:
    """The same target with the GILs of subinterpreters that came or went; itself when nothing changed.

    From 3.13 the interpreter's own list says it. On 3.12 pass the futex words outside of `gil_words` on
    which threads wait with op 0x89 and a timeout: those inside a GIL struct are recognised by content.
    """
    if target.memory is None or target.runtime is None or not target.gils:
        return target
    if target.runtime.offsets:
        gils = tuple(_listed_gils(target.memory, target.runtime)) or target.gils
    elif target.version and target.version[:2] == (3, 12):
        gils = target.gils + tuple(_heap_gils(target.memory, target.gils, timed_words))
    else:
        return target
    return target if gils == target.gils else _with_gils(target, target.runtime, gils)


def _with_gils(target: Target, runtime: Runtime, gils: tuple[GilAddress, ...]) -> Target:
    whole = (runtime.address, runtime.address + runtime.size)
    apart = tuple(
        (gil.address, gil.address + GIL_SIZE) for gil in gils if not whole[0] <= gil.address < whole[1]
    )
    return replace(target, gils=gils, gil_words=(whole, *apart))


def _executable(pid: int, proc: Path) -> str:
    try:
        return str((proc / str(pid) / "exe").readlink())
    except OSError:
        return ""


def _refused(pid: int, proc: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError | ProcessLookupError):
        return access.gone(pid, proc) or f"process {pid} is ending"
    return access.gone(pid, proc) or access.refusal(pid, proc)


def _modules(mappings: tuple[Mapping, ...], executable: str) -> Iterator[Mapping]:
    """The first page of each module that may hold an interpreter, the likeliest first."""
    code = {mapping.path for mapping in mappings if "x" in mapping.permissions}

    def rank(mapping: Mapping) -> int:
        if _LIBPYTHON.match(mapping.name):
            return 0
        if _LIBPYPY.match(mapping.name):
            return 1
        return 2 if mapping.path == executable else 3

    first: dict[str, Mapping] = {}
    for mapping in mappings:
        if mapping.path in code and mapping.offset == 0 and mapping.path.startswith("/"):
            first.setdefault(mapping.path, mapping)
    return islice(sorted(first.values(), key=rank), _MOST_MODULES)


def _named(pid: int, modules: tuple[Mapping, ...]) -> Target:
    """What file names alone tell; micro version -1: not known."""
    for mapping in modules:
        if _PYPY.match(mapping.name):
            return Target(pid, "pypy")
        match = _LIBPYTHON.match(mapping.name) or _PYTHON.match(mapping.name)
        if match:
            return Target(pid, "cpython", (int(match[1]), int(match[2]), -1))
    return Target(pid, "other")


def _identified(pid: int, memory: Memory, modules: tuple[Mapping, ...], musl: bool) -> Target:
    for mapping in modules:
        try:
            elf = Elf(memory.read, mapping.start)
            if _PYPY.match(mapping.name):
                return _pypy(pid, memory, elf)
            symbol = elf.symbol(b"_PyRuntime")
        except ElfError:
            continue
        if symbol and 0 < symbol.size <= _LARGEST_RUNTIME:
            return _cpython(pid, memory, elf, Runtime(symbol.address, symbol.size, None), musl)
    named = _named(pid, modules)
    why = "it is not a Python process, as far as can be seen"
    if named.implementation == "cpython":
        why = "its interpreter cannot be recognised: CPython 3.8 or newer for 64 bit is needed"
    return replace(named, memory=memory, why=why)


def _pypy(pid: int, memory: Memory, elf: Elf) -> Target:
    words = tuple((segment.address, segment.end) for segment in elf.segments if segment.writable)
    why = "PyPy has no GIL gauge; the lanes show which threads wait for its GIL"
    return Target(pid, "pypy", None, False, words, (), memory, why)


def _cpython(pid: int, memory: Memory, elf: Elf, bare: Runtime, musl: bool) -> Target:
    try:
        size = min(bare.size, DEBUG_OFFSETS_SIZE)
        offsets = parse_debug_offsets(memory.read(bare.address, size))
        runtime = replace(bare, offsets=offsets)
        version = offsets.version if offsets else _version(memory, elf)
        gils = tuple(_listed_gils(memory, runtime)) or tuple(_scanned_gil(memory, runtime))
    except (OSError, ElfError):
        return Target(pid, "cpython", why=f"process {pid} is ending")
    free_threaded = offsets.free_threaded if offsets else False
    target = Target(pid, "cpython", version, free_threaded, (), (), memory, "", runtime)
    if musl:
        return replace(target, why="musl libc: its GIL waits cannot be told from others; use a glibc Python")
    if not gils:
        return replace(
            _with_gils(target, runtime, ()),
            why="no GIL was recognised: the interpreter has not started yet, or its build is unknown",
        )
    return _with_gils(target, runtime, gils)


def _version(memory: Memory, elf: Elf) -> tuple[int, int, int] | None:
    """From `Py_Version` (3.11+), else from the text that `Py_GetVersion` keeps in its static buffer."""
    symbol = elf.symbol(b"Py_Version")
    if symbol:
        return split_version(memory.word(symbol.address) & 0xFFFFFFFF)
    for segment in elf.segments:
        start = segment.address + segment.file_size
        for at in range(start, min(segment.end, start + _MOST_BSS) if segment.writable else start, _CHUNK):
            match = _VERSION_TEXT.search(memory.read(at, min(_CHUNK + 64, segment.end - at)))
            if match:
                return 3, int(match[1]), int(match[2])
    return None


def _listed_gils(memory: Memory, runtime: Runtime) -> Iterator[GilAddress]:
    """Through the debug offsets: every interpreter's GIL once, the main interpreter's first."""
    offsets = runtime.offsets
    if offsets is None:
        return
    layout = GilLayout(offsets.free_threaded)
    found: dict[int, int] = {}
    try:
        interpreter = memory.word(runtime.address + offsets.interpreters_head)
        for _ in range(_MOST_INTERPRETERS):
            if not interpreter:
                break
            address = memory.word(interpreter + offsets.interpreter_gil)
            number = memory.word(interpreter + offsets.interpreter_id)
            found[address] = min(number, found.get(address, number))
            interpreter = memory.word(interpreter + offsets.interpreter_next)
    except OSError:
        pass  # the list changed under the reader: what was found so far is checked below
    for address, number in sorted(found.items(), key=lambda item: item[1]):
        state = _state(memory, address, layout)
        if state and state.plausible:
            yield GilAddress(address, number, layout)


def _scanned_gil(memory: Memory, runtime: Runtime) -> Iterator[GilAddress]:
    """By content, in `_PyRuntime`: the default interval first, any interval if that was changed."""
    layout = GilLayout(bool(runtime.offsets and runtime.offsets.free_threaded))
    data = memory.read(runtime.address, runtime.size)
    wanted = struct.pack("=Q", DEFAULT_INTERVAL_US)
    hits = [at for at in _few(_occurrences(data, wanted)) if _looks_like_gil(data, at, layout)]
    if len(hits) != 1:
        candidates = hits or _few(_any_interval(data, layout))
        hits = [at for at in candidates if _is_gil(memory, data, at, layout)]
    if len(hits) == 1:
        yield GilAddress(runtime.address + hits[0], 0, layout)


def _few(places: Iterator[int]) -> Iterator[int]:
    """No runtime has more places that might be a GIL, unless it was made to keep us busy."""
    return islice(places, _MOST_CANDIDATES)


def _occurrences(data: bytes, wanted: bytes) -> Iterator[int]:
    at = data.find(wanted)
    while at >= 0:
        if at % 8 == 0:
            yield at
        at = data.find(wanted, at + 1)


def _any_interval(data: bytes, layout: GilLayout) -> Iterator[int]:
    """Where a plausible interval may stand before a plausible pointer: few of a hundred thousand words."""
    words = struct.unpack_from(f"={len(data) // 8}Q", data)
    skip = layout.free_threaded
    for index, (interval, holder) in enumerate(zip(words[skip:], words[skip + 1 :], strict=False)):
        if 0 < interval <= 1_000_000_000 and holder % 8 == 0 and 0x10000 <= holder < 1 << 56:
            yield 8 * index


def _looks_like_gil(data: bytes, at: int, layout: GilLayout) -> bool:
    piece = data[at : at + layout.size]
    if len(piece) < layout.size:
        return False
    state = layout.decode(piece)
    return (
        state.plausible
        and state.holder != 0
        and state.locked >= 0
        and (state.waiting_old is not None or state.waiting_new is not None)
    )


def _is_gil(memory: Memory, data: bytes, at: int, layout: GilLayout) -> bool:
    return (
        _looks_like_gil(data, at, layout)
        and _interpreter_of(memory, layout.decode(data[at : at + layout.size]).holder) is not None
    )


def _interpreter_of(memory: Memory, thread_state: int) -> int | None:
    """The interpreter of a PyThreadState, None unless its neighbours in the list point back at it."""
    try:
        previous, following, interpreter = _THREAD_STATE_HEAD.unpack(
            memory.read(thread_state, _THREAD_STATE_HEAD.size)
        )
        if previous and memory.word(previous + 8) != thread_state:
            return None
        if following and memory.word(following) != thread_state:
            return None
        memory.word(interpreter)
    except OSError:
        return None
    return int(interpreter)


def _heap_gils(
    memory: Memory, known: tuple[GilAddress, ...], timed_words: Iterable[int]
) -> Iterator[GilAddress]:
    """3.12's own-GIL subinterpreters: a struct around the word whose interpreter points back at it."""
    layout = GilLayout()
    seen = {gil.address for gil in known}
    for word in timed_words:
        for at in layout.timed_wait_words:
            address = word - at
            number = None if address % 8 or address in seen else _owner_312(memory, address, layout)
            if number is not None:
                seen.add(address)
                yield GilAddress(address, number, layout)


def _owner_312(memory: Memory, address: int, layout: GilLayout) -> int | None:
    """The 3.12 interpreter that embeds this GIL in its first 4 KiB and points at it from `ceval.gil`."""
    state = _state(memory, address, layout)
    if state is None or not state.plausible or not state.holder:
        return None
    interpreter = _interpreter_of(memory, state.holder)
    if interpreter is None or not interpreter < address < interpreter + 4096:
        return None
    try:
        head = memory.read(interpreter, address - interpreter)
    except OSError:
        return None
    pointer = struct.pack("=Q", address)
    number: int = struct.unpack_from("=q", head, 8)[0] if len(head) >= 16 else -1
    return number if any(_occurrences(head, pointer)) and 0 < number < 1 << 31 else None


def _state(memory: Memory, address: int, layout: GilLayout) -> GilState | None:
    try:
        return layout.decode(memory.read(address, layout.size))
    except OSError:
        return None
