"""The faults: how each is brought about, on which subjects, and how it is taken back."""

import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.endurance.random_keys import press_at_random
from tests.endurance.subjects import Scene, other_user

Strike = Callable[[Scene], AbstractContextManager[None]]
Place = Callable[[Path], AbstractContextManager[None]]

SCREENS = ("screen, sweep", "screen, watch")
SWEEPS = ("run", "screen, sweep")
INTERRUPTED = (*SWEEPS, "watch PID", "screen, watch")
"""Without a command in the same terminal, which decides itself."""
WATCHES = ("watch PID", "watch --", "screen, watch")
HUNGRY = ("run, hungry", "screen, hungry")
ALL = (*SWEEPS, *WATCHES)
CGROUPS = Path("/sys/fs/cgroup/memory")
SOON_S = 8.0


class NotInjectedError(Exception):
    """What was to be struck is not there at this moment."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault; `ends` says that the program is to end by it.

    `at_start`: it may come while the program is still starting. `whole`: the terminal can be put in order.
    `damages`: the store itself is harmed, so it may be refused, in one line that says so. `apart`: run as
    a user that is not root. `why_not` says in words what this host lacks for it, empty if nothing.
    """

    kind: str
    subjects: tuple[str, ...]
    strike: Strike
    ends: bool = False
    at_start: bool = False
    whole: bool = True
    damages: bool = False
    forgets: bool = False
    ends_target: bool = False
    apart: bool = False
    place: Place | None = None
    why_not: Callable[[], str] = lambda: ""


def _needs_root() -> str:
    return "" if os.geteuid() == 0 else "needs root"


def _needs_another_user() -> str:
    return "" if other_user() else "needs root, setpriv, and a /usr/bin/python3 that can import this package"


def _needs_cgroups() -> str:
    return "" if os.access(CGROUPS / "cgroup.procs", os.W_OK) else f"{CGROUPS} cannot be written"


# Processes


def _signals(number: signal.Signals) -> Strike:
    @contextmanager
    def strike(scene: Scene) -> Iterator[None]:
        scene.terminal.signal(number)
        yield

    return strike


def _kills(choose: Callable[[Scene], list[psutil.Process]]) -> Strike:
    @contextmanager
    def strike(scene: Scene) -> Iterator[None]:
        def struck() -> bool:
            with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended by itself: then the next one
                if found := choose(scene):
                    scene.rng.choice(found).kill()
                    return True
            return False

        if not scene.wait_for(struck, SOON_S):
            raise NotInjectedError("nothing of that kind is there")
        yield

    return strike


def _guardians(scene: Scene) -> list[psutil.Process]:
    return [process for process in scene.bench() if _parent(process) == scene.terminal.pid]


def _experiments(scene: Scene) -> list[psutil.Process]:
    guardians = {process.pid for process in _guardians(scene)}
    return [process for process in scene.bench() if _parent(process) in guardians]


def _workers(scene: Scene) -> list[psutil.Process]:
    experiments = {process.pid for process in _experiments(scene)}
    return [process for process in scene.bench() if _parent(process) in experiments]


def _targets(scene: Scene) -> list[psutil.Process]:
    if scene.target:
        return [psutil.Process(scene.target.pid)]
    return [process for process in scene.find("import threading") if process.pid != scene.terminal.pid]


def _watchers(scene: Scene) -> list[psutil.Process]:
    return scene.find("gil_tui.watch")


def _parent(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.ppid()
    return -1


def _stops(number: signal.Signals) -> Strike:
    @contextmanager
    def strike(scene: Scene) -> Iterator[None]:
        scene.terminal.signal(number)
        scene.wait(0.5)
        process = psutil.Process(scene.terminal.pid)
        if scene.terminal.running and process.status() != psutil.STATUS_STOPPED:
            scene.terminal.signal(signal.SIGSTOP)  # the kernel spares a session's leader SIGTSTP
        scene.wait(scene.rng.uniform(0.1, 3.0))
        scene.terminal.signal(signal.SIGCONT)
        yield

    return strike


# The terminal


@contextmanager
def _close_terminal(scene: Scene) -> Iterator[None]:
    scene.terminal.hang_up()
    yield


@contextmanager
def _resize(scene: Scene) -> Iterator[None]:
    for _ in range(scene.rng.randrange(5, 40)):
        columns, rows = scene.rng.choice(((1, 1), (2, 500), (500, 1), (10, 3), (80, 24), (300, 90), (0, 0)))
        scene.terminal.resize(columns, rows)
        scene.wait(scene.rng.choice((0.0, 0.0, 0.02, 0.3)))
    scene.terminal.resize(120, 40)
    yield


# The store


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def _fill_disk(scene: Scene) -> Iterator[None]:
    ballast = scene.state / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    yield
    ballast.unlink()


def _locks(seconds: float | None) -> Strike:
    @contextmanager
    def strike(scene: Scene) -> Iterator[None]:
        if not scene.wait_for(scene.store.exists, SOON_S):
            raise NotInjectedError("nothing of that kind is there")
        other = sqlite3.connect(scene.store, isolation_level=None, timeout=10)
        try:
            other.execute("BEGIN EXCLUSIVE")
            scene.wait(scene.rng.uniform(0.2, seconds) if seconds else 0.0)
            if seconds:
                other.execute("ROLLBACK")
            yield
        finally:
            other.close()

    return strike


def _damages(harm: Callable[[Scene, Path], None]) -> Strike:
    @contextmanager
    def strike(scene: Scene) -> Iterator[None]:
        if not scene.wait_for(scene.store.exists, SOON_S):
            raise NotInjectedError("nothing of that kind is there")
        wal = scene.store.with_name(f"{scene.store.name}-wal")
        there = [path for path in (scene.store, wal) if path.exists() and path.stat().st_size]
        if not there:
            raise NotInjectedError("nothing of that kind is there")
        path = scene.rng.choice(there)
        harm(scene, path)
        yield

    return strike


def _change_bytes(scene: Scene, path: Path) -> None:
    with path.open("r+b") as file:
        for _ in range(scene.rng.choice((1, 1, 20))):
            position = scene.rng.randrange(path.stat().st_size)
            file.seek(position)
            file.write(scene.rng.randbytes(1))
            scene.notes.append(f"{path.name} at {position}")


def _cut_short(scene: Scene, path: Path) -> None:
    size = scene.rng.randrange(path.stat().st_size)
    os.truncate(path, size)
    scene.notes.append(f"{path.name} cut to {size}")


@contextmanager
def _forbid_writing(scene: Scene) -> Iterator[None]:
    """The folder and its files belong to somebody else from now on, and may only be read."""
    if not scene.wait_for(scene.store.exists, SOON_S):
        raise NotInjectedError("nothing of that kind is there")
    found = [scene.store.parent, *scene.store.parent.iterdir()]
    for path in found:
        os.chown(path, 0, 0)
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield


@contextmanager
def _make_immutable(scene: Scene) -> Iterator[None]:
    """Nothing in the folder can be made, removed or opened to be written, not even by root."""
    if not scene.wait_for(scene.store.exists, SOON_S):
        raise NotInjectedError("nothing of that kind is there")
    found = [str(scene.store.parent), *map(str, scene.store.parent.iterdir())]
    subprocess.run(["chattr", "+i", *found], check=True)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *found], check=True)


@contextmanager
def _remove_folder(scene: Scene) -> Iterator[None]:
    shutil.rmtree(scene.state, ignore_errors=True)
    yield


# Limits


@contextmanager
def _few_descriptors(scene: Scene) -> Iterator[None]:
    """The program and its watcher may open hardly any file from now on, nor may what it starts."""
    with contextlib.suppress(OSError):
        most = len(list(Path(f"/proc/{scene.terminal.pid}/fd").iterdir())) + scene.rng.randrange(8)
        resource.prlimit(scene.terminal.pid, resource.RLIMIT_NOFILE, (most, most))
        scene.notes.append(f"{most} descriptors")
    yield


@contextmanager
def _few_processes(scene: Scene) -> Iterator[None]:
    """Its user may start hardly any process or thread from now on."""
    with contextlib.suppress(OSError, psutil.NoSuchProcess):
        now = sum(process.num_threads() for process in scene.ours())
        most = now + scene.rng.randrange(6)
        resource.prlimit(scene.terminal.pid, resource.RLIMIT_NPROC, (most, most))
        scene.notes.append(f"{most} threads")
    yield


@contextmanager
def _limit_memory_of_function(scene: Scene) -> Iterator[None]:
    scene.trigger.write_text(str(scene.rng.choice((64, 256, 1024)) << 20))
    yield


@contextmanager
def _limit_memory_of_all(scene: Scene) -> Iterator[None]:
    """A memory cgroup around the whole program, in which the function takes all there is."""
    group = CGROUPS / f"gil-tui-faults-{os.getpid()}"
    group.mkdir(exist_ok=True)
    try:
        for process in scene.ours():
            with contextlib.suppress(OSError):
                (group / "cgroup.procs").write_text(str(process.pid))
        (group / "memory.limit_in_bytes").write_text(str(512 << 20))
        scene.trigger.write_text("")
        yield
    finally:
        scene.started.end()
        deadline_s = time.monotonic() + 10.0
        while (group / "cgroup.procs").read_text() and time.monotonic() < deadline_s:
            time.sleep(0.05)
        group.rmdir()


FAULTS = (
    Fault("SIGKILL screen or command", ALL, _signals(signal.SIGKILL), ends=True, at_start=True),
    Fault("SIGKILL guardian", SWEEPS, _kills(_guardians)),
    Fault("SIGKILL experiment", SWEEPS, _kills(_experiments)),
    Fault("SIGKILL pool worker", SWEEPS, _kills(_workers)),
    Fault("SIGKILL target", WATCHES, _kills(_targets), ends_target=True),
    Fault("SIGKILL watcher", ALL, _kills(_watchers)),
    Fault("SIGHUP", ALL, _signals(signal.SIGHUP), ends=True, at_start=True),
    Fault("SIGTERM", ALL, _signals(signal.SIGTERM), ends=True, at_start=True),
    Fault("SIGINT", INTERRUPTED, _signals(signal.SIGINT), ends=True, at_start=True),
    Fault("SIGTSTP, SIGCONT", ALL, _stops(signal.SIGTSTP)),
    Fault("SIGSTOP, SIGCONT", ALL, _stops(signal.SIGSTOP)),
    Fault("terminal closed", ALL, _close_terminal, ends=True, at_start=True, whole=False),
    Fault("terminal resized", ALL, _resize, at_start=True),
    Fault("keys at random", SCREENS, press_at_random, ends=True, at_start=True, forgets=True),
    Fault("disk full", SWEEPS, _fill_disk, place=_small_disk, why_not=_needs_root),
    Fault("store locked for a while", SWEEPS, _locks(9.0)),
    Fault("store locked for ever", SWEEPS, _locks(None)),
    Fault("store: wrong bytes", SWEEPS, _damages(_change_bytes), damages=True),
    Fault("store: cut short", SWEEPS, _damages(_cut_short), damages=True),
    Fault("store read-only (rights)", SWEEPS, _forbid_writing, apart=True, why_not=_needs_another_user),
    Fault("store read-only (chattr)", SWEEPS, _make_immutable, why_not=_needs_root),
    Fault("state folder vanished", SWEEPS, _remove_folder, forgets=True),
    Fault("out of descriptors", ALL, _few_descriptors, at_start=True),
    Fault(
        "out of processes",
        (*SWEEPS, "watch --"),
        _few_processes,
        at_start=True,
        apart=True,
        why_not=_needs_another_user,
    ),
    Fault("memory limit of function", HUNGRY, _limit_memory_of_function),
    Fault("memory limit of cgroup", HUNGRY, _limit_memory_of_all, why_not=_needs_cgroups),
)
