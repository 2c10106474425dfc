"""Native code on the CPU that releases the GIL: NumPy and pandas."""

from __future__ import annotations

import os
import zlib

from ..failures import caused
from ..spec import Knob
from .base import Workload
from .limits import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from ..spec import KnobValue

BLAS_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""What the libraries behind NumPy read, once, when they are loaded; OpenMP's is also read by MKL."""
MOST_BLAS_THREADS = 1024
MASK = 0xFFFFFFFF


def set_blas_threads(count: int) -> None:
    """Have BLAS use `count` threads in this process and those that it starts; 0: as many as it wants.

    It counts where NumPy has not been imported yet.
    """
    for name in BLAS_VARIABLES:
        if count:
            os.environ[name] = str(count)
        else:
            os.environ.pop(name, None)


def imported(name: str, blas_threads: int = 1) -> Any:
    """A module that works on NumPy's arrays; JobError `unavailable` where it cannot be imported."""
    import importlib

    set_blas_threads(blas_threads)
    try:
        return importlib.import_module(name)
    except ImportError as error:  # such as in a subinterpreter, or for another version of Python
        raise caused("unavailable", error, "%s is installed but cannot be imported" % name)


class NumpyMatmul(Workload):
    """Products of matrices of whole numbers, which are exact in whatever order they are added up."""

    name = "numpy_matmul"
    family = "native"
    shows = "Matrix products run in BLAS without the GIL: threads gain, until BLAS starts threads of its own."
    size_unit = "matrix products"
    knobs = (
        Knob("rows", 256, "rows", "of each matrix, and as many columns"),
        Knob("blas_threads", 1, "threads", "of BLAS in each process; 0 lets it use one for each CPU"),
    )
    needs = ("numpy",)
    extra = "native"

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        rows = whole(self, "rows", 1, 10_000)
        threads = whole(self, "blas_threads", 0, MOST_BLAS_THREADS)
        self._numpy = np = imported("numpy", threads)
        self._left = (np.arange(rows * rows) % 17).astype("f8").reshape(rows, rows)
        self._right = (np.arange(rows * rows) % 13).astype("f8").reshape(rows, rows)
        self.notes = (_blas_note(threads),)

    def run(self, size: int, number: int) -> int:
        """Multiply `size` times; of each product one row counts."""
        left, checksum = self._left.copy(), number & MASK
        product = self._numpy.empty_like(left)
        for index in range(size):
            row = index % len(left)
            left[row, 0] = (number + index) % 97
            self._numpy.matmul(left, self._right, out=product)
            checksum = zlib.crc32(product[row].astype("<i8").tobytes(), checksum)
        return checksum


def _blas_note(threads: int) -> str:
    if threads == 0:
        return "BLAS uses as many threads as it wants, beside the workers: blas_threads=1 pins it"
    pinned = "1 thread" if threads == 1 else "%d threads" % threads
    return "BLAS is pinned to %s a process: blas_threads=0 lets it go" % pinned


class NumpyUfunc(Workload):
    """Passes over an array, element by element, by operations that every machine rounds alike."""

    name = "numpy_ufunc"
    family = "native"
    shows = "NumPy's loops over long arrays release the GIL, over short ones the calls between them hold it."
    size_unit = "passes of four operations"
    knobs = (Knob("length", 50_000, "numbers", "of the array; NumPy keeps the GIL for 500 and less"),)
    needs = ("numpy",)
    extra = "native"

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        length = whole(self, "length", 1, 1_000_000_000)
        self._numpy = np = imported("numpy")
        self._numbers = (np.arange(length) % 1000).astype("f8")

    def run(self, size: int, number: int) -> int:
        """Go over the array `size` times; the sums are whole numbers and exact."""
        np, numbers = self._numpy, self._numbers
        out, checksum = np.empty_like(numbers), number
        for index in range(size):
            np.multiply(numbers, 3.0, out=out)
            np.add(out, float((number + index) % 10_007), out=out)
            np.sqrt(out, out=out)
            np.floor(out, out=out)
            checksum = (checksum * 31 + int(out.sum())) & MASK
        return checksum


class PandasGroupby(Workload):
    """Sums and counts of whole numbers in groups."""

    name = "pandas_groupby"
    family = "native"
    shows = "pandas groups and adds up without the GIL, but much around it is Python: threads gain a part."
    size_unit = "group-bys"
    knobs = (
        Knob("rows", 100_000, "rows", "of the table"),
        Knob("groups", 1000, "groups", "that the rows fall into"),
    )
    needs = ("numpy", "pandas")
    extra = "native"

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        rows = whole(self, "rows", 1, 100_000_000)
        groups = whole(self, "groups", 1, 100_000_000)
        np = imported("numpy")
        self._frame_of = imported("pandas").DataFrame
        mixed = np.arange(rows, dtype="u8") * np.uint64(2654435761) % np.uint64(4294967296)
        self._keys = (mixed // np.uint64(7) % np.uint64(groups)).astype("i8")
        self._values = (mixed % np.uint64(10_007)).astype("i8")

    def run(self, size: int, number: int) -> int:
        """Group the same rows `size` times, each time with other values."""
        checksum = number & MASK
        for index in range(size):
            frame = self._frame_of({"key": self._keys, "value": self._values + (number + index) % 1009})
            found = frame.groupby("key")["value"].agg(["sum", "count", "max"])
            checksum = zlib.crc32(found.to_numpy().astype("<i8").tobytes(), checksum)
        return checksum
