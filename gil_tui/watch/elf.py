"""Symbols of a loaded ELF module, read the way the dynamic loader does: without section headers.

Only what lies in memory is used, so stripped, deleted and replaced files, static executables and other
mount namespaces make no difference. Nothing that is read is trusted: malformed input raises ElfError.
Sources: elf(5), the GNU hash section as glibc's `do_lookup_x` walks it (elf/dl-lookup.c).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Read = Callable[[int, int], bytes]
"""`read(address, size)` gives exactly `size` bytes or raises OSError."""

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<qQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_HASH_HEADER = struct.Struct("<IIII")

_IDENTITY = b"\x7fELF\x02\x01"  # 64 bit, little endian
_EXECUTABLE, _SHARED = 2, 3
_LOAD, _DYNAMIC_SEGMENT = 1, 2
_WRITABLE = 2
_STRINGS, _SYMBOLS, _GNU_HASH = 5, 6, 0x6FFFFEF5

_MOST_SEGMENTS = 128
_MOST_DYNAMIC_ENTRIES = 1024
_LONGEST_CHAIN = 4096
_ADDRESSES = 1 << 64


class ElfError(Exception):
    """The bytes are not a 64-bit little-endian ELF module that can be read."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One loaded segment: addresses as they are in the process."""

    address: int
    file_size: int
    memory_size: int
    writable: bool

    @property
    def end(self) -> int:
        """One past its last byte in memory."""
        return self.address + self.memory_size


@dataclass(frozen=True, slots=True)
class Symbol:
    """A defined symbol: its address in the process and its size in bytes."""

    address: int
    size: int


class Elf:
    """The module whose first page is mapped at `base`; ElfError when it is none."""

    def __init__(self, read: Read, base: int) -> None:
        self._source = read
        identity, kind, _, _, _, table, _, _, _, entry_size, entries, _, _, _ = self._unpack(_HEADER, base)
        if not identity.startswith(_IDENTITY) or kind not in (_EXECUTABLE, _SHARED):
            raise ElfError("not a 64-bit little-endian executable or library")
        if entry_size != _SEGMENT.size or not 0 < entries <= _MOST_SEGMENTS:
            raise ElfError("program headers of an unknown shape")
        headers = [self._unpack(_SEGMENT, base + table + n * _SEGMENT.size) for n in range(entries)]
        self.bias = self._bias(headers, base, kind)
        self.segments = tuple(
            Segment(self._moved(address), file_size, memory_size, bool(flags & _WRITABLE))
            for kind, flags, _, address, _, file_size, memory_size, _ in headers
            if kind == _LOAD
        )
        self._tables = self._dynamic_tables(headers)

    def symbol(self, name: bytes) -> Symbol | None:
        """The defined symbol of that name, None if the module has none."""
        if self._tables is None:
            return None
        strings, symbols, table = self._tables
        buckets, first, bloom_words, _ = self._unpack(_HASH_HEADER, table)
        if buckets == 0:
            raise ElfError("hash table without buckets")
        wanted = gnu_hash(name)
        bucket_table = table + _HASH_HEADER.size + 8 * bloom_words
        chains = bucket_table + 4 * buckets
        start = self._u32(bucket_table + 4 * (wanted % buckets))
        if start == 0:
            return None
        for index in range(start, start + _LONGEST_CHAIN):
            if index < first:
                raise ElfError("hash chain begins before its table")
            value = self._u32(chains + 4 * (index - first))
            if value | 1 == wanted | 1:
                found = self._symbol(symbols + index * _SYMBOL.size, strings, name)
                if found:
                    return found
            if value & 1:
                return None
        raise ElfError("hash chain without end")

    def _symbol(self, address: int, strings: int, name: bytes) -> Symbol | None:
        name_at, _, _, section, value, size = self._unpack(_SYMBOL, address)
        if section == 0 or self._read(strings + name_at, len(name) + 1) != name + b"\0":
            return None
        return Symbol(self._moved(value), size)

    @staticmethod
    def _bias(headers: list[tuple[Any, ...]], base: int, kind: int) -> int:
        first = next((header for header in headers if header[0] == _LOAD), None)
        if first is None:
            raise ElfError("nothing to load")
        _, _, offset, address, *_ = first
        return 0 if kind == _EXECUTABLE else base + offset - address

    def _moved(self, address: int) -> int:
        return (address + self.bias) % _ADDRESSES

    def _dynamic_tables(self, headers: list[tuple[Any, ...]]) -> tuple[int, int, int] | None:
        """Addresses of strings, symbols and hash table, None when there is no dynamic section."""
        segment = next((header for header in headers if header[0] == _DYNAMIC_SEGMENT), None)
        if segment is None:
            return None
        entries = {}
        for n in range(min(segment[6] // _DYNAMIC.size, _MOST_DYNAMIC_ENTRIES)):
            tag, value = self._unpack(_DYNAMIC, self._moved(segment[3]) + n * _DYNAMIC.size)
            if tag == 0:
                break
            entries[tag] = value
        if not {_STRINGS, _SYMBOLS, _GNU_HASH} <= entries.keys():
            return None
        strings, symbols, table = (self._located(entries[tag]) for tag in (_STRINGS, _SYMBOLS, _GNU_HASH))
        return strings, symbols, table

    def _located(self, address: int) -> int:
        """A dynamic entry as an address in the process: glibc has moved it already, musl has not."""
        for candidate in (address, self._moved(address)):
            if any(segment.address <= candidate < segment.end for segment in self.segments):
                return candidate
        raise ElfError("dynamic entry outside of every segment")

    def _u32(self, address: int) -> int:
        return int.from_bytes(self._read(address, 4), "little")

    def _unpack(self, layout: struct.Struct, address: int) -> tuple[Any, ...]:
        fields: tuple[Any, ...] = layout.unpack(self._read(address, layout.size))
        return fields

    def _read(self, address: int, size: int) -> bytes:
        try:
            data = self._source(address, size)
        except (OSError, OverflowError, ValueError) as error:
            raise ElfError(f"cannot be read at {address:#x}: {error}") from error
        if len(data) != size:
            raise ElfError(f"ends within {address:#x} + {size}")
        return data


def gnu_hash(name: bytes) -> int:
    """The hash of DT_GNU_HASH: 5381, times 33 plus each byte, modulo 2**32."""
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value
