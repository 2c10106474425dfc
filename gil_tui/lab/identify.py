"""What an executable is: run once, bounded in time and output, and remembered."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 5.0
OUTPUT_BYTES = 65536
MARK = "gil-tui:"
CACHE_FORMAT = 1

# For any Python that knows -I (3.4 and later); a `t` in sys.abiflags means a free-threaded build.
PROBE = (
    "import sys,json;i=sys.implementation.name;v=sys.version_info;"
    f"print('{MARK}'+json.dumps([i,list(v[:3]),v[3],v[4],'t' in getattr(sys,'abiflags',''),sys.executable]))"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What an interpreter says of itself; `executable` only where it was started through a script."""

    implementation: str
    version: str
    version_info: tuple[int, ...]
    free_threaded: bool
    executable: str = ""


def facts_of_running() -> Facts:
    """The facts of the interpreter that runs this program."""
    info = sys.version_info
    version = _version_text(info[:3], info.releaselevel, info.serial)
    return Facts(sys.implementation.name, version, tuple(info[:3]), "t" in getattr(sys, "abiflags", ""))


class Identifier:
    """Tells what executables are, each run at most once, remembered by path, size and time.

    `save` writes what is new to the cache directory; a cache that cannot be read or written only costs
    the time of asking again.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ, timeout_s: float = TIMEOUT_S) -> None:
        home = Path(environ.get("HOME") or Path.home())
        self._cache_file = (
            Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "gil-tui" / "interpreters.json"
        )
        self._timeout_s = timeout_s
        self._known = _read_cache(self._cache_file)
        self._answers: dict[Path, Facts | str] = {}
        self._locks: dict[Path, threading.Lock] = {}
        self._changed = False

    def identify(self, path: Path) -> Facts | str:
        """The facts of the executable at `path`, or in words why it has none."""
        real = path.resolve()
        with self._locks.setdefault(real, threading.Lock()):
            if real not in self._answers:
                self._answers[real] = self._recall(real) or self._ask(path, real)
            return self._answers[real]

    def save(self) -> None:
        """Write the cache if something new was learnt."""
        if not self._changed:
            return
        self._changed = False
        folder = self._cache_file.parent
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder, prefix=".interpreters-")
            with open(handle, "w") as file:
                json.dump({"format": CACHE_FORMAT, "executables": self._known}, file)
            Path(name).replace(self._cache_file)

    def _recall(self, real: Path) -> Facts | str | None:
        entry = self._known.get(str(real))
        stamp = _stamp(real)
        if not isinstance(entry, dict) or stamp is None or entry.get("stamp") != stamp:
            return None
        if isinstance(entry.get("why"), str):
            return str(entry["why"])
        try:
            facts = dict(entry["facts"])
            return Facts(**{**facts, "version_info": tuple(facts["version_info"])})
        except (KeyError, TypeError, ValueError):
            return None

    def _ask(self, path: Path, real: Path) -> Facts | str:
        script = _is_script(real)
        output, finished = _run(path, self._timeout_s)
        answer = _parse(output, keep_executable=script) if finished else "it does not answer"
        stamp = _stamp(real)
        # What a script starts may change while the script does not; a timeout may be this host's bad hour.
        if finished and stamp and not script:
            learnt = {"why": answer} if isinstance(answer, str) else {"facts": asdict(answer)}
            self._known[str(real)] = {"stamp": stamp, **learnt}
            self._changed = True
        return answer


def _run(path: Path, timeout_s: float) -> tuple[str, bool]:
    """What the probe prints under `path`, and whether it ended by itself within bounds."""
    try:
        process = subprocess.Popen(
            [path, "-I", "-S", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    except OSError as error:
        return error.strerror or str(error), True
    timer = threading.Timer(timeout_s, _kill_group, [process.pid])
    timer.start()
    try:
        assert process.stdout is not None
        with process.stdout:
            output = process.stdout.read(OUTPUT_BYTES)
            if len(output) == OUTPUT_BYTES:
                _kill_group(process.pid)
        return output.decode(errors="replace"), process.wait() >= 0
    finally:
        timer.cancel()


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _parse(output: str, *, keep_executable: bool) -> Facts | str:
    for line in output.splitlines():
        if line.startswith(MARK):
            try:
                name, numbers, level, serial, free_threaded, executable = json.loads(line[len(MARK) :])
                version = _version_text(numbers, level, serial)
                where = executable if keep_executable else ""
                return Facts(name, version, tuple(map(int, numbers)), bool(free_threaded), where)
            except (ValueError, TypeError):
                break
    if "Unknown option: -I" in output:
        return "it is Python 2 or older than 3.4, and gil-tui runs 3.8 and newer"
    return "it is not Python"


def _version_text(numbers: Any, level: str, serial: int) -> str:
    suffix = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(level, "")
    return ".".join(str(number) for number in numbers) + (f"{suffix}{serial}" if suffix else "")


def _stamp(real: Path) -> list[int] | None:
    try:
        status = real.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _is_script(real: Path) -> bool:
    try:
        with open(real, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def _read_cache(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    usable = isinstance(document, dict) and document.get("format") == CACHE_FORMAT
    known = document.get("executables") if usable else None
    return known if isinstance(known, dict) else {}
