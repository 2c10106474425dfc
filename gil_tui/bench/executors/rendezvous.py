"""A barrier for workers that share a process and nothing of Python: threads in interpreters of their own."""

from __future__ import annotations

import os

COUNT_BYTES = 4


class Rendezvous:
    """`wait` returns when all `parties` have come; can be pickled, and used any number of times.

    One pipe holds the number of those who have come, and whoever has read it may change it. Each round's
    waiters read one byte each from a gate, which the last one to come fills; the gates take turns, for the
    first of the next round may come while the last of this one still leaves.
    """

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._count = os.pipe()
        self._gates = (os.pipe(), os.pipe())
        self._round = 0
        self._put(0)

    def wait(self) -> None:
        """Wait for all the others."""
        gate, self._round = self._gates[self._round % 2], self._round + 1
        come = int.from_bytes(os.read(self._count[0], COUNT_BYTES), "big") + 1
        if come < self._parties:
            self._put(come)
            os.read(gate[0], 1)
            return
        self._put(0)
        os.write(gate[1], bytes(self._parties - 1))

    def close(self) -> None:
        """Give the pipes back; nobody may wait any more."""
        for descriptor in (*self._count, *self._gates[0], *self._gates[1]):
            os.close(descriptor)

    def _put(self, come: int) -> None:
        os.write(self._count[1], come.to_bytes(COUNT_BYTES, "big"))
