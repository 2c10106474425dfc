"""What a fault has left behind: processes, trials, the terminal, and whether the next start works."""

import json
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.terminal import Terminal
from tests.endurance.injections import Fault, NotInjectedError
from tests.endurance.patience import wait_fairly
from tests.endurance.subjects import COMMAND, SOURCES, Scene, Trials, as_user, command_as, trials_in
from tests.processes import describe

END_S = 20.0
"""What an end may take here: a store that is locked is waited for."""
GONE_S = 5.0
NEXT_S = 180.0

MODES = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
ON_BY_DEFAULT = {7: "wrapping", 25: "cursor"}
TROUBLE = (
    "Traceback (most recent call last)",
    "GIL_TUI_DEBUG",
    "Task exception was never retrieved",
    "Exception ignored",
    "Fatal Python error",
)
FRAMES = re.compile(r'File "([^"]+)", line \d+')
TINY = ("run", "countdown", "-e", "threads", "-w", "1", "--repeats", "1", "--size", "999", "--tasks", "4")
SAID = ("damaged", "cannot be used", "may not be written", "held locked", "no room left", "will not be kept")
"""Words of the one line in which a store is refused."""


@dataclass(slots=True)
class Findings:
    """What is wrong, by column of the table; all empty is as it should be."""

    orphans: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    dirty: list[str] = field(default_factory=list)
    next_start: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Their numbers."""
        return {name: len(getattr(self, name)) for name in self.__dataclass_fields__}

    def lines(self) -> Iterator[str]:
        """Each in words."""
        for name in self.__dataclass_fields__:
            for text in getattr(self, name):
                yield f"{name}: {text}"


def ended(scene: Scene, fault: Fault, findings: Findings) -> None:
    """Wait for the end of the program, then for all it has started; look at its terminal and its words."""
    if not wait_fairly(lambda: not scene.terminal.running, END_S, scene.ours, scene.terminal.read):
        findings.orphans.append(f"it has not ended after {END_S:g} s:\n{describe(scene.ours())}")
    elif not wait_fairly(lambda: not scene.ours(), GONE_S, scene.ours, scene.terminal.read):
        findings.orphans.append(describe(scene.ours()))
    scene.terminal.read(0.1)
    if is_before_gil_tui(scene.terminal.text):
        raise NotInjectedError("Python itself was still starting")
    if scene.target and scene.target.poll() is not None and not fault.ends_target:
        findings.foreign.append(f"the target ended with {scene.target.returncode}")
    if fault.whole and not scene.terminal.running:
        findings.dirty += _dirt(scene.terminal)
    findings.tracebacks += _trouble(scene.terminal.text)


def kept(scene: Scene, before: Trials, findings: Findings) -> None:
    """Every trial that was there before is there, as it was."""
    now = _read_anew(scene.store)
    lost = [key for key, document in before.items() if now.get(key) != document]
    findings.lost += [f"trial {number} of run {run_id}" for run_id, number in lost]


def readable(store: Path) -> Trials:
    """What can be read of a store that was harmed, from a copy without the index of its log."""
    return _read_anew(store)


def looked_at(scene: Scene, fault: Fault, findings: Findings) -> None:
    """The history can be listed while the fault is still there."""
    _listed(scene, fault, findings)


def started_again(scene: Scene, fault: Fault, findings: Findings) -> None:
    """The next command works, the next screen opens, and nothing is under way in the history."""
    command = command_as(scene.owner, [*TINY, "--json"])
    ran = _ran(scene, command)
    if ran.returncode != 0 or '"runs"' not in ran.stdout:
        findings.next_start.append(f"run: {ran.returncode}: {ran.stderr[-500:]}")
    findings.tracebacks += _trouble(ran.stderr)
    _listed(scene, fault, findings)
    if scene.subject.screen:
        _opened(scene, findings)
    if scene.store.exists() and not fault.damages:
        _settled(scene, findings)


def _listed(scene: Scene, fault: Fault, findings: Findings) -> None:
    listed = _ran(scene, command_as(scene.owner, ["history", "--json", "--limit", "0"]))
    findings.tracebacks += _trouble(listed.stderr)
    if listed.returncode == 0:
        runs = json.loads(listed.stdout)["runs"]
        for run in runs[:3]:
            _shown(scene, run["id"], fault, findings)
    elif not (fault.damages and any(words in listed.stderr for words in SAID)):
        findings.next_start.append(f"history: {listed.returncode}: {listed.stderr[-500:]}")


def _shown(scene: Scene, run_id: int, fault: Fault, findings: Findings) -> None:
    shown = _ran(scene, command_as(scene.owner, ["show", f"#{run_id}"]))
    findings.tracebacks += _trouble(shown.stderr)
    if shown.returncode and not (fault.damages and any(words in shown.stderr for words in SAID)):
        findings.next_start.append(f"show {run_id}: {shown.returncode}: {shown.stderr[-500:]}")


def _opened(scene: Scene, findings: Findings) -> None:
    environ = as_user(scene.owner, scene.environ)
    with Terminal(command_as(scene.owner, ["countdown"]), environ=environ) as terminal:
        try:
            terminal.wait_for("Workload", timeout_s=NEXT_S)
            terminal.read(1.0)
            terminal.send("3")
            terminal.read(1.0)
            terminal.send("q")
            if terminal.wait_end(END_S) != 0:
                findings.next_start.append(f"screen ended with {terminal.status}")
        except TimeoutError as error:
            findings.next_start.append(f"screen: {error}")
        findings.dirty += _dirt(terminal)
        findings.tracebacks += _trouble(terminal.text)


def _settled(scene: Scene, findings: Findings) -> None:
    if scene.owner is not None:
        return  # a store that may only be read stays as it is
    with closing(sqlite3.connect(f"{scene.store.as_uri()}?mode=ro", uri=True)) as connection:
        under_way = connection.execute("SELECT count(*) FROM runs WHERE status = 'running'").fetchone()[0]
    if under_way:
        findings.next_start.append(f"{under_way} runs still under way in the history")


def _ran(scene: Scene, command: list[str]) -> "subprocess.CompletedProcess[str]":
    environ = as_user(scene.owner, scene.environ)
    try:
        return subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=NEXT_S, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(command, -1, "", f"not done after {error.timeout} s")


def _dirt(terminal: Terminal) -> list[str]:
    """What is left switched on in the terminal, or off that was on."""
    now = terminal.attributes() if terminal.is_open else terminal.before
    found = [] if now == terminal.before else [f"its settings are not as before (status {terminal.status})"]
    state: dict[int, bool] = {}
    for numbers, switch in MODES.findall(terminal.output):
        state.update({int(number): switch == b"h" for number in numbers.split(b";") if number})
    for mode, is_on in state.items():
        if is_on != (mode in ON_BY_DEFAULT):
            found.append(f"mode {mode} is left {'on' if is_on else 'off'}")
    pushed, popped = terminal.output.count(b"\x1b[>"), terminal.output.count(b"\x1b[<u")
    if b"u" in terminal.output and popped < len(re.findall(rb"\x1b\[>\d+u", terminal.output)):
        found.append(f"keyboard protocol pushed {pushed} times, popped {popped}")
    return found


def is_before_gil_tui(text: str) -> bool:
    """Whether a traceback is of a Python that has come to no line of gil-tui that could handle it.

    SIGINT is a KeyboardInterrupt from the moment on at which Python begins to import `site`, some 20 ms
    before the first line of a console script, which itself imports `re` and `sys` first, and then looks for
    the package. No package can have a say in that; `python -c pass` does the same. Python says so, or the
    outermost frame does where none is of gil-tui: its entry point would be among them if it had begun.
    """
    if text.lstrip().startswith("Fatal Python error: init_import_site"):
        return True
    frames = [frame for frame in FRAMES.findall(text) if not frame.startswith("<frozen importlib")]
    began_so = text.lstrip().startswith(("Traceback", "Exception ignored"))
    if not (began_so and "KeyboardInterrupt" in text and frames):
        return False
    if any(Path(file).is_relative_to(SOURCES / "gil_tui") for file in frames):
        return False
    return frames[0] in ("<frozen site>", COMMAND)


def _trouble(text: str) -> list[str]:
    found = [words for words in TROUBLE if words in text]
    return [f"{found}: …{text[-1500:]}"] if found else []


def _read_anew(store: Path) -> Trials:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / store.name
        for suffix in ("", "-wal"):
            source = store.with_name(store.name + suffix)
            if source.exists():
                shutil.copy(source, copy.with_name(copy.name + suffix))
        try:
            return trials_in(copy)
        except (sqlite3.DatabaseError, ValueError):
            return {}
