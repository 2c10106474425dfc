"""The lanes on real processes: bands wide enough for a busy machine, orderings, never times."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gil_tui.lab.interpreters import Interpreter
from gil_tui.watch.frames import STATES
from gil_tui.watch.target import open_target
from gil_tui.watch.threads import ThreadLanes

pytestmark = [pytest.mark.real, pytest.mark.alone]

if not Path("/proc/self/task").exists():
    pytest.skip("no /proc here", allow_module_level=True)

THREADS = 4
LOADS = {
    "spin": "def work(i):\n    while True: sum(range(1000))",
    "sleep": "def work(i):\n    while True: time.sleep(0.02)",
    "lock": "lock = threading.Lock()\ndef work(i):\n    while True:\n        with lock: time.sleep(0.01)",
    "receive": (
        "pairs = [socket.socketpair() for _ in range(N)]\n"
        "def beat():\n    while True:\n        time.sleep(0.03)\n        for a, b in pairs: a.send(b'x')\n"
        "threading.Thread(target=beat, daemon=True).start()\n"
        "def work(i):\n    while True: pairs[i][1].recv(10)"
    ),
    "poll": (
        "pairs = [socket.socketpair() for _ in range(N)]\n"
        "def work(i):\n    while True: select.select([pairs[i][1]], [], [], 0.03)"
    ),
    "pipe": (
        "M = b'x'; ends = [os.pipe() for _ in range(N)]\n"
        "def beat():\n    while True:\n        time.sleep(0.03)\n        for _, w in ends: os.write(w, M)\n"
        "threading.Thread(target=beat, daemon=True).start()\n"
        "def work(i):\n    while True: os.read(ends[i][0], 10)"
    ),
    "disk": (
        "def work(i):\n"
        "    file = open(sys.argv[1] + '/%d' % i, 'wb', buffering=0)\n"
        "    while True:\n        file.write(b'x' * 100000); os.fsync(file.fileno())"
    ),
    "queue": (
        "q = queue.SimpleQueue()\n"
        "def beat():\n    while True:\n        time.sleep(0.02); q.put(1)\n"
        "threading.Thread(target=beat, daemon=True).start()\n"
        "def work(i):\n    while True: q.get()"
    ),
    "pool": "done = threading.Event()\ndef work(i): done.wait()",
}
PROGRAM = """
import json, os, queue, select, socket, sys, threading, time
N = {threads}
{load}
threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(N)]
for t in threads: t.start()
print(json.dumps([t.native_id for t in threads]), flush=True)
sys.stdin.read()
os._exit(0)
"""


class Load:
    """A process under a known load, and its lanes; `tids` are its workers."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self.process = process
        self.tids: list[int] = json.loads(process.stdout.readline())
        self.target = open_target(process.pid)
        self.lanes = ThreadLanes(self.target)
        self.locks: set[int] = set()

    def shares(self, seconds: float = 1.0) -> dict[int, dict[str, float]]:
        """Mean shares of each worker over frames of a quarter second; checks every frame."""
        sums = {tid: dict.fromkeys(STATES, 0.0) for tid in self.tids}
        frames = round(seconds * 4)
        self.lanes.frame()
        for _ in range(frames):
            until = time.monotonic() + 0.25
            while time.monotonic() < until:
                self.lanes.sample()
                time.sleep(0.005)
            self.lanes.scan()
            for frame in self.lanes.frame():
                assert abs(sum(frame.shares.values()) - 1) < 1e-9
                assert min(frame.shares.values()) >= 0
                if frame.tid in sums:
                    for state in STATES:
                        sums[frame.tid][state] += frame.shares[state] / frames
                    self.locks |= {frame.lock} if frame.lock else set()
        return sums


@contextmanager
def load(name: str, python: str = sys.executable, threads: int = THREADS, *arguments: str) -> Iterator[Load]:
    program = PROGRAM.format(threads=threads, load=LOADS[name])
    with subprocess.Popen(
        [python, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        watched = Load(process)
        try:
            yield watched
        finally:
            watched.lanes.close()
            if watched.target.memory:
                watched.target.memory.close()
            process.kill()


def test_spinning_threads_wait_for_the_gil() -> None:
    with load("spin") as watched:
        if not watched.target.gils:
            pytest.skip(f"no GIL to be seen: {watched.target.why}")
        shares = watched.shares()
    assert sum(one["gil"] for one in shares.values()) > 1.0
    assert 0.2 < sum(one["cpu"] for one in shares.values()) < 1.3
    assert all(
        one["gil"] > one["lock"] + one["network"] + one["disk"] + one["sleep"] for one in shares.values()
    )


@pytest.mark.parametrize(
    ("name", "state"), [("sleep", "sleep"), ("receive", "network"), ("poll", "network"), ("pipe", "network")]
)
def test_what_threads_wait_for(name: str, state: str) -> None:
    with load(name) as watched:
        shares = watched.shares()
    for one in shares.values():
        blocked = 1 - one["cpu"] - one["run_queue"]
        assert blocked > 0.2
        assert one[state] > 0.8 * blocked


def test_threads_behind_one_lock() -> None:
    with load("lock") as watched:
        shares = watched.shares()
    waiting = sum(one["lock"] for one in shares.values())
    assert waiting > 1
    assert waiting > sum(one["sleep"] for one in shares.values())
    assert len(watched.locks) == 1


def test_a_lock_in_its_waiters_stacks_has_one_address(interpreters: list[Interpreter]) -> None:
    parking = [
        one
        for one in interpreters
        if one.implementation == "cpython" and tuple(map(int, one.version.split(".")[:2])) >= (3, 13)
    ]
    if not parking:
        pytest.skip("no CPython 3.13 or newer here: older ones do not park")
    with load("queue", parking[0].path) as watched:
        shares = watched.shares()
    assert sum(one["lock"] for one in shares.values()) > 2
    assert len(watched.locks) == 1


def test_a_thread_that_writes_to_disk(tmp_path: Path) -> None:
    with load("disk", sys.executable, 1, str(tmp_path)) as watched:
        (one,) = watched.shares().values()
    waits = {state: one[state] for state in ("lock", "network", "disk", "sleep", "idle")}
    if sum(waits.values()) < 0.1:
        pytest.skip("writing to disk waits for nothing here")
    assert max(waits, key=waits.__getitem__) == "disk"


def test_a_pool_without_work_becomes_idle() -> None:
    with load("pool") as watched:
        watched.shares()
        shares = watched.shares(0.75)
    assert all(one["idle"] > 0.9 for one in shares.values())


def test_a_stopped_process_is_idle_and_stays_untouched() -> None:
    with load("spin") as watched:
        os.kill(watched.process.pid, signal.SIGSTOP)
        watched.shares(1.5)
        shares = watched.shares(0.5)
        assert all(one["idle"] > 0.9 for one in shares.values())
        os.kill(watched.process.pid, signal.SIGCONT)
        assert sum(one["idle"] for one in watched.shares(0.75).values()) < 3


def test_500_threads() -> None:
    with load("sleep", sys.executable, 500) as watched:
        watched.lanes.scan()
        watched.lanes.sample()
        assert len(watched.lanes.frame()) == 501
        watched.process.kill()
        watched.process.wait()
        watched.lanes.sample()
        watched.lanes.scan()
        assert watched.lanes.gone
        assert len(watched.lanes.frame()) == 501
        assert watched.lanes.frame() == ()


def frames_of(watched: Load) -> list[tuple[bool, dict[str, float]]]:
    lanes = ThreadLanes(watched.target)
    for _ in range(20):
        lanes.sample()
        time.sleep(0.02)
    return [(frame.counted_only, dict(frame.shares)) for frame in lanes.frame()]


def test_another_users_process_shows_its_counters_only() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with load("spin") as watched:
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.setuid(65534)
                os.write(writer, json.dumps(frames_of(watched)).encode())
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            frames = json.load(pipe)
        os.waitpid(child, 0)
    assert all(counted_only for counted_only, _ in frames)
    assert sum(shares["cpu"] for _, shares in frames) > 0.2
    assert all(shares["cpu"] + shares["run_queue"] + shares["idle"] > 0.999 for _, shares in frames)
