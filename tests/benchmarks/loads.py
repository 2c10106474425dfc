"""Programs whose behaviour is known, for any Python from 3.8 on: `python loads.py NAME [NUMBER]`.

Prints `ready` when it runs. For each line on stdin it prints a JSON line: `t_s` (monotonic), `done`
(pieces of work), `held_s` (time the GIL was held, where the program knows it). Ends with its stdin.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable

done = [0] * 1000
held_s = [0.0]
BLOCK = b"x" * (16 << 20)


def compute(rounds: int = 20000) -> int:
    total = 0
    for number in range(rounds):
        total += number * number
    return total


def forever(count: int, work: Callable[[int], object], name: str = "w") -> None:
    """Start `count` threads that do `work(index)` again and again."""

    all_there = threading.Event()

    def body(index: int) -> None:
        all_there.wait()
        while True:
            work(index)
            done[index] += 1

    for index in range(count):
        threading.Thread(target=body, args=(index,), name=name + str(index), daemon=True).start()
    all_there.set()


def spin(count: int) -> None:
    forever(count, lambda index: compute())


def hold(percent: int) -> None:
    """One thread that keeps the GIL, off the CPU, for `percent` of 10 or 20 ms."""
    period_s = 0.020 if percent == 50 else 0.010
    libc = ctypes.PyDLL(None)  # unlike CDLL, it keeps the GIL during a call

    woke_s = time.monotonic()

    def work(_: int) -> None:
        nonlocal woke_s
        libc.usleep(int(period_s * percent / 100 * 1e6))
        now_s = time.monotonic()
        held_s[0] += now_s - woke_s
        time.sleep(period_s * (1 - percent / 100))
        woke_s = time.monotonic()

    forever(1, work)


def hash_natively(count: int) -> None:
    forever(count, lambda index: hashlib.sha256(BLOCK).digest())


def lock(count: int) -> None:
    """Threads that sleep with a lock held."""
    shared = threading.Lock()

    def work(_: int) -> None:
        with shared:
            time.sleep(0.010)

    forever(count, work)


def sleep(count: int) -> None:
    forever(count, lambda index: time.sleep(0.020))


def serve() -> int:
    """A server in a process of its own that answers after 10 ms; gives its port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(64)
    port: int = listening.getsockname()[1]
    if os.fork():
        listening.close()
        return port

    def answer(connection: socket.socket) -> None:
        while True:
            try:
                data = connection.recv(4096)
            except ConnectionError:
                return
            if not data:
                return
            time.sleep(0.010)
            connection.sendall(data * 16)

    parent = os.getppid()
    listening.settimeout(1)
    while os.getppid() == parent:
        try:
            connection, _ = listening.accept()
        except OSError:
            continue
        connection.settimeout(None)
        threading.Thread(target=answer, args=(connection,), daemon=True).start()
    os._exit(0)


def network(count: int, hogs: int = 0) -> None:
    """Threads that ask a server and compute a little; `hogs` more that only compute."""
    port = serve()
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]

    def work(index: int) -> None:
        if index >= count:
            compute()
            return
        connections[index].sendall(b"x" * 256)
        received = 0
        while received < 4096:
            received += len(connections[index].recv(65536))
        compute(300)

    forever(count + hogs, work)


def convoy(count: int) -> None:
    network(count, hogs=1)


def pool(count: int) -> None:
    """Threads that wait for work which never comes."""
    jobs: queue.Queue[object] = queue.Queue()
    forever(count, lambda index: jobs.get())


def serve_requests(count: int) -> None:
    """Threads of a busy server: a little work, then a wait, each for itself."""

    def work(_: int) -> None:
        compute(3000)
        time.sleep(0.010)

    forever(count, work)


LOADS = {
    "spin": spin,
    "hold": hold,
    "hash": hash_natively,
    "lock": lock,
    "sleep": sleep,
    "network": network,
    "convoy": convoy,
    "pool": pool,
    "server": serve_requests,
}

if __name__ == "__main__":
    LOADS[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    time.sleep(0.3)
    print("ready", flush=True)
    for _ in sys.stdin:
        state = {"t_s": time.monotonic(), "done": sum(done), "held_s": held_s[0]}
        print(json.dumps(state), flush=True)
    os._exit(0)
