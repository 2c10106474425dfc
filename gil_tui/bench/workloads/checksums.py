"""Checksums of whatever a user's function returns."""

from __future__ import annotations

import zlib
from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Tuple, Union

SCALARS = (type(None), bool, int, float, complex)
TEXTS = (str, bytes, bytearray)
SEQUENCES = (list, tuple)
SETS = (set, frozenset)
ROOM = 1024
"""So many items of a value are looked at, shared among its parts."""
CHARS_AN_ITEM = 64


def checksum(value: object) -> int:
    """A checksum of plain data that is the same in every process; of anything else, of its type's name.

    It takes little time whatever the size: of what is large, the length and both ends count.
    """
    return zlib.crc32(_digest(value, ROOM))


def _digest(value: Any, room: int) -> bytes:
    kind = type(value)
    if kind in SCALARS:
        return _scalar(value)
    if kind in TEXTS:
        return _text(value, room * CHARS_AN_ITEM)
    if kind in SEQUENCES:
        return b"[%d:%s]" % (len(value), b",".join(_parts(_both_ends(value, room), room)))
    if kind is dict:
        return b"{%d:%s}" % (len(value), b",".join(_parts(_pairs(value, room), room)))
    if kind in SETS:  # in an order that differs from process to process
        some = value if len(value) <= room else ()
        return b"<%d:%s>" % (len(value), b",".join(sorted(_parts(list(some), room))))
    return kind.__name__.encode("utf-8", "replace")


def _parts(items: Any, room: int) -> List[bytes]:
    each = room // (len(items) + 1)
    return [_digest(item, each) for item in items]


def _scalar(value: Any) -> bytes:
    if type(value) is int and value.bit_length() > 4096:  # writing its digits would take long, or be refused
        return b"%d bits, %x" % (value.bit_length(), value & 0xFFFFFFFF)
    return repr(value).encode()


def _text(value: Union[str, bytes, bytearray], limit: int) -> bytes:
    shown = value if len(value) <= limit else _both_ends(value, limit)
    content = shown.encode("utf-8", "surrogatepass") if isinstance(shown, str) else bytes(shown)
    return b"%d:%s" % (len(value), content)


def _both_ends(value: Any, limit: int) -> Any:
    if len(value) <= limit:
        return value
    half = limit // 2
    return value[:half] + value[len(value) - half :]


def _pairs(value: Any, room: int) -> List[Tuple[Any, Any]]:
    if len(value) <= room:
        return list(value.items())
    half = room // 2
    return [*islice(value.items(), half), *islice(reversed(value.items()), half)]
