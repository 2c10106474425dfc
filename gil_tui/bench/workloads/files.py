"""Files: written, waited for and read back; and CSV files that many workers write to at once."""

from __future__ import annotations

import os
import threading
import zlib

from ..failures import JobError
from ..spec import Knob
from .limits import whole
from .scratch import InFolder, in_memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List, Mapping, Sequence

    from ..spec import KnobValue

    Row = List[str]

LINE = b"0123456789abcdef" * 4
KB = 1000


class Files(InFolder):
    """A file of its own for each unit: written, brought to the disk, read back, compared, deleted.

    What was just written is read from the kernel's memory: it is `fsync` that waits for the disk.
    """

    name = "files"
    family = "io"
    shows = "Waiting for a disk releases the GIL: many threads can do so at once, if the disk can."
    size_unit = "files"
    knobs = (
        Knob("file_kb", 64, "kB", "size of a file, in units of 1000 bytes"),
        Knob("fsync", True, "", "wait until each file is on the disk"),
    )

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        length = whole(self, "file_kb", 0, 1_000_000) * KB
        self._content = (LINE * (length // len(LINE) + 1))[:length]

    def prepare(self) -> None:
        """Make the folder, and say so if it is not on a disk."""
        super().prepare()
        if self.settings["fsync"] and in_memory(self.folder):
            parent = os.path.dirname(self.folder)
            self.notes = (
                "files are written to %s, which is memory: fsync waits for nothing (TMPDIR elsewhere)"
                % parent,
            )

    def run(self, size: int, number: int) -> int:
        """Write and read `size` files, one after the other."""
        checksum = 0
        for index in range(size):
            path = os.path.join(self.folder, "%d-%d-%s" % (number, index, _of_this_worker()))
            content = b"%d\n" % (number * size + index) + self._content
            try:
                self._write(path, content)
                with open(path, "rb") as file:
                    found = file.read()
            finally:
                if os.path.exists(path):
                    os.unlink(path)
            if found != content:
                raise ValueError(
                    "file %d of task %d was read otherwise than it was written" % (index, number)
                )
            checksum = zlib.crc32(found, checksum)
        return checksum

    def _write(self, path: str, content: bytes) -> None:
        with open(path, "xb") as file:
            file.write(content)
            if self.settings["fsync"]:
                file.flush()
                os.fsync(file.fileno())


class Csv(InFolder):
    """Rows of orders, written by the `csv` module to files of each task and to files that all share.

    A task writes its rows to a file of its own, reads them back and compares them row for row; then it
    appends them to a shared file in one write, which is what keeps rows of many writers whole. After the
    work the shared files are read: every row of every task must be there, whole and once.
    """

    name = "csv"
    family = "io"
    shows = (
        "Writing and reading CSV is computing more than waiting: its rows are made in Python, under the GIL."
    )
    size_unit = "rows written, read back and appended"
    knobs = (Knob("shared_files", 1, "files", "so many files all workers append to"),)

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        self._shared_files = whole(self, "shared_files", 1, 1000)

    def run(self, size: int, number: int) -> int:
        """Write, read and append `size` rows."""
        import csv

        rows = [_row(number, index) for index in range(size)]
        path = os.path.join(self.folder, "part %d %d %s" % (number, size, _of_this_worker()))
        with open(path, "x", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        with open(path, encoding="utf-8", newline="") as file:
            _compare(csv.reader(file), rows, "task %d" % number)
        with open(path, "rb") as raw:
            text = raw.read()
        _append(self._shared_file(number), text)
        os.truncate(path, 0)  # the name stays, as the receipt for what the shared file must hold
        return zlib.crc32(text)

    def figures(self) -> Dict[str, float]:
        """Read all shared files: `rows_checked`; JobError `raised` if rows were lost or torn."""
        wanted: Dict[str, int] = {}
        for name in os.listdir(self.folder):
            kind, *told = name.split(" ")
            if kind == "part":
                number, size = told[:2]
                for index in range(int(size)):
                    key = "%s %d" % (number, index)
                    wanted[key] = wanted.get(key, 0) + 1
        rows, torn = sum(wanted.values()), 0
        for row in self._shared_rows():
            key = " ".join(row[:2])
            if wanted.get(key) and row == _row(int(row[0]), int(row[1])):
                wanted[key] -= 1
            else:
                torn += 1
        lost = sum(wanted.values())
        if lost or torn:
            what = "%d of %d rows were lost, %d rows are torn or twice there" % (lost, rows, torn)
            raise JobError("raised", "%s: in the shared files %s" % (self.name, what))
        return {"rows_checked": float(rows)}

    def _shared_file(self, number: int) -> str:
        return os.path.join(self.folder, "shared %d" % (number % self._shared_files))

    def _shared_rows(self) -> Iterator[Row]:
        import csv

        for number in range(self._shared_files):
            path = self._shared_file(number)
            if os.path.exists(path):
                with open(path, encoding="utf-8", newline="", errors="replace") as file:
                    yield from csv.reader(file)


def _of_this_worker() -> str:
    """A name that no other worker gives at this time."""
    return "%d-%d-%s" % (os.getpid(), threading.get_ident(), os.urandom(4).hex())


def _row(number: int, index: int) -> Row:
    """An order with all that makes CSV hard: separators, quotes, line breaks, other than ASCII."""
    cents = (number * 7919 + index * 104729) % 100_000
    return [
        str(number),
        str(index),
        "%d.%02d" % (cents // 100, cents % 100),
        'Müller, "Süd" %d' % (cents % 89),
        "leave at door %d\nring twice" % (index % 13),
    ]


def _compare(found: Iterator[Row], rows: Sequence[Row], where: str) -> None:
    count = 0
    for row in found:
        if count >= len(rows) or row != rows[count]:
            raise ValueError("row %d of %s was read otherwise than it was written: %r" % (count, where, row))
        count += 1
    if count != len(rows):
        raise ValueError("%d of %d rows of %s were lost" % (len(rows) - count, len(rows), where))


def _append(path: str, text: bytes) -> None:
    """All or nothing: the kernel keeps one write to a file opened for appending together (write(2))."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        written = os.write(descriptor, text)
    finally:
        os.close(descriptor)
    if written != len(text):
        raise OSError("only %d of %d bytes could be appended" % (written, len(text)))
