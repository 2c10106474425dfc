"""What an executable is: run once, bounded in time and output, and remembered."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gil_tui.lab.json_cache import JsonCache, cache_folder

TIMEOUT_S = 5.0
OUTPUT_BYTES = 65536
MARK = "gil-tui:"
CACHE_FORMAT = 2

# For any Python that knows -I (3.4 and later); a `t` in sys.abiflags means a free-threaded build. Python
# 3.13 cannot tell whether it has a JIT but knows how it was built; PyPy has none on some machines.
PROBE = f"""
import json, sys
name, version = sys.implementation.name, sys.version_info
jit = True if getattr(sys, "pypy_translation_info", {{}}).get("translation.jit") else None
if hasattr(sys, "_jit"):
    jit = sys._jit.is_enabled() if sys._jit.is_available() else None
elif name == "cpython" and version[:2] == (3, 13):
    import sysconfig
    built = {{"--enable-experimental-jit": True, "--enable-experimental-jit=yes": True}}
    built["--enable-experimental-jit=yes-off"] = False
    for argument in (sysconfig.get_config_var("CONFIG_ARGS") or "").replace("'", "").split():
        jit = built.get(argument, jit)
free_threaded = "t" in getattr(sys, "abiflags", "")
print("{MARK}" + json.dumps([name, version[:3], version[3], version[4], free_threaded, sys.executable, jit]))
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What an interpreter says of itself; `executable` only where it was started through a script.

    `jit` is whether its just-in-time compiler is on unless it is switched, None for a build without one.
    """

    implementation: str
    version: str
    version_info: tuple[int, ...]
    free_threaded: bool
    executable: str = ""
    jit: bool | None = None


def facts_of_running() -> Facts:
    """The facts of the interpreter that runs this program."""
    info = sys.version_info
    version = _version_text(info[:3], info.releaselevel, info.serial)
    jit = getattr(sys, "_jit", None)
    return Facts(
        sys.implementation.name,
        version,
        tuple(info[:3]),
        "t" in getattr(sys, "abiflags", ""),
        jit=jit.is_enabled() if jit and jit.is_available() else None,
    )


class Identifier:
    """Tells what executables are, each run at most once, remembered by path, size and time.

    `save` writes what is new to the cache directory; a cache that cannot be read or written only costs
    the time of asking again.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ, timeout_s: float = TIMEOUT_S) -> None:
        self._cache = JsonCache(cache_folder(environ) / "interpreters.json", "executables", CACHE_FORMAT)
        self._timeout_s = timeout_s
        self._known = self._cache.read()
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
        self._cache.write(self._known)

    def _recall(self, real: Path) -> Facts | str | None:
        entry = self._known.get(str(real))
        stamp = _stamp(real)
        if not isinstance(entry, dict) or stamp is None or entry.get("stamp") != stamp:
            return None
        if isinstance(entry.get("why"), str):
            return str(entry["why"])
        try:
            facts = dict(entry["facts"])
            major, minor, micro = map(int, facts["version_info"])
            return Facts(**{**facts, "version_info": (major, minor, micro)})
        except (KeyError, TypeError, ValueError, OverflowError):
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


def run_bounded(command: Sequence[str | Path], timeout_s: float) -> tuple[str, bool]:
    """What `command` prints, cut at `OUTPUT_BYTES`, and whether it ended by itself in time."""
    try:
        process = subprocess.Popen(
            command,
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


def _run(path: Path, timeout_s: float) -> tuple[str, bool]:
    return run_bounded([path, "-I", "-S", "-c", PROBE], timeout_s)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _parse(output: str, *, keep_executable: bool) -> Facts | str:
    for line in output.splitlines():
        if line.startswith(MARK):
            try:
                name, numbers, level, serial, free_threaded, executable, jit = json.loads(line[len(MARK) :])
                major, minor, micro = map(int, numbers)
                version = _version_text((major, minor, micro), level, serial)
                where = str(executable) if keep_executable else ""
                switched = None if jit is None else bool(jit)
                if str(name).isidentifier():
                    return Facts(name, version, (major, minor, micro), bool(free_threaded), where, switched)
            except (ValueError, TypeError, OverflowError, RecursionError):
                break
    if "Unknown option: -I" in output:
        return "it is Python 2 or older than 3.4, and gil-tui runs 3.8 and newer"
    return "it is not Python"


def _version_text(numbers: Sequence[int], level: str, serial: int) -> str:
    suffix = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(level, "")
    return ".".join(str(number) for number in numbers) + (f"{suffix}{int(serial)}" if suffix else "")


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
