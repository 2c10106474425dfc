"""The README's figures: what the service's clients get, how well is measured; between marks in its text."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from shop import load

from gil_tui.lab.selftest import Selftest
from gil_tui.report.layout import host_line
from gil_tui.text import seconds as duration
from gil_tui.verdict.selftest import PASSED, Check

README = Path(__file__).parents[1] / "README.md"
CPU_FACTS = Path("/proc/cpuinfo")
FIGURES = {
    ("gauge", "held"): "share of time in which the GIL is held",
    ("gauge", "waiting"): "threads that wait for the GIL",
    ("gauge", "switches"): "changes of the holder a second",
    ("bound", "median error"): "bound of the speed-up, foretold from one worker",
}
UNITS = {"share": (100, 1, " points"), "threads": (1, 2, ""), "1/s": (1, 1, ""), "x": (1, 2, "x")}
"""By what a figure is multiplied, its decimals, and the unit."""
HEADING = ("figure", "loads", "passed", "furthest from the truth", "with", "allowed there")
TRIES = 3


def write_between(mark: str, text: str, file: Path = README) -> None:
    """Replace what stands between `<!-- MARK -->` and `<!-- /MARK -->`; raises ValueError without both."""
    between = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    found, times = between.subn(lambda match: f"{match[1]}\n{text}\n\n{match[2]}", file.read_text("utf-8"))
    if times != 1:
        raise ValueError(f"{file} has the mark {mark} {times} times")
    file.write_text(found, "utf-8")


def load_text(port: int, clients: Sequence[int], seconds: float) -> str:
    """What so many clients at once get from the service, as the reader sees it."""
    lines = ["```"]
    for number in clients:
        lines += [f"$ python shop.py --clients {number}", load(port, number, seconds)]
    return "\n".join([*lines, "```"])


def selftest() -> Selftest:
    """The self-test of this host; again where something disturbed it."""
    for _ in range(TRIES):
        done = subprocess.run(
            [sys.executable, "-m", "gil_tui", "selftest", "--json"], stdout=subprocess.PIPE, check=False
        )
        found = Selftest.from_json(json.loads(done.stdout))
        if found.passed:
            break
    return found


def selftest_text(found: Selftest) -> str:
    """Host kind and day, a row for each figure with its worst load, and the result in words."""
    groups: dict[tuple[str, str], list[Check]] = {}
    for check in found.checks:
        groups.setdefault((check.part, check.quantity), []).append(check)
    host = host_line(found.host, found.version).partition(": ")[2]
    host = re.sub(r"(Linux \d+\.\d+)\S*", r"\1", host)  # the kind of host, not this very one
    kind = "virtual machine" if "hypervisor" in CPU_FACTS.read_text() else "machine"
    rows = [HEADING, ("---",) * len(HEADING), *(_row(*one) for one in groups.items())]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    heading = f"{found.created_at[:10]}, a {kind}: {host}; {found.python}, {duration(found.seconds)}."
    return f"{heading}\n\n{table}\n\nThe self-test's own words: {found.sentence}"


def _row(name: tuple[str, str], checks: Sequence[Check]) -> tuple[str, ...]:
    part, quantity = name
    told = FIGURES.get(name, f"a thread's time: {quantity}" if part == "lanes" else quantity)
    passed = sum(check.state == PASSED for check in checks)
    had = [check for check in checks if check.error is not None]
    if not had:
        return (told, str(len(checks)), str(passed), "not possible here", "", "")
    worst = max(had, key=lambda check: abs(check.error or 0.0) / (_allowed(check) or 1.0))
    times, decimals, unit = UNITS[worst.unit]
    error, allowed = times * (worst.error or 0.0), times * _allowed(worst)
    return (
        told,
        str(len(checks)),
        str(passed),
        f"{error:+.{decimals}f}{unit}",
        worst.subject,
        f"{allowed:.{decimals}f}{unit}",
    )


def _allowed(check: Check) -> float:
    return (check.within or 0.0) + (check.chance or 0.0)
