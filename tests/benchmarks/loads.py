"""Programs whose behaviour is known, for any Python from 3.8 on: `python loads.py NAME [NUMBER]`.

Those of `gil_tui/bench/loads.py`, which says what they answer on stdout, and a few more.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gil_tui.bench.loads import LOADS, Threads, compute, idle, serve


def listen() -> int:
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


def network(count: int, hogs: int = 0) -> Threads:
    """Threads that ask a server and compute a little; `hogs` more that only compute."""
    port = listen()
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]

    def work(index: int) -> None:
        if index >= count:
            compute(20000)
            return
        connections[index].sendall(b"x" * 256)
        received = 0
        while received < 4096:
            received += len(connections[index].recv(65536))
        compute(300)

    return Threads(count + hogs).start(work)


def convoy(count: int) -> Threads:
    return network(count, hogs=1)


def serve_requests(count: int) -> Threads:
    """Threads of a busy server: a little work, then a wait, each for itself."""
    return Threads(count).start(lambda index: compute(3000), lambda index: time.sleep(0.010))


MORE = {"network": network, "convoy": convoy, "pool": idle, "server": serve_requests}

if __name__ == "__main__":
    serve({**LOADS, **MORE}, sys.argv[1:])
