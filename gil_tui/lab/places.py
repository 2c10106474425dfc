"""Where the interpreters of a host may be found."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

NAME = re.compile(r"(python|pypy)(\d+(\.\d+)?t?)?")


def candidates(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Where an interpreter may be, and the source that says so, the likeliest first.

    Sources are `active` ($VIRTUAL_ENV, $CONDA_PREFIX), `path`, `venv` (of virtualenvwrapper), `pyenv`, `uv`,
    `conda` and `opt`. Each is started to be identified: one that lies in the working directory, which may
    be anybody's, has to be named or active.
    """
    home = Path(environ.get("HOME") or Path.home())
    yield from active(environ)
    for folder in dict.fromkeys(environ.get("PATH", "").split(os.pathsep)):
        if folder and not is_pyenv_shim(Path(folder) / "python", environ):
            yield from (("path", path) for path in pythons_in(Path(folder)))
    yield from _installed("venv", [Path(environ.get("WORKON_HOME") or home / ".virtualenvs")])
    yield from _installed("pyenv", [_pyenv_root(environ) / "versions"])
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    yield from _installed("uv", [Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")])
    yield from _conda(environ, home)
    for pattern in ("python*", "pypy*", "python/*"):
        for root in sorted(Path("/opt").glob(pattern)):
            yield from (("opt", path) for path in pythons_in(root / "bin"))


def active(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """The environments that a person has activated."""
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if environ.get(variable):
            yield "active", Path(environ[variable]) / "bin" / "python"


def _conda(environ: Mapping[str, str], home: Path) -> Iterator[tuple[str, Path]]:
    names = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")
    roots = [home / name for name in names] + [Path("/opt/conda")]
    if environ.get("CONDA_EXE"):
        roots.append(Path(environ["CONDA_EXE"]).parent.parent)
    for root in roots:
        yield "conda", root / "bin" / "python"
        yield from _installed("conda", [root / "envs"])
    with contextlib.suppress(OSError):  # written by conda; most hosts have none
        for line in (home / ".conda" / "environments.txt").read_text(errors="replace").splitlines():
            yield "conda", Path(line.strip()) / "bin" / "python"


def _installed(source: str, folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    for folder in folders:
        for name in _names_in(folder):
            yield from ((source, path) for path in pythons_in(folder / name / "bin"))


def pythons_in(folder: Path) -> list[Path]:
    """The most telling name first: `python3.13t`, then `python3`, then `python`."""
    names = [name for name in _names_in(folder) if NAME.fullmatch(name)]
    return [folder / name for name in sorted(names, key=len, reverse=True)]


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:  # a folder that is missing or closed to us holds nothing we could start
        return []


def _pyenv_root(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME") or Path.home()) / ".pyenv")


def is_pyenv_shim(path: Path, environ: Mapping[str, str]) -> bool:
    """Shims start slowly and stand for versions that are listed anyway."""
    return path.parent.name == "shims" and path.parent.is_relative_to(_pyenv_root(environ))
