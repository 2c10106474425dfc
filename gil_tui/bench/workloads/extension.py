"""One hot loop written in several languages: what porting it buys, and whether it then scales."""

from __future__ import annotations

import os
import sys

from ..failures import JobError, in_words
from ..spec import Knob
from .base import Workload
from .compiled import Library, lacks_compiler, lacks_headers
from .limits import whole
from .numeric import imported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Optional, Tuple

    from ..spec import KnobValue

    Hashed = Callable[[int, int], int]
    """The sum of the hashes of so many numbers (the second) from the first on, modulo 2**32."""

MASK = 0xFFFFFFFF
CYTHON_MODULE = "hot_loop"
NO_GIL = "no GIL in this interpreter: there is nothing to hold"


class Loop(Workload):
    """Hashes whole numbers with the finalizer of MurmurHash3 (Austin Appleby) and adds the hashes up.

    Thousands would be the handier unit, but then one unit of Python took longer than a task should.
    """

    family = "extension"
    size_unit = "numbers hashed"

    def run(self, size: int, number: int) -> int:
        """Hash `size` numbers from one on that the task's number decides."""
        return self.hashed(number * 2654435761 & MASK, size)

    def hashed(self, first: int, size: int) -> int:
        """The loop itself."""
        raise NotImplementedError


class LoopPython(Loop):
    """The loop as it is before anybody ports it."""

    name = "loop_python"
    shows = "The hot loop in pure Python: what its ports to NumPy, C and Cython are held against."

    def hashed(self, first: int, size: int) -> int:
        """One number after the other."""
        total = 0
        for number in range(first, first + size):
            number &= MASK
            number ^= number >> 16
            number = number * 0x85EBCA6B & MASK
            number ^= number >> 13
            number = number * 0xC2B2AE35 & MASK
            total += number ^ number >> 16
        return total & MASK


class LoopNumpy(Loop):
    """The loop as operations on arrays."""

    name = "loop_numpy"
    shows = (
        "The hot loop in NumPy: far faster and still Python; between its array operations the GIL is held."
    )
    knobs = (Knob("block", 65_536, "numbers", "worked on at once; small blocks hold the GIL more often"),)
    needs = ("numpy",)
    extra = "native"

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        self._numpy = np = imported("numpy")
        self._offsets = np.arange(whole(self, "block", 1, 100_000_000), dtype=np.uint32)
        self._constants = [np.uint32(value) for value in (16, 0x85EBCA6B, 13, 0xC2B2AE35)]

    def hashed(self, first: int, size: int) -> int:
        """A block of numbers after the other."""
        np, block = self._numpy, len(self._offsets)
        high, factor, low, other_factor = self._constants
        numbers, shifted = np.empty_like(self._offsets), np.empty_like(self._offsets)
        total = 0
        for done in range(0, size, block):
            if size - done < block:
                numbers, shifted = numbers[: size - done], shifted[: size - done]
            np.add(self._offsets[: len(numbers)], np.uint32(first + done & MASK), out=numbers)
            np.bitwise_xor(numbers, np.right_shift(numbers, high, out=shifted), out=numbers)
            np.multiply(numbers, factor, out=numbers)
            np.bitwise_xor(numbers, np.right_shift(numbers, low, out=shifted), out=numbers)
            np.multiply(numbers, other_factor, out=numbers)
            np.bitwise_xor(numbers, np.right_shift(numbers, high, out=shifted), out=numbers)
            total += int(np.add.reduce(numbers, dtype=np.uint64))
        return total & MASK


class Compiled(Loop):
    """What is compiled in the experiment's process, and loaded there and by its workers."""

    source = ""
    holds_gil = False
    _library: Optional[Library] = None

    def __init__(self, settings: Mapping[str, KnobValue], facts: Mapping[str, Any]) -> None:
        super().__init__(settings, facts)
        self._hashed: Optional[Hashed] = None
        if "library" in self.facts:
            self._hashed = self._loaded()

    @classmethod
    def lacks(cls) -> Optional[Tuple[str, str]]:
        """A C compiler."""
        return lacks_compiler()

    def prepare(self) -> None:
        """Compile the loop unless the cache has it; one that does not load is compiled anew."""
        self._library = Library(self.source)
        self.facts["library"] = self._library.build()
        try:
            self._hashed = self._loaded()
        except JobError:
            self.facts["library"] = self._library.build(anew=True)
            self._hashed = self._loaded()
        if self.holds_gil and not getattr(sys, "_is_gil_enabled", lambda: True)():
            self.notes = (NO_GIL,)

    def close(self) -> None:
        """Remove what could not go into the cache."""
        if self._library is not None:
            self._library.remove()

    def hashed(self, first: int, size: int) -> int:
        """All in one call."""
        assert self._hashed is not None
        return self._hashed(first, size)

    def load(self, path: str) -> Hashed:
        """The loop from the library at `path`; OSError, ImportError or AttributeError if it is not there."""
        raise NotImplementedError

    def _loaded(self) -> Hashed:
        path = self.facts["library"]
        if not os.path.isfile(path):
            raise JobError("unavailable", "workers of %s must be on the host of the experiment" % self.name)
        try:
            return self.load(path)
        except (OSError, ImportError, AttributeError) as error:
            remedy = "set XDG_CACHE_HOME to a folder that libraries may be loaded from"
            raise JobError("unavailable", "the compiled loop: %s: %s" % (in_words(error), remedy))


class LoopCReleased(Compiled):
    """The loop in C, called through `ctypes.CDLL`."""

    name = "loop_c_released"
    shows = (
        "The hot loop in C, called through ctypes.CDLL, which releases the GIL: threads use several cores."
    )
    source = "hot_loop.c"

    @classmethod
    def lacks(cls) -> Optional[Tuple[str, str]]:
        """A C compiler, or ctypes, if this Python was built without it."""
        from importlib.util import find_spec

        if sys.implementation.name == "cpython" and find_spec("_ctypes") is None:
            remedy = "sudo apt-get install libffi-dev, then build this Python again"
            return "the module ctypes, which this Python was built without", remedy
        return super().lacks()

    def load(self, path: str) -> Hashed:
        """See `Compiled`."""
        import ctypes

        return _declared(ctypes.CDLL(path))


class LoopCHeld(LoopCReleased):
    """The loop in C, called through `ctypes.PyDLL`."""

    name = "loop_c_held"
    shows = (
        "The hot loop in C, called through ctypes.PyDLL, which holds the GIL: fast, yet threads take turns."
    )
    holds_gil = True

    @classmethod
    def lacks(cls) -> Optional[Tuple[str, str]]:
        """What `ctypes.CDLL` needs, and an interpreter that has `PyDLL`: PyPy's ctypes always releases."""
        if sys.implementation.name == "pypy":
            return "ctypes.PyDLL, which PyPy does not have", "use loop_c_released there"
        return super().lacks()

    def load(self, path: str) -> Hashed:
        """See `Compiled`."""
        import ctypes

        return _declared(ctypes.PyDLL(path))


def _declared(library: Any) -> Hashed:
    import ctypes

    library.hashed.argtypes = (ctypes.c_uint32, ctypes.c_uint64)
    library.hashed.restype = ctypes.c_uint32
    hashed: Hashed = library.hashed
    return hashed


class LoopCython(Compiled):
    """The loop in Cython."""

    name = "loop_cython"
    shows = "The hot loop in Cython without `nogil`: as fast as C, but it holds the GIL: threads take turns."
    needs = ("Cython",)
    extra = "cython"
    source = CYTHON_MODULE + ".pyx"
    holds_gil = True
    function = "hashed_held"

    @classmethod
    def lacks(cls) -> Optional[Tuple[str, str]]:
        """A C compiler, and the header files of this interpreter."""
        return super().lacks() or lacks_headers()

    def load(self, path: str) -> Hashed:
        """See `Compiled`."""
        name = "%s.%s" % (__package__, CYTHON_MODULE)
        module = sys.modules.get(name)  # Cython's modules cannot be loaded twice
        if module is None:
            import importlib.util

            spec = importlib.util.spec_from_file_location(name, path)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            sys.modules[name] = module
        hashed: Hashed = getattr(module, self.function)
        return hashed


class LoopCythonNogil(LoopCython):
    """The loop in Cython, inside `with nogil`."""

    name = "loop_cython_nogil"
    shows = "The hot loop in Cython inside `with nogil`: as fast as C, and threads use several cores."
    holds_gil = False
    function = "hashed_released"
