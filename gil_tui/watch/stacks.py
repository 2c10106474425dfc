"""Which function is it: names, files and lines of a live process through py-spy, never pausing it.

Only py-spy's `--nonblocking` mode is used, in short bursts at a low rate: it reads the memory of the
running process, so single samples may be torn and are dropped by py-spy. See DESIGN.md on its cost.
"""

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gil_tui.watch import access
from gil_tui.watch.processes import printable_command

BURST_S = 1.0
BURST_RATE_HZ = 25
_GRACE_S = 10.0
_NOISE = 0.25
"""The two samplings differ by less than this part even where nobody runs without the GIL."""
_LONGEST_MESSAGE = 160
_UNLIKE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
"""What a document of another shape makes of the code that reads it."""


class StacksError(Exception):
    """The stacks cannot be had; the message is one line for a person."""


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One Python frame: `line` is where it stands now, 0 if not known."""

    function: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class ThreadStack:
    """One thread at one moment: `frames` from the innermost outwards; `tid` is None if not known."""

    tid: int | None
    name: str
    active: bool
    holds_gil: bool
    frames: tuple[StackFrame, ...]


@dataclass(frozen=True, slots=True)
class HotFunction:
    """The innermost Python function of a sample.

    `share` is of the samples with the GIL held when `holds_gil`, else of those on a CPU without it.
    """

    function: str
    file: str
    line: int
    holds_gil: bool
    share: float


async def one_dump(pid: int) -> tuple[ThreadStack, ...]:
    """The stacks of all threads at one moment, about 30 ms; StacksError when they cannot be had."""
    return parse_dump(await _py_spy(pid, "dump", "--json", "--full-filenames", within_s=_GRACE_S))


def parse_dump(output: bytes) -> tuple[ThreadStack, ...]:
    """What `py-spy dump --json` prints; StacksError for anything else."""
    try:
        return tuple(_thread(item) for item in json.loads(output))
    except _UNLIKE as error:
        raise StacksError("py-spy's answer cannot be understood") from error


async def hot_functions(
    pid: int, *, seconds: float = BURST_S, rate_hz: int = BURST_RATE_HZ, most: int = 10
) -> list[HotFunction]:
    """Where the time goes, holding the GIL and without it, each by falling share.

    Takes about `seconds`, which py-spy rounds up to whole ones. StacksError when it cannot be had.
    """
    holding, running = await asyncio.gather(
        _record(pid, seconds, rate_hz, "--gil"), _record(pid, seconds, rate_hz)
    )
    without = +Counter({place: count - holding[place] for place, count in running.items()})
    if without.total() < _NOISE * running.total():
        without.clear()
    return [*_hottest(holding, True, most), *_hottest(without, False, most)]


async def _record(pid: int, seconds: float, rate_hz: int, *only: str) -> Counter[StackFrame]:
    """Samples by innermost frame; empty when none was taken."""
    whole_s = max(1, round(seconds))
    options = ["--format", "speedscope", "--output", "/dev/stdout", "--full-filenames"]
    timing = ["--duration", str(whole_s), "--rate", str(rate_hz)]
    return parse_record(await _py_spy(pid, "record", *options, *timing, *only, within_s=whole_s + _GRACE_S))


def parse_record(output: bytes) -> Counter[StackFrame]:
    """What `py-spy record --format speedscope` prints, its own words around it; StacksError otherwise."""
    text = output.decode(errors="replace")
    try:
        document, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
        return innermost(document)
    except _UNLIKE as error:
        raise StacksError("py-spy's answer cannot be understood") from error


def innermost(document: Mapping[str, Any]) -> Counter[StackFrame]:
    """Samples of a speedscope document (speedscope.app/file-format-schema.json) by innermost frame."""
    frames = [
        StackFrame(str(item["name"]), str(item.get("file") or ""), int(item.get("line") or 0))
        for item in document["shared"]["frames"]
    ]
    return Counter(
        frames[sample[-1]] for profile in document["profiles"] for sample in profile["samples"] if sample
    )


def _hottest(samples: Mapping[StackFrame, int], holds_gil: bool, most: int) -> Iterator[HotFunction]:
    """Lines of one function are summed; the line shown is the one seen most."""
    by_function: dict[tuple[str, str], Counter[int]] = {}
    for frame, count in samples.items():
        by_function.setdefault((frame.function, frame.file), Counter())[frame.line] += count
    total = sum(samples.values())
    ordered = sorted(by_function.items(), key=lambda item: (-item[1].total(), item[0]))
    for (function, file), lines in ordered[:most]:
        line = lines.most_common(1)[0][0]
        yield HotFunction(function, file, line, holds_gil, round(lines.total() / total, 4))


def _thread(item: Mapping[str, Any]) -> ThreadStack:
    return ThreadStack(
        tid=item.get("os_thread_id"),
        name=str(item.get("thread_name") or ""),
        active=bool(item["active"]),
        holds_gil=bool(item["owns_gil"]),
        frames=tuple(
            StackFrame(str(frame["name"]), str(frame["filename"]), int(frame["line"] or 0))
            for frame in item["frames"]
        ),
    )


async def _py_spy(pid: int, command: str, *options: str, within_s: float) -> bytes:
    """Run py-spy without pausing the target and give its output; nothing of it is left behind."""
    program = _program()
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            command,
            "--nonblocking",
            "--pid",
            str(pid),
            *options,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            process_group=0,
        )
    except OSError as error:
        raise StacksError(f"py-spy cannot be started: {error.strerror}") from error
    try:
        async with asyncio.timeout(within_s):
            output, complaint = await process.communicate()
    except TimeoutError as error:
        raise StacksError(f"py-spy gave no answer within {within_s:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())
    if process.returncode:
        raise StacksError(_one_line(pid, complaint.decode(errors="replace")))
    return output


def _program() -> str:
    beside = Path(sys.executable).parent / "py-spy"
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("py-spy")
    if not found:
        raise StacksError("py-spy is not installed: `pip install py-spy` names the functions")
    return found


def _one_line(pid: int, complaint: str) -> str:
    """What py-spy's several lines come to."""
    if "ermission denied" in complaint.lower():
        return access.refusal(pid)
    if "no such file" in complaint.lower() or "no such process" in complaint.lower():
        return access.gone(pid) or f"process {pid} is ending"
    if "python version" in complaint:
        return "py-spy knows no CPython it supports in this process"
    first = next(_meaningful(complaint.splitlines()), "it ended without saying why")
    return f"py-spy: {printable_command(first[:_LONGEST_MESSAGE])}"


def _meaningful(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        text = line.strip().removeprefix("Error: ")
        if text and not text.startswith("py-spy>"):
            yield text
