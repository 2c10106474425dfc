"""Native code on the CPU that releases the GIL."""

from __future__ import annotations

from .base import Workload

BLOCK_BYTES = 262144
"""Far above the 2047 bytes from which hashlib releases the GIL."""


class Sha256(Workload):
    """Hashing of large blocks in C."""

    name = "sha256"
    family = "native"
    shows = "Hashing large blocks releases the GIL while C code works: threads can use several cores."
    size_unit = "blocks of 256 KiB"

    def run(self, size: int, number: int) -> int:
        """Hash `size` blocks and return the first four bytes of the digest."""
        import hashlib

        block = b"%08d" % (number % 100_000_000) * (BLOCK_BYTES // 8)
        digest = hashlib.sha256()
        for _ in range(size):
            digest.update(block)
        return int.from_bytes(digest.digest()[:4], "big")
