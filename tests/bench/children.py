"""Runs bench children for tests, as the application does: by file path, with pipes."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from gil_tui.bench import spec

BENCH = Path(spec.__file__).with_name("__main__.py")
TIMEOUT_S = 60.0
AT_ONCE = 2

Event = dict[str, Any]


@dataclass
class Child:
    """One bench child; its pipes are read all the time."""

    process: subprocess.Popen[bytes]
    switch: int
    events: list[Event] = field(default_factory=list)
    texts: dict[str, bytearray] = field(
        default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()}
    )
    threads: list[threading.Thread] = field(default_factory=list)

    def wait(self, timeout_s: float = TIMEOUT_S) -> int:
        """Wait until it and its pipes have ended; return its exit code."""
        try:
            code = self.process.wait(timeout_s)
            for thread in self.threads:
                thread.join(timeout_s)
        finally:
            self.close_switch()
        return code

    def wait_for(self, event: str, timeout_s: float = TIMEOUT_S) -> Event:
        """Wait for the first event of that name."""
        wait_until(
            lambda: any(e["event"] == event for e in self.events), f"{event}, had {self.names}", timeout_s
        )
        return next(e for e in self.events if e["event"] == event)

    def close_switch(self) -> None:
        """What the application's end does."""
        if self.switch >= 0:
            os.close(self.switch)
            self.switch = -1

    @property
    def names(self) -> list[str]:
        return [event["event"] for event in self.events]

    @property
    def last(self) -> Event:
        return self.events[-1]

    @property
    def stdout(self) -> bytes:
        return bytes(self.texts["stdout"])

    @property
    def stderr(self) -> bytes:
        return bytes(self.texts["stderr"])


def start(kind: str = "trial", *, job: dict[str, Any] | None = None, **experiment: Any) -> Child:
    """Start a child; `interpreter` among the fields of the experiment is this one unless given."""
    experiment = {"executor": "sequential", "interpreter": sys.executable, **experiment}
    events, events_write = os.pipe()
    events_file = open(events, "rb")  # noqa: SIM115 - the reader closes it
    switch_read, switch = os.pipe()
    wanted = spec.Job(kind, spec.Experiment(**experiment), events_write, switch_read, **(job or {}))
    process = subprocess.Popen(
        [experiment["interpreter"], str(BENCH)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(events_write, switch_read),
        process_group=0,
    )
    os.close(events_write)
    os.close(switch_read)
    child = Child(process, switch)
    readers: list[tuple[Callable[[IO[bytes]], None], IO[bytes] | None]] = [
        (lambda pipe: child.events.extend(map(json.loads, pipe)), events_file),
        (lambda pipe: child.texts["stdout"].extend(pipe.read()), process.stdout),
        (lambda pipe: child.texts["stderr"].extend(pipe.read()), process.stderr),
    ]
    for read, pipe in readers:
        assert pipe is not None
        child.threads.append(threading.Thread(target=_read, args=(read, pipe), daemon=True))
        child.threads[-1].start()
    assert process.stdin is not None
    with process.stdin as stdin:
        stdin.write(json.dumps(wanted.to_json()).encode() + b"\n")
    return child


def run(kind: str = "trial", *, job: dict[str, Any] | None = None, **experiment: Any) -> Child:
    """Start a child and wait for its end."""
    child = start(kind, job=job, **experiment)
    child.wait()
    return child


def run_each(experiments: Sequence[Mapping[str, Any]]) -> list[Child]:
    """A child for each, two at a time, for tests that are not about how long it takes."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda fields: run(**fields), experiments))


def wait_until(is_true: Callable[[], bool], what: str, timeout_s: float = TIMEOUT_S) -> None:
    """Wait for a condition; AssertionError with `what` if it does not come true."""
    deadline_s = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline_s, f"waited {timeout_s} s in vain for {what}"
        time.sleep(0.01)


def _read(read: Callable[[IO[bytes]], None], pipe: IO[bytes]) -> None:
    with pipe:
        read(pipe)
