"""Running an event loop, where the process may still open what one needs."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

FOR_A_LOOP = 4
"""Descriptors: a selector, a pair of sockets, one to spare."""
FOR_A_SCREEN = 24
"""Its keys are read by a selector in a thread: without it no key would end the screen; then come modules."""


def run_loop(main: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """`asyncio.run`, or OSError before anything is made where no more files may be opened."""
    ensure_descriptors()
    return asyncio.run(main())


def ensure_descriptors(count: int = FOR_A_LOOP) -> None:
    """Raise OSError where so many files could not be opened.

    asyncio would leave a half-made loop behind, which complains on stderr when it is collected.
    """
    opened: list[int] = []
    try:
        for _ in range(count // 2):
            opened += os.pipe()
    finally:
        for descriptor in opened:
            os.close(descriptor)
