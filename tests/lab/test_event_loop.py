"""Event loops where no more files may be opened."""

import asyncio
import errno
import os
import resource
from collections.abc import Iterator

import pytest

from gil_tui.lab.event_loop import FOR_A_SCREEN, ensure_descriptors, run_loop


@pytest.fixture
def few_left() -> Iterator[int]:
    """Only the files that are open, and one more, may be open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptor = os.open(os.devnull, os.O_RDONLY)  # the lowest that is free
    os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor + 1, hard))
    yield descriptor
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


def test_it_runs_to_the_end() -> None:
    assert run_loop(answer) == 42


@pytest.mark.filterwarnings("error")
def test_without_descriptors_nothing_is_made(few_left: int) -> None:
    with pytest.raises(OSError) as raised:
        run_loop(answer)
    assert raised.value.errno == errno.EMFILE


def test_what_was_tried_is_closed_again(few_left: int) -> None:
    for count in (4, FOR_A_SCREEN):
        with pytest.raises(OSError):
            ensure_descriptors(count)
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    assert descriptor == few_left
