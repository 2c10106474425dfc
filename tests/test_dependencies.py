"""What is declared is what is imported, with a lower bound, under a licence that lets anybody use it."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
OWN = {"gil_tui", "gil_tui_bench", "tests", "gil_tui_example"}

MODULES: dict[str, set[str]] = {
    "py-spy": set(),
    "types-psutil": set(),
    "markdown-it-py": {"markdown_it"},
    "cython": {"Cython", "cython"},
    "ruff": set(),
    "mypy": set(),
    "distributed": {"distributed", "dask"},
}
"""What a distribution is imported as, where that is not its name; nothing where it is a program."""

PROGRAMS = {
    "py-spy": "py-spy",
    "ruff": "ruff",
    "mypy": "mypy",
    "types-psutil": "mypy",
    "pytest-xdist": "--dist",
    "setuptools": "setuptools",
}
"""Distributions that are run, not imported: a file of the project has the word."""

COMES_WITH = {"rich": "textual"}
"""Modules that a declared distribution brings and stands for."""

OPTIONAL_BESIDE = {
    "loky": "executor loky: the person's own interpreter has it or not, as `list executors` says",
    "atheris": "fuzzing by hand, see tests/endurance/fuzz.py",
}
"""Imported where it is there, and declared nowhere, for a reason."""

PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|0BSD|MPL-2\.0|Mozilla Public License 2)\b",
    re.IGNORECASE,
)
"""MPL binds only who changes its own files; nothing else here asks for more than a notice."""


def distribution(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def declared(requirements: Iterable[str]) -> set[str]:
    return {distribution(one) for one in requirements} - {"gil-tui"}


def every_requirement() -> list[str]:
    return [*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]


def modules_of(name: str) -> set[str]:
    return MODULES.get(name, {name.replace("-", "_")})


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imported(folder: Path) -> dict[str, Path]:
    """Top-level names that are neither of the standard library nor ours, each with a file that imports it."""
    names = {}
    for path in folder.rglob("*.py"):
        for node in ast.walk(parsed(path)):
            for name in _names(node):
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names and top not in OWN:
                    names[top] = path
    return names


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
        yield from (str(one.value) for one in node.args[:1] if isinstance(one, ast.Constant))


def undeclared(folder: Path, requirements: Iterable[str]) -> dict[str, Path]:
    known = {module for name in declared(requirements) for module in modules_of(name)}
    known |= {module for module, brought_by in COMES_WITH.items() if brought_by in declared(requirements)}
    found = imported(folder)
    return {name: found[name] for name in found.keys() - known - OPTIONAL_BESIDE.keys()}


def test_what_the_package_imports_is_declared() -> None:
    wanted = [one for name, extra in EXTRAS.items() if name != "test" for one in extra]
    assert undeclared(ROOT / "gil_tui", [*PROJECT["dependencies"], *wanted]) == {}


def test_what_the_tests_import_is_declared() -> None:
    assert undeclared(ROOT / "tests", every_requirement()) == {}


def test_every_exception_is_still_one() -> None:
    everything = imported(ROOT / "gil_tui").keys() | imported(ROOT / "tests").keys()
    assert OPTIONAL_BESIDE.keys() - everything == set()


def test_only_core_dependencies_are_imported_without_asking() -> None:
    """An extra may be missing: nothing imports it when its module is imported."""
    core = {module for name in declared(PROJECT["dependencies"]) for module in modules_of(name)} | {"rich"}
    for path in (ROOT / "gil_tui").rglob("*.py"):
        if "workloads" in path.parts or "executors" in path.parts:
            continue  # each of these files is imported when somebody has chosen what is in it
        top = {name.split(".")[0] for node in parsed(path).body for name in _names(node)}
        assert top - sys.stdlib_module_names - OWN - core == set(), path


@pytest.mark.parametrize("name", sorted(declared(every_requirement())))
def test_what_is_declared_is_used(name: str) -> None:
    if name in PROGRAMS:
        word = PROGRAMS[name]
        files = [*(ROOT / "gil_tui").rglob("*.py"), ROOT / ".ci/run", ROOT / "pyproject.toml"]
        lines = [line for file in files for line in file.read_text("utf-8").splitlines() if word in line]
        assert any(not line.strip().startswith(f'"{name}') for line in lines)
        return
    assert modules_of(name) & (imported(ROOT / "gil_tui").keys() | imported(ROOT / "tests").keys() | needed())


@cache
def needed() -> frozenset[str]:
    """Modules that a workload says it `needs`, which the bench looks for by name."""
    return frozenset(
        str(constant.value)
        for path in (ROOT / "gil_tui").rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Assign) and any(ast.unparse(one).endswith("needs") for one in node.targets)
        for constant in ast.walk(node.value)
        if isinstance(constant, ast.Constant)
    )


@pytest.mark.parametrize(
    "requirement", [one for one in every_requirement() if not one.startswith("gil-tui[")]
)
def test_every_version_has_a_lower_bound(requirement: str) -> None:
    assert re.search(r"(>=|~=|==)\s*\d", requirement)


def core_and_what_it_brings() -> list[str]:
    """Core dependencies and what they need themselves, without extras, as installed here."""
    found: list[str] = []
    waiting = sorted(declared(PROJECT["dependencies"]))
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.append(name)
        try:
            needs = importlib.metadata.requires(name) or []
        except PackageNotFoundError:  # for another system or Python
            continue
        waiting += [distribution(one) for one in needs if "extra ==" not in one]
    return sorted(found)


@pytest.mark.parametrize("name", core_and_what_it_brings())
def test_licences_let_anybody_use_it(name: str) -> None:
    try:
        metadata = importlib.metadata.metadata(name)
    except PackageNotFoundError:
        pytest.skip(f"{name} is not installed on this system")
    said = [one for field in ("License-Expression", "License") for one in metadata.get_all(field) or ()]
    said += [one for one in metadata.get_all("Classifier") or () if one.startswith("License ::")]
    words = " ".join(said)[:2000]
    assert PERMISSIVE.search(words), f"{name}: {words or 'says nothing of its licence'}"
    assert not re.search(r"\b(A?GPL|LGPL|GNU)", words), f"{name}: {words}"
