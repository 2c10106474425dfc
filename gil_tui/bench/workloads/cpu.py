"""Pure Python on the CPU: the GIL is held all the time."""

from __future__ import annotations

from .base import Workload


class Countdown(Workload):
    """The classic loop of the talks about the GIL."""

    name = "countdown"
    family = "cpu"
    shows = "A pure-Python loop holds the GIL all the time: threads take turns, processes run side by side."
    size_unit = "decrements"

    def run(self, size: int, number: int) -> int:
        """Count `size` down to nothing."""
        left = size
        while left > 0:
            left -= 1
        return size - left + number


class Primes(Workload):
    """Trial division: function calls, integer arithmetic and branches."""

    name = "primes"
    family = "cpu"
    shows = "Pure-Python arithmetic, as in most business code: it holds the GIL, and a JIT makes it faster."
    size_unit = "numbers tested"

    def run(self, size: int, number: int) -> int:
        """Add up the primes among `size` numbers; all tasks cost nearly the same."""
        first = 100_000 + number % 1000 * 97
        return sum(n for n in range(first, first + size) if _is_prime(n)) & 0xFFFFFFFF


def _is_prime(n: int) -> bool:
    if n % 2 == 0:
        return n == 2
    divisor = 3
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 2
    return n > 1
