"""Speaks the bench's protocol without being the bench; the workload's name says how it behaves."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

RESULT: dict[str, Any] = {
    "wall_s": 0.2,
    "startup_s": 0.01,
    "cpu_s": 0.2,
    "throughput_per_s": 50.0,
    "latency_s": {"p50": 0.02, "p95": 0.02, "p99": 0.02, "max": 0.02},
    "workers": [
        {"worker": 0, "pid": 1, "tid": 1, "tasks": 10, "busy_s": 0.2, "cpu_s": 0.2, "gil_enabled": True}
    ],
    "peak_pss_bytes": 1 << 20,
    "context_switches": {"voluntary": 1, "involuntary": 2},
    "work_start_s": 1.0,
    "work_end_s": 1.2,
    "checksums": [1, 2, 3],
}
PYTHON = {
    "implementation": "cpython",
    "version": "3.13.0",
    "executable": sys.executable,
    "free_threaded": False,
    "gil_enabled": True,
    "jit": None,
}

job = json.loads(sys.stdin.readline())
events = os.fdopen(job["events_fd"], "wb", buffering=0)


def tell(event: str, **fields: Any) -> None:
    line = json.dumps({"event": event, "token": job["token"], "t_s": time.monotonic(), **fields}) + "\n"
    events.write(line.encode())


def obey_switch() -> None:
    os.read(job["switch_fd"], 1)
    os._exit(9)


def good() -> None:
    if job["kind"] == "calibrate":
        tell("calibrated", size=100, tasks=10, task_s=0.02, deterministic=True)
        return
    tell("started", startup_s=0.01, start_method=None, worker_pids=[])
    tell("progress", done=5, total=10)
    tell("finished", **RESULT)


def hang() -> None:
    time.sleep(1000)


def junk() -> None:
    for line in (b"not json\n", b"[1, 2]\n", b'{"no": "event"}\n', b"\xff\xfe\n", b"[" * 100_000 + b"\n"):
        events.write(line)
    rest = b"x" * (9 << 20) + b"\n"
    while rest:
        rest = rest[events.write(rest) :]
    good()


def loud() -> None:
    print("the beginning")
    for _ in range(100):
        print("x" * ((1 << 20) - 1))
    print("the end", flush=True)
    sys.stdout.buffer.write(b"\xff[red]\n")
    sys.stdout.flush()
    good()


def fails() -> None:
    tell("failed", kind="raised", message="ValueError: two\nlines", traceback="Traceback ...")
    sys.exit(1)


def dies() -> None:
    print("no room", file=sys.stderr, flush=True)
    os._exit(3)


def silent() -> None:
    sys.exit(0)


def segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def closes_events() -> None:
    events.close()
    time.sleep(1000)


def lingers() -> None:
    good()
    time.sleep(1000)


def stubborn() -> None:
    """A guardian that hears nothing, with an experiment in a group of its own that hears nothing either."""
    time.sleep(1000)


def abandons() -> None:
    """A guardian that is killed, its experiment left alone."""
    os.kill(os.getpid(), signal.SIGKILL)


def nice() -> None:
    print(os.nice(0))
    good()


def where() -> None:
    print(json.dumps({"group": os.getpgrp(), "session": os.getsid(0), "pid": os.getpid()}))
    good()


name = job["experiment"]["workload"]
pid = os.getpid()
if name in ("stubborn", "abandons"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pid = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], process_group=0).pid
else:
    threading.Thread(target=obey_switch, daemon=True).start()
tell("hello", pid=pid, python=PYTHON)
globals()[name]()
