"""The Python interpreters of this host: where to look for them, and which one a text means."""

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from gil_tui.bench.spec import switches
from gil_tui.lab.errors import UsageError, nearest
from gil_tui.lab.identify import Facts, Identifier, facts_of_running
from gil_tui.lab.places import active, candidates, is_pyenv_shim, pythons_in

OLDEST = (3, 8)
SWITCHES = {"gil": ("gil", True), "nogil": ("gil", False), "jit": ("jit", True), "nojit": ("jit", False)}
VERSION = re.compile(r"(?P<name>python|cpython|pypy)?-?(?P<version>\d+(\.\d+){0,2})?(?P<t>t)?")
HEADLESS_LIST = "`gil-tui list interpreters` shows those found"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One interpreter: `path` to start it, `version` such as `3.13.0`, and where it was found.

    `label` is short and unique among those of one `find_interpreters`: `3.13`, `3.13t`, `pypy3.9`.
    `source` is `running`, one of `places.candidates`, or `named` (by the person). `gil` and `jit` switch what
    this build lets one switch, None leaves it be. `built_jit` is what its JIT does when it is left, None for
    a build without one.
    """

    path: str
    implementation: str
    version: str
    free_threaded: bool
    label: str
    source: str
    gil: bool | None = None
    jit: bool | None = None
    built_jit: bool | None = None

    @property
    def key(self) -> str:
        """Its path with its switches, as `Experiment.interpreter_key` has it: `.../python3.13t+gil`."""
        return self.path + switches(self.gil, self.jit)


def find_interpreters(
    environ: Mapping[str, str] = os.environ, identifier: Identifier | None = None
) -> list[Interpreter]:
    """All interpreters of 3.8 or newer that can be found, the running one first, then newest first.

    One executable is listed once, however many names it has; a virtual environment stands apart from
    its base. Behind each stand its `variants`. Each executable is run at most once, and not again while
    its size and time stand.
    """
    found = _bases(environ, identifier)
    return [one for base in found for one in (base, *variants(base))]


def variants(interpreter: Interpreter) -> list[Interpreter]:
    """The same binary switched, where that shows something: the GIL back on, the JIT in its other state."""
    others = []
    if interpreter.free_threaded:
        others.append(_switched(interpreter, {"gil": True}))
    if interpreter.built_jit is not None:
        others.append(_switched(interpreter, {"jit": not interpreter.built_jit}))
    return others


def _bases(environ: Mapping[str, str], identifier: Identifier | None) -> list[Interpreter]:
    identifier = identifier or Identifier(environ)
    seen: dict[str, tuple[str, Path]] = {}
    for source, path in candidates(environ):
        if os.access(path, os.X_OK) and path.is_file():
            seen.setdefault(identity(path), (source, path))
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="identify") as pool:
        answers = list(pool.map(identifier.identify, [path for _, path in seen.values()]))
    identifier.save()
    running = running_interpreter()
    found = {identity(Path(running.path)): running}
    for (source, path), facts in zip(seen.values(), answers, strict=True):
        if isinstance(facts, Facts) and facts.version_info >= OLDEST:
            interpreter = _interpreter(path, facts, source)
            found.setdefault(identity(Path(interpreter.path)), interpreter)
    first, *others = found.values()
    return unique_labels([first, *sorted(others, key=_newest_first)])


def running_interpreter() -> Interpreter:
    """The interpreter that runs this program; nothing is started."""
    return _interpreter(Path(sys.executable), facts_of_running(), "running")


def default_interpreter(environ: Mapping[str, str] = os.environ) -> Interpreter:
    """The active environment's interpreter, since the person's own code lives there, else the running one."""
    running = running_interpreter()
    for source, path in active(environ):
        if os.access(path, os.X_OK) and identity(path) != identity(Path(running.path)):
            identifier = Identifier(environ)
            facts = identifier.identify(path)
            identifier.save()
            if isinstance(facts, Facts) and facts.version_info >= OLDEST:
                return _interpreter(path, facts, source)
    return running


def resolve_interpreter(
    text: str, environ: Mapping[str, str] = os.environ, identifier: Identifier | None = None
) -> Interpreter:
    """The interpreter that `text` means: a path (a virtual environment's too), command, label or version.

    A version means the newest that fits; one without a `t` never means a free-threaded build. Switches
    stand behind it: `3.13t+gil`, `pypy3+nojit`. Raises UsageError for what is missing, is not Python, is
    too old, or cannot be switched.
    """
    base, wanted = _split(text)
    interpreter = _resolve_base(base, environ, identifier or Identifier(environ))
    return _switched(interpreter, wanted) if wanted else interpreter


def _split(text: str) -> tuple[str, dict[str, bool]]:
    """What stands before the switches, and the switches; a path may have a plus of its own."""
    base, wanted = text, dict[str, bool]()
    while "+" in base and not _is_there(_expanded(base)):
        base, _, name = base.rpartition("+")
        if name not in SWITCHES:
            raise UsageError(f"{text}: no switch +{name}; allowed are +{', +'.join(SWITCHES)}")
        what, on = SWITCHES[name]
        if wanted.setdefault(what, on) is not on:
            raise UsageError(f"{text} switches the {what.upper()} on and off")
    return base, wanted


def _switched(interpreter: Interpreter, wanted: Mapping[str, bool]) -> Interpreter:
    if "gil" in wanted and not interpreter.free_threaded:
        raise UsageError(
            f"the GIL of {interpreter.label} ({interpreter.path}) cannot be switched: "
            "only free-threaded builds can, as in 3.13t+gil"
        )
    if "jit" in wanted and interpreter.built_jit is None:
        raise UsageError(f"{interpreter.label} ({interpreter.path}) was built without a JIT")
    gil, jit = wanted.get("gil"), wanted.get("jit")
    return replace(interpreter, gil=gil, jit=jit, label=interpreter.label + switches(gil, jit))


def _resolve_base(text: str, environ: Mapping[str, str], identifier: Identifier) -> Interpreter:
    if not text.strip():
        raise UsageError(f"an interpreter needs a name; {HEADLESS_LIST}")
    if os.sep in text or text.startswith("~"):
        return _identified(text, _named_path(text), identifier)
    command = shutil.which(text, path=environ.get("PATH"))
    if command:
        facts = identifier.identify(Path(command))
        # A shim fails for versions that are installed but not selected: those are found below.
        if not is_pyenv_shim(Path(command), environ) or isinstance(facts, Facts):
            return _identified(text, Path(command), identifier)
    known = _bases(environ, identifier)
    for interpreter in known:
        if interpreter.label == text:
            return interpreter
    fitting = [interpreter for interpreter in known if _fits(text, interpreter)]
    if fitting:
        return min(fitting, key=_newest_first)
    if re.fullmatch(r"(python)?(2(\.\d+)*|3\.[0-7](\.\d+)?)", text):
        raise UsageError(f"Python {text.removeprefix('python')} is too old: gil-tui runs 3.8 and newer")
    names = [interpreter.label for interpreter in known]
    raise UsageError(f"no interpreter {text!r}: {nearest(text, names)} ({HEADLESS_LIST})")


def unique_labels(interpreters: Sequence[Interpreter]) -> list[Interpreter]:
    """The same interpreters; labels that collide get the patch version, later ones of the same their path."""
    labels = [interpreter.label for interpreter in interpreters]
    taken: set[str] = set()
    unique = []
    for interpreter in interpreters:
        if labels.count(interpreter.label) > 1:
            interpreter = replace(interpreter, label=_patch_label(interpreter))
        if interpreter.label in taken:
            interpreter = replace(interpreter, label=_abbreviated(interpreter.path))
        taken.add(interpreter.label)
        unique.append(interpreter)
    return unique


def identity(path: Path) -> str:
    """The same text for all names of one interpreter; a virtual environment is not its base.

    As site.py does, an environment is known by a `pyvenv.cfg` beside or above the unresolved executable.
    """
    folder = path.absolute().parent
    is_environment = (folder.parent / "pyvenv.cfg").is_file() or (folder / "pyvenv.cfg").is_file()
    real = str(path.resolve())
    return f"{folder.resolve()}:{real}" if is_environment else real


def _plain_path(path: Path) -> str:
    """The path without the links between names of one folder: `bin/python3` becomes `bin/python3.11`."""
    path = path.absolute()
    while path.is_symlink() and not (target := path.readlink()).is_absolute() and len(target.parts) == 1:
        path = path.parent / target
    return str(path)


def _identified(text: str, path: Path, identifier: Identifier) -> Interpreter:
    facts = identifier.identify(path)
    identifier.save()
    if isinstance(facts, str):
        raise UsageError(f"{text} cannot run an experiment: {facts}; {HEADLESS_LIST}")
    if facts.version_info < OLDEST:
        raise UsageError(f"{text} is Python {facts.version}, too old: gil-tui runs 3.8 and newer")
    return _interpreter(path, facts, "named")


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except (RuntimeError, ValueError):  # of a user that this host does not know, or that none can be called
        return Path(text)


def _is_there(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110  (never raises, whatever a person has typed)


def _named_path(text: str) -> Path:
    path = _expanded(text)
    if _is_there(path) and path.is_dir():
        inside = pythons_in(path / "bin")
        if not inside:
            raise UsageError(f"{text} is a directory without bin/python; give the path of an interpreter")
        path = inside[-1]
    if not _is_there(path):
        raise UsageError(f"there is no file {text}; {HEADLESS_LIST}")
    if not os.access(path, os.X_OK):
        raise UsageError(f"{text} may not be executed; check its permissions")
    return path


def _interpreter(path: Path, facts: Facts, source: str) -> Interpreter:
    name = "pypy" if facts.implementation == "pypy" else ""
    if facts.implementation not in ("cpython", "pypy"):
        name = facts.implementation
    major, minor = facts.version_info[:2]
    label = f"{name}{major}.{minor}{'t' if facts.free_threaded else ''}"
    # A launching script (a shim) stands for the interpreter behind it.
    plain = _plain_path(Path(facts.executable) if facts.executable else path)
    return Interpreter(
        plain, facts.implementation, facts.version, facts.free_threaded, label, source, built_jit=facts.jit
    )


def _patch_label(interpreter: Interpreter) -> str:
    name = "" if interpreter.implementation == "cpython" else interpreter.implementation
    return f"{name}{interpreter.version}{'t' if interpreter.free_threaded else ''}"


def _abbreviated(path: str) -> str:
    home = str(Path.home())
    return "~" + path[len(home) :] if path.startswith(home + os.sep) else path


def _newest_first(interpreter: Interpreter) -> tuple[bool, bool, tuple[int, ...]]:
    numbers = tuple(-int(number) for number in re.findall(r"\d+", interpreter.version)[:3])
    return interpreter.implementation != "cpython", interpreter.free_threaded, numbers


def _fits(text: str, interpreter: Interpreter) -> bool:
    match = VERSION.fullmatch(text)
    if not match or not (match["name"] or match["version"]):
        return False
    wanted = "pypy" if match["name"] == "pypy" else "cpython"
    if interpreter.implementation != wanted or interpreter.free_threaded != bool(match["t"]):
        return False
    version = match["version"]
    return not version or (interpreter.version + ".").startswith(version + ".")
