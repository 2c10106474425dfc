"""C and Cython compiled once with the host's compiler, into a cache that experiments share."""

from __future__ import annotations

import os
import sys

from .. import guard
from ..failures import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-O2", "-fPIC", "-shared")
COMPILE_LIMIT_S = 50.0
SUBINTERPRETERS = (3, 14)
"""From this version on workers can be interpreters."""


class Library:
    """The shared library made from a source file beside this one, a `.pyx` by way of Cython.

    `path` is where it lies: in the cache, named for its source, the interpreter's ABI and the machine, or
    in a folder of this experiment where the cache cannot be written to or others may write to it.
    """

    def __init__(self, source: str) -> None:
        self.path = ""
        self._source = os.path.join(HERE, source)
        self._scratch = ""

    def build(self, anew: bool = False) -> str:
        """Compile it unless the cache has it, and return its path; `anew` replaces what the cache has.

        Experiments that compile at once do not meet: each works aside and moves the result into place.
        JobError `unavailable` where it cannot be compiled.
        """
        cache = _cache_folder()
        kept = os.path.join(cache, _name(self._source)) if cache else ""
        if kept and not anew and _is_private(kept):
            self.path = kept
            return kept
        try:
            self._scratch = self._scratch or _scratch_folder()
            made = _compiled(self._source, self._scratch)
        except OSError as error:
            raise JobError("unavailable", "cannot compile: %s: set TMPDIR to a folder with room" % error)
        if kept and _moved(made, kept):
            self.remove()
            made = kept
        self.path = made
        return made

    def remove(self) -> None:
        """Remove what does not lie in the cache; what is loaded stays loaded."""
        if self._scratch:
            import shutil

            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = ""


def compiler() -> List[str]:
    """The command of the host's C compiler, `CC` before all others; empty if there is none."""
    import shlex
    import shutil

    chosen = shlex.split(os.environ.get("CC", ""))
    if chosen:
        return chosen if shutil.which(chosen[0]) else []
    return next(([name] for name in COMPILERS if shutil.which(name)), [])


def lacks_compiler() -> Optional[Tuple[str, str]]:
    """As `Workload.lacks`: a C compiler."""
    if compiler():
        return None
    if sys.platform == "darwin":
        return "a C compiler", "xcode-select --install"
    return "a C compiler", "sudo apt-get install gcc libc6-dev"


def lacks_headers() -> Optional[Tuple[str, str]]:
    """As `Workload.lacks`: the header files of this interpreter."""
    folder = _include_folder()
    if os.path.isfile(os.path.join(folder, "Python.h")):
        return None
    return "Python.h in %s" % folder, _remedy_for_headers(sys.base_prefix)


def _remedy_for_headers(prefix: str) -> str:
    version = "%d.%d" % sys.version_info[:2]
    if not prefix.startswith("/usr") or prefix.startswith("/usr/local"):
        return "install Python %s anew with its header files" % version
    package = "pypy3-dev" if sys.implementation.name == "pypy" else "python%s-dev" % version
    return "sudo apt-get install %s" % package


def _include_folder() -> str:
    import sysconfig

    return sysconfig.get_path("include")


def _cache_folder() -> str:
    """`$XDG_CACHE_HOME/gil-tui/extensions`, made if need be; empty where it cannot be used.

    A relative value counts as none, as the XDG standard asks. What others may write to is not loaded:
    their code would run as this user, who may be root with somebody's HOME.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(base, "gil-tui", "extensions")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError:
        return ""
    return folder if _is_private(folder) else ""


def _is_private(path: str) -> bool:
    """It is there, and only this user may write to it."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _scratch_folder() -> str:
    """A new folder whose name is one that the guardian of this experiment removes."""
    path = os.path.join(guard.TEMPORARY_FOLDER, "%s-compiled-%s" % (guard.SCRATCH, os.urandom(4).hex()))
    os.mkdir(path, 0o700)
    return path


def _moved(made: str, kept: str) -> bool:
    """Whether the cache has it now; it may be on another disk, which can be full or read-only."""
    import shutil

    aside = "%s.%s" % (kept, os.urandom(4).hex())
    try:
        shutil.copy(made, aside)
        os.chmod(aside, 0o700)
        os.replace(aside, kept)
    except OSError:
        return False
    return True


def _name(source: str) -> str:
    """Another source, compiler, interpreter or machine: another name."""
    import hashlib
    from importlib.machinery import EXTENSION_SUFFIXES

    with open(source, "rb") as file:
        key = hashlib.sha256(file.read())
    for part in (*compiler(), *FLAGS, os.uname().machine):
        key.update(b"\0" + os.fsencode(part))
    stem = os.path.splitext(os.path.basename(source))[0]
    return "%s-%s%s" % (stem, key.hexdigest()[:16], EXTENSION_SUFFIXES[0])


def _compiled(source: str, scratch: str) -> str:
    """The library made of `source` in the folder `scratch`."""
    library = os.path.join(scratch, "library.so")
    flags = list(FLAGS)
    if source.endswith(".pyx"):
        source = _translated(source, scratch)
        flags += ["-I", _include_folder()]
        if sys.version_info >= SUBINTERPRETERS:
            flags += ["-DCYTHON_USE_MODULE_STATE=1"]  # nothing shared: every interpreter may load it
    if sys.platform == "darwin":
        flags += ["-undefined", "dynamic_lookup"]
    _call([*compiler(), *flags, source, "-o", library], scratch, "the C compiler")
    return library


def _translated(source: str, scratch: str) -> str:
    """The C that Cython writes."""
    written = os.path.join(scratch, os.path.basename(source)[: -len(".pyx")] + ".c")
    _call([sys.executable, "-m", "cython", source, "-o", written], scratch, "Cython")
    return written


def _call(command: List[str], folder: str, who: str) -> None:
    import subprocess

    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env=dict(os.environ, TMPDIR=folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMPILE_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        raise JobError("unavailable", "%s took longer than %g s: try again" % (who, COMPILE_LIMIT_S))
    if ended.returncode:
        lines = ended.stdout.decode("utf-8", "replace").split("\n")
        said = next((line for line in lines if "error" in line.lower()), lines[0])
        raise JobError("unavailable", "%s failed: %s: sudo apt-get install build-essential" % (who, said))
