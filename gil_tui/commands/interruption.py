"""What Ctrl-C does while modules are imported."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ending_at_once() -> Iterator[None]:
    """SIGINT ends the process, without a word and as a shell expects it, where it would be KeyboardInterrupt.

    CPython drops the exception where it meets the callback of an import's lock (`_get_module_lock` in
    importlib/_bootstrap.py), prints "Exception ignored", and goes on. Nothing has been started by then.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # ignored since before the start, as under nohup, or somebody's own
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
