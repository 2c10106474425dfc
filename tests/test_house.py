"""The house stands as designed: which room may know which, what the bench may use, how long a file may be."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gil_tui.lab.interpreters import Interpreter

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gil_tui"
SOURCES = sorted(PACKAGE.rglob("*.py"))
BENCH = sorted((PACKAGE / "bench").rglob("*.py"))
LINES_AT_MOST = 500

MAY_KNOW = {
    "schemas": set(),
    "text": set(),
    "language": set(),
    "bench": set(),
    "verdict": set(),
    "watch": {"bench"},
    "history": {"schemas", "lab", "watch", "verdict", "bench"},
    "lab": {"schemas", "watch", "verdict", "bench"},
    "report": {"text", "language", "history", "lab", "watch", "verdict", "bench"},
    "tui": {"text", "language", "report", "history", "lab", "watch", "verdict", "bench"},
    "commands": {
        "schemas",
        "text",
        "language",
        "tui",
        "report",
        "history",
        "lab",
        "watch",
        "verdict",
        "bench",
    },
    "cli": {"commands", "text", "tui", "report", "history", "lab", "watch", "verdict", "bench"},
}
"""Rooms and the rooms they may import."""

OF_THE_BENCH = {
    "gil_tui.bench.spec",
    "gil_tui.bench.workloads",
    "gil_tui.bench.workloads.base",
    "gil_tui.bench.executors.catalogue",
}
"""What the others may know of it: the contract, and the catalogues that they list."""

DRAWING = {"textual", "rich", "plotext"}
NEWER_STDLIB = {"_interpreters", "_interpqueues", "_xxsubinterpreters", "compression"}
"""Of the standard library of some Python that the bench runs on, unknown to the one that runs this test."""


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    """Full names of all that a file imports, at its top or inside a function.

    `from package import name` yields `package.name` where that is a module of this project.
    """
    package = module_of(path).split(".")
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join(above + ([node.module] if node.module else []))
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield name if is_module(name) else base


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def outside(room: str) -> list[Path]:
    return [path for path in SOURCES if PACKAGE / room not in path.parents]


def test_arrows_run_one_way() -> None:
    wrong = {}
    for path in SOURCES:
        room = room_of(module_of(path)).replace("__main__", "cli")
        known = {room_of(name) for name in imported(path) if name.startswith("gil_tui.")} - {"", room}
        if not known <= MAY_KNOW.get(room, set()):
            wrong[str(path)] = known
    assert wrong == {}


def test_the_bench_is_known_by_contract_and_catalogue_alone() -> None:
    known = {name for path in outside("bench") for name in imported(path) if name.startswith("gil_tui.bench")}
    assert known <= OF_THE_BENCH


def test_only_the_screen_draws() -> None:
    drawing = [path for path in outside("tui") if {name.split(".")[0] for name in imported(path)} & DRAWING]
    assert drawing == []


def test_no_file_is_too_long() -> None:
    everything = SOURCES + sorted((ROOT / "tests").rglob("*.py"))
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in everything}
    assert {name: lines for name, lines in lengths.items() if lines > LINES_AT_MOST} == {}


@pytest.mark.parametrize("room", ["bench", "verdict"])
def test_needs_the_standard_library_alone(room: str) -> None:
    own = {"gil_tui", "gil_tui_bench"}
    standard = sys.stdlib_module_names | NEWER_STDLIB
    used = {
        name.split(".")[0]: str(path) for path in (PACKAGE / room).rglob("*.py") for name in imported(path)
    }
    assert {name: path for name, path in used.items() if name not in standard | own} == {}


def test_verdict_neither_reads_nor_writes() -> None:
    effects = {
        "os",
        "io",
        "subprocess",
        "socket",
        "sqlite3",
        "pathlib",
        "shutil",
        "threading",
        "asyncio",
        "time",
    }
    for path in (PACKAGE / "verdict").rglob("*.py"):
        assert not set(imported(path)) & effects, path
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not calls & {"open", "print", "input"}, path


def test_no_room_pulls_in_the_screen_when_it_is_imported() -> None:
    modules = [module_of(path) for path in outside("tui")]
    modules = [name for name in modules if not name.endswith("__main__")]
    program = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(sorted({DRAWING!r} & set(sys.modules)))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert finished.stderr == ""
    assert finished.stdout.strip() == "[]"


def test_bench_has_the_syntax_of_python_3_8() -> None:
    for path in BENCH:
        ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 8))


def test_every_dependency_says_why() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = set(project["dependencies"]).union(*project["optional-dependencies"].values())
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    explained = {found[1] for line in lines if (found := re.match(r'\s*"([^"]+)",\s+#\s+\S{2,}', line))}
    assert wanted - explained == set()


@pytest.mark.real
def test_bench_compiles_under_every_interpreter_found(interpreters: list[Interpreter]) -> None:
    program = (
        "import sys\nfor name in sys.argv[1:]: compile(open(name, encoding='utf-8').read(), name, 'exec')"
    )
    for interpreter in interpreters:
        subprocess.run([interpreter.path, "-c", program, *map(str, BENCH)], check=True, timeout=60)
