# cython: language_level=3, freethreading_compatible=True, subinterpreters_compatible=own_gil
"""The hot loop of the family `extension` in Cython, once holding the GIL and once without it."""

from libc.stdint cimport uint32_t, uint64_t


cdef uint32_t _hashed(uint32_t first, uint64_t size) noexcept nogil:
    cdef uint32_t total = 0
    cdef uint32_t number
    cdef uint64_t index
    for index in range(size):
        number = first + <uint32_t>index
        number ^= number >> 16
        number *= <uint32_t>0x85EBCA6B
        number ^= number >> 13
        number *= <uint32_t>0xC2B2AE35
        number ^= number >> 16
        total += number
    return total


def hashed_held(uint32_t first, uint64_t size):
    """What C does in one go, the GIL being held."""
    return _hashed(first, size)


def hashed_released(uint32_t first, uint64_t size):
    """The same, and other threads may run Python meanwhile."""
    cdef uint32_t total
    with nogil:
        total = _hashed(first, size)
    return total
