"""What is attacked: the real program on a terminal of its own, with folders and a target of its own."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.benchmarks.terminal import Terminal
from tests.processes import MARK, StartedProcesses

COMMAND = str(Path(sys.executable).parent / "gil-tui")
SOURCES = Path(__file__).parents[2]
READY_S = 40.0
"""What a start may take on a busy machine; a fault strikes then at the latest."""

BUSY = "import threading as t\nfor _ in range(3): t.Thread(target=exec, args=('while True: pass',)).start()"
HUNGRY = """
import os, resource, time
def work():
    total = sum(range(20000))
    if os.path.exists({trigger!r}):
        text = open({trigger!r}).read()
        if text:
            resource.setrlimit(resource.RLIMIT_AS, (int(text), int(text)))
        hoard = []
        while True:
            hoard.append(b"x" * (1 << 22))
    return total
"""
KEPT = ("PATH", "LD_LIBRARY_PATH", "GIL_TUI_DEBUG")
SWEEP = ("-e", "threads,processes", "-w", "2", "--repeats", "200")

Trials = dict[tuple[int, int], str]
"""Documents of the trials in the store, by run and number."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One way to use gil-tui: `arguments` after the command, `PID` and `WORKLOAD` in them are filled in."""

    name: str
    arguments: tuple[str, ...]
    sweeps: bool
    screen: bool
    hungry: bool = False

    @property
    def has_target(self) -> bool:
        """Whether a process is watched that gil-tui has not started."""
        return "PID" in self.arguments


SUBJECTS = {
    one.name: one
    for one in (
        Subject("screen, sweep", ("countdown", *SWEEP), sweeps=True, screen=True),
        Subject("screen, watch", ("--pid", "PID"), sweeps=False, screen=True),
        Subject("run", ("run", "countdown", *SWEEP), sweeps=True, screen=False),
        Subject("watch PID", ("watch", "--seconds", "600", "PID"), sweeps=False, screen=False),
        Subject("watch --", ("watch", "--", sys.executable, "-c", BUSY), sweeps=False, screen=False),
        Subject("screen, hungry", ("WORKLOAD", *SWEEP), sweeps=True, screen=True, hungry=True),
        Subject("run, hungry", ("run", "WORKLOAD", *SWEEP), sweeps=True, screen=False, hungry=True),
    )
}


@dataclass(slots=True)
class Scene:
    """A subject that runs, and all that belongs to it.

    `folder` is its own, `state` its XDG_STATE_HOME; `owner` is the user it runs as, None for this one.
    """

    subject: Subject
    folder: Path
    state: Path
    rng: random.Random
    started: StartedProcesses
    environ: dict[str, str]
    owner: int | None
    terminal: Terminal
    target: subprocess.Popen[bytes] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def store(self) -> Path:
        """The history's file."""
        return self.state / "gil-tui" / "history.sqlite3"

    @property
    def trigger(self) -> Path:
        """When this file is there, the hungry function takes all memory it can get."""
        return self.folder / "eat"

    def ours(self) -> list[psutil.Process]:
        """What gil-tui has started that is alive, itself included; not what it only looks at."""
        foreign = self.target.pid if self.target else -1
        return [process for process in self.started.alive() if process.pid != foreign]

    def find(self, words: str) -> list[psutil.Process]:
        """Processes of ours with these words in their command line."""
        return [process for process in self.ours() if words in _command_line(process)]

    def bench(self) -> list[psutil.Process]:
        """Guardians, experiments and workers, those that were started first come first."""
        return sorted(self.find("bench/__main__.py"), key=lambda process: (_began(process), process.pid))

    def trials(self) -> Trials:
        """What the store holds now."""
        return trials_in(self.store)

    def wait(self, seconds: float) -> None:
        """Let time pass, with somebody who reads the terminal."""
        deadline_s = time.monotonic() + seconds
        while (left_s := deadline_s - time.monotonic()) > 0:
            self.terminal.read(min(left_s, 0.05))

    def wait_for(self, condition: Callable[[], object], at_most_s: float) -> bool:
        """Let time pass until the condition holds; False if it does not, or the program ends."""
        deadline_s = time.monotonic() + at_most_s
        while not condition():
            if time.monotonic() > deadline_s or not self.terminal.running:
                return bool(condition())
            self.terminal.read(0.05)
        return True

    def settle(self, at_start: bool) -> None:
        """Until it does what it was started for; with `at_start` any moment before that will do."""
        if at_start:
            self.wait(self.rng.uniform(0.0, 2.5))
        elif self.subject.screen:
            self.wait_for(lambda: "Workload" in self.terminal.text or "held" in self.terminal.text, READY_S)
            self.wait(0.3)
        if self.subject.sweeps and self.subject.screen and self.terminal.running:
            self.terminal.send("r")
        if at_start:
            return
        if self.subject.sweeps:
            self.wait_for(self.trials, READY_S)
        else:
            self.wait_for(lambda: self.find("gil_tui.watch"), READY_S)
        self.wait(self.rng.uniform(0.0, 3.0))

    def finish(self) -> None:
        """End it as a person would, if it is still there."""
        if not self.terminal.running:
            return
        if self.subject.screen:
            self.terminal.send("q")
        else:
            self.terminal.signal(signal.SIGTERM)


@contextmanager
def scene_of(
    subject: Subject, folder: Path, state: Path, rng: random.Random, owner: int | None
) -> Iterator[Scene]:
    """Start the subject; at the end whatever is left of it is ended."""
    started = StartedProcesses()
    environ = environment(folder, state) | {MARK: started.mark}
    target = _target(folder) if subject.has_target else None
    try:
        scene_folder = folder / "scene"
        trigger = scene_folder / "eat"
        workload = _hungry(folder, trigger)
        scene_folder.mkdir(exist_ok=True)
        if owner is not None:
            _give(folder, owner)
            _give(state, owner)
        filled = {"PID": str(target.pid) if target else "", "WORKLOAD": f"{workload}:work"}
        words = [filled.get(word, word) for word in subject.arguments]
        command, environ_of = command_as(owner, words), as_user(owner, environ)
        with Terminal(command, environ=environ_of, folder=scene_folder) as terminal:
            yield Scene(subject, scene_folder, state, rng, started, environ, owner, terminal, target)
    finally:
        started.end()
        if target:
            target.kill()
            target.wait()


def environment(folder: Path, state: Path) -> dict[str, str]:
    """A home of its own; the cache of interpreters is found once for all scenes."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    return kept | {
        "PYTHONPATH": str(SOURCES),
        "HOME": str(folder),
        "XDG_STATE_HOME": str(state),
        "XDG_CACHE_HOME": str(folder.parent / "cache"),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "TEXTUAL_ANIMATIONS": "none",
    }


def as_user(owner: int | None, environ: dict[str, str]) -> dict[str, str]:
    """The environment, with the way to the package for an interpreter that does not have it."""
    if owner is None:
        return environ
    return environ | {"PYTHONPATH": os.pathsep.join([str(SOURCES), *_site_packages()])}


def command_as(owner: int | None, words: Sequence[str]) -> list[str]:
    """The command line of gil-tui as that user, whose Python is one that everybody may run."""
    if owner is None:
        return [COMMAND, *words]
    change = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups", "--"]
    return [*change, "/usr/bin/python3", "-m", "gil_tui", *words]


def trials_in(store: Path) -> Trials:
    """All trials of a store, empty where there is none yet."""
    if not store.exists():
        return {}
    try:
        with closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT run_id, number, document FROM trials").fetchall()
    except sqlite3.OperationalError:
        return {}
    return {(run_id, number): document for run_id, number, document in found}


def other_user() -> bool:
    """Whether things can be run as somebody else here."""
    return (
        os.geteuid() == 0
        and shutil.which("setpriv") is not None
        and subprocess.run(
            [*command_as(40000, ["--version"])],
            env=as_user(40000, environment(Path("/"), Path("/"))),
            capture_output=True,
        ).returncode
        == 0
    )


def _site_packages() -> list[str]:
    return [path for path in sys.path if path.endswith("site-packages")]


def _target(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", BUSY], env=environment(folder, folder))


def _hungry(folder: Path, trigger: Path) -> Path:
    path = folder / "hungry.py"
    path.write_text(HUNGRY.format(trigger=str(trigger)))
    return path


def _give(folder: Path, owner: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, owner)


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def _began(process: psutil.Process) -> float:
    try:
        return process.create_time()
    except psutil.NoSuchProcess:
        return float("inf")
