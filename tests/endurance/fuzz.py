"""Coverage-guided fuzzing of every parser, by hand; tests/test_hostile.py runs the same table a little in CI.

usage: python -m tests.endurance.fuzz [--runs N] [--seconds S] [--list] [TARGET…]

Needs atheris (`pip install atheris`, Python 3.11 to 3.13 on x86-64 Linux). One process a target; at most N
executions or S seconds each. An input that breaks a promise goes into `corpus/TARGET/` and fails the run:
minimize it (`--minimize FILE TARGET`), mend the parser, keep it, as CI runs everything that lies there.
What was reached is kept in a folder of the cache, so that the next run goes on from there.
"""

import argparse
import importlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

REACHED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gil-tui-fuzz"
HANG_S = 30
"""By the clock on the wall, and the host may be busy."""
MEMORY_MB = 1024
LONGEST = {"elf": 12_288, "runtime": 8192, "events": 16_384}
LONGEST_ELSE = 2048
IN_MEMORY = "/dev/shm"
INSIDE = "GIL_TUI_FUZZ_TARGET"


def main(arguments: Sequence[str]) -> int:
    """Attack the targets one after another; 1 when one broke."""
    parser = argparse.ArgumentParser(description="Coverage-guided fuzzing of every parser.")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--runs", type=int, default=300_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--minimize", metavar="FILE")
    asked = parser.parse_args(arguments)
    from tests.endurance.fuzz_targets import ATTACKS, described

    if asked.list:
        print(described())
        return 0
    total, broken = 0, []
    for name in asked.targets or ATTACKS:
        executions, failed, seconds = attack(name, asked.runs, asked.seconds, asked.minimize)
        total += executions
        broken += [name] * failed
        word = "BROKEN" if failed else "held"
        print(f"{name:<18} {executions:>9,} executions in {seconds:5.0f} s  {word}", flush=True)
    print(f"{'all':<18} {total:>9,} executions, broken: {', '.join(broken) or 'none'}")
    return 1 if broken else 0


def attack(name: str, runs: int, seconds: int, minimize: str | None = None) -> tuple[int, bool, float]:
    """Executions, whether it broke, and how long it took."""
    from tests.endurance.fuzz_targets import ATTACKS, CORPUS

    reached = REACHED / name
    reached.mkdir(parents=True, exist_ok=True)
    (CORPUS / name).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(ATTACKS[name].seeds):
        (reached / f"seed-{number}").write_bytes(seed)
    options = [
        f"-runs={runs}",
        f"-max_total_time={seconds}",
        f"-timeout={HANG_S}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-max_len={LONGEST.get(name, LONGEST_ELSE)}",
        f"-artifact_prefix={CORPUS / name}/",
        "-print_final_stats=1",
    ]
    places = [str(reached), str(CORPUS / name)]
    if minimize:
        options, places = [*options, "-minimize_crash=1"], [minimize]
    begun_s = time.monotonic()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryDirectory(dir=scratch_place()) as scratch:
        status = subprocess.run(
            [sys.executable, "-m", "tests.endurance.fuzz", *options, *places],
            env=os.environ | {INSIDE: name, "TMPDIR": scratch},  # atheris ends its process at once
            stdout=said,
            stderr=subprocess.STDOUT,
        ).returncode
        said.seek(0)
        text = said.read()
    with suppress(OSError):  # of a folder with something in it
        (CORPUS / name).rmdir()
    counted = re.findall(r"stat::number_of_executed_units:\s*(\d+)", text) or re.findall(
        r"^#(\d+)", text, re.M
    )
    if status:
        print(text[-4000:])
    return int(counted[-1]) if counted else 0, status != 0, time.monotonic() - begun_s


def scratch_place() -> str | None:
    """In memory where that can be had: on a disk a small file takes 1 ms."""
    return IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None


def inside(name: str) -> None:
    """The process that atheris drives; it ends the process itself."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["gil_tui"]):
        from tests.endurance.fuzz_targets import ATTACKS
    target = ATTACKS[name]
    atheris.Setup([sys.argv[0], *sys.argv[1:]], target.__call__)
    atheris.Fuzz()


if __name__ == "__main__":
    if INSIDE in os.environ:
        inside(os.environ[INSIDE])
    else:
        sys.exit(main(sys.argv[1:]))
