"""An SSH server of our own on the loopback, and a line to it that can be counted, cut and frozen."""

import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PRIVILEGE_SEPARATION = Path("/run/sshd")
START_S = 10.0
LOOPBACK = "127.0.0.1"

CONFIG = """
ListenAddress {address}
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
ClientAliveInterval {alive_every_s}
ClientAliveCountMax 3
SetEnv {environ}
"""


def unavailable() -> str:
    """Why no server can be started here; empty where one can."""
    missing = [name for name in ("ssh", "ssh-keygen") if not shutil.which(name)]
    if SSHD is None or missing:
        return f"not installed: {', '.join([*missing, *([] if SSHD else ['sshd'])])}"
    if os.geteuid() == 0 and not PRIVILEGE_SEPARATION.is_dir():
        return f"sshd that is started by root needs the folder {PRIVILEGE_SEPARATION}"
    return ""


class SshServer:
    """Serves the user who starts it, by a key of its own; use it as a context manager.

    `environ` is set in every session. A line that is silent for three times `alive_every_s` is dropped.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str], *, alive_every_s: int = 0) -> None:
        self.folder = folder
        self.port = _free_port()
        for name in ("host_key", "user_key"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        config = folder / "sshd_config"
        pairs = " ".join(f'"{name}={value}"' for name, value in environ.items())
        config.write_text(
            CONFIG.format(
                address=LOOPBACK, port=self.port, folder=folder, environ=pairs, alive_every_s=alive_every_s
            )
        )
        assert SSHD is not None
        self._log = open(folder / "log", "w")  # noqa: SIM115  (closed with the server)
        self._process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(config)],
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self.pid = self._process.pid
        self._wait_listening()

    def __enter__(self) -> "SshServer":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.sessions():
            process.kill()
        self._process.terminate()
        self._process.wait()
        self._log.close()

    def sessions(self) -> list[psutil.Process]:
        """The processes of the server's that serve a line each."""
        found = []
        for process in psutil.Process(self.pid).children(recursive=True):
            try:
                if process.name().startswith("sshd") and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found

    def login(self, *command: str, port: int | None = None, options: Sequence[str] = ()) -> list[str]:
        """The client's command line: `command` is for the shell at the other end, on a terminal there."""
        user = pwd.getpwuid(os.geteuid()).pw_name
        settings = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes")
        told = [word for setting in (*settings, "LogLevel=ERROR") for word in ("-o", setting)]
        where = ["-p", str(port or self.port), "-i", str(self.folder / "user_key"), f"{user}@{LOOPBACK}"]
        return ["ssh", "-tt", "-F", "none", *told, *options, *where, *command]

    def log(self) -> str:
        """What the server said."""
        return (self.folder / "log").read_text()

    def _wait_listening(self) -> None:
        deadline_s = time.monotonic() + START_S
        while "Server listening" not in self.log():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                self._process.kill()
                raise RuntimeError(f"sshd does not start: {self.log()}")
            time.sleep(0.05)


class Line:
    """A wire to `port` that listens on its own; counts what comes down, the bytes of TCP's stream.

    While `frozen` it carries nothing and tells neither end, as a network does that is gone.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listening.getsockname()[1]
        self.down_bytes = self.up_bytes = 0
        self.frozen = False
        self._over = False
        self._ends: list[socket.socket] = []
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()
        for end in (*self._ends, self._listening):
            end.close()

    def _carry(self) -> None:
        """One connection after the other: what one end says the other one hears."""
        partner: dict[socket.socket, socket.socket] = {}
        while not self._over:
            watched = [self._listening, *(() if self.frozen else partner)]
            for ready in select.select(watched, [], [], 0.05)[0]:
                if ready is self._listening:
                    client, _ = self._listening.accept()
                    server = socket.create_connection((LOOPBACK, self._to))
                    self._ends += [client, server]
                    partner[client], partner[server] = server, client
                elif ready in partner and not self._pass_on(ready, partner[ready]):
                    other = partner.pop(ready)
                    partner.pop(other)
                    ready.close()
                    other.close()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> bool:
        """False when the connection has ended."""
        try:
            data = source.recv(1 << 16)
            target.sendall(data)
        except OSError:
            return False
        if self._ends.index(source) % 2:
            self.down_bytes += len(data)
        else:
            self.up_bytes += len(data)
        return bool(data)


def kill(process: psutil.Process) -> None:
    """End it at once; it may have ended already."""
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as free:
        port: int = free.getsockname()[1]
        return port
