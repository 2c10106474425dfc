"""What can be used on which interpreter, and what brings the rest."""

import functools
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gil_tui.lab.interpreters import Interpreter
from gil_tui.lab.modules import SETTINGS, Modules
from gil_tui.lab.plugins import executor_called, executor_catalogue, workload_called, workload_catalogue

PIP = "pip"


@dataclass(frozen=True, slots=True)
class Availability:
    """Why something cannot be used here, empty if it can, and the command that would change that."""

    why: str = ""
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether it can be used."""
        return not self.why


def workload_availability(name: str, interpreter: Interpreter) -> Availability:
    """Whether the workload called `name` can run on `interpreter`; own code and unknown names always can."""
    workload = None if ":" in name else workload_called(name)
    if workload is None:
        return Availability()
    missing = _missing(workload.needs, interpreter)
    if not missing.ok:
        return missing
    lacks = workload.lacks()
    return Availability(f"needs {lacks[0]}", lacks[1]) if lacks else Availability()


def executor_availability(name: str, interpreter: Interpreter) -> Availability:
    """Whether the executor called `name` (a start method may stand behind it) can run on `interpreter`."""
    entry = executor_called(name.partition(":")[0])
    if entry is None:
        return Availability()
    if _version_of(interpreter) < entry.oldest:
        oldest = ".".join(map(str, entry.oldest))
        return Availability(f"needs Python {oldest} or newer", f"uv python install {oldest}")
    return _missing(entry.needs, interpreter)


def look_at(interpreters: Iterable[Interpreter]) -> None:
    """Ask all of them side by side which modules they have: after that every answer is at hand."""
    paths = {interpreter.path for interpreter in interpreters}
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="modules") as pool:
        list(pool.map(lambda path: _modules().installed(path, all_needs()), paths))


def install_command(interpreter: Interpreter, packages: Sequence[str]) -> str:
    """The command that installs `packages` for `interpreter`; where the system forbids it, beside it."""
    installed = _modules().installed(interpreter.path, all_needs())
    python = shlex.quote(interpreter.path)
    names = " ".join(packages)
    if installed and installed.managed:
        folder = f"~/gil-tui-{interpreter.implementation}-{interpreter.version}"
        return f"{python} -m venv {folder} && {folder}/bin/pip install {names}  # then -i {folder}"
    if installed is None or PIP in installed.modules:
        return f"{python} -m pip install {names}"
    if shutil.which("uv"):
        return f"uv pip install --python {python} {names}"
    return f"{shlex.quote(sys.executable)} -m pip --python {python} install {names}"


def _missing(needs: Sequence[str], interpreter: Interpreter) -> Availability:
    """What of the needed modules is not there; an interpreter that does not say is not blamed."""
    if not needs:
        return Availability()
    installed = _modules().installed(interpreter.path, all_needs() | set(needs))
    missing = [] if installed is None else [name for name in needs if name not in installed.modules]
    if not missing:
        return Availability()
    return Availability(f"needs {' and '.join(missing)}", install_command(interpreter, missing))


def _version_of(interpreter: Interpreter) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", interpreter.version)[:2])


@functools.cache
def all_needs() -> frozenset[str]:
    """Every module that some workload or executor needs: an interpreter is asked for all of them at once."""
    needs = {name for workload in workload_catalogue() for name in workload.needs}
    return frozenset(needs.union(*(entry.needs for entry in executor_catalogue().values())) | {PIP})


def _modules() -> Modules:
    settings = {name: os.environ[name] for name in (*SETTINGS, "XDG_CACHE_HOME") if name in os.environ}
    return _modules_of(tuple(sorted(settings.items())))


@functools.cache
def _modules_of(settings: tuple[tuple[str, str], ...]) -> Modules:
    return Modules(dict(settings))
