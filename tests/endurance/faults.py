"""Strikes gil-tui with random faults at random moments, and counts what they leave behind.

    python -m tests.endurance.faults --count 200 [--seed N] [--only KIND] [--minutes M] [--record FILE]

The sequence follows from the seed, the moments from the machine besides. With `--record` each outcome is
added to FILE as a JSON line, and the table is of all that stand there. Ends with 1 unless nothing was left.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.benchmarks.table import print_table
from tests.endurance import after
from tests.endurance.after import Findings
from tests.endurance.injections import FAULTS, Fault, NotInjectedError
from tests.endurance.subjects import SUBJECTS, Scene, Subject, scene_of

FIRST_OTHER_USER = 41000
"""Users without a name, one for each fault that needs one: limits on processes are by user."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fault on one subject; `counts` by column."""

    kind: str
    subject: str
    seed: int
    injected: bool
    counts: dict[str, int]


def main() -> int:
    """Strike, say what was found, and print the table."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as `timeout` sends it: take everything down
    seed = random.SystemRandom().randrange(1 << 31) if arguments.seed is None else arguments.seed
    faults = [fault for fault in FAULTS if arguments.only in fault.kind]
    missing = {fault.kind: why for fault in faults if (why := fault.why_not())}
    faults = [fault for fault in faults if fault.kind not in missing]
    if not faults:
        print(f"nothing to inject: {missing or f'no kind {arguments.only}'}")
        return 1
    print(f"seed {seed}", flush=True)
    outcomes: list[Outcome] = []
    give_up_s = time.monotonic() + 60 * arguments.minutes
    with tempfile.TemporaryDirectory(prefix="gil-tui-faults-") as folder:
        Path(folder).chmod(0o755)
        for number, (fault, subject, own_seed) in enumerate(_sequence(faults, seed, arguments.count)):
            if time.monotonic() > give_up_s:
                break
            outcome = _strike(fault, subject, own_seed, Path(folder) / str(number))
            outcomes.append(outcome)
            if arguments.record:
                with arguments.record.open("a") as record:
                    print(json.dumps(asdict(outcome)), file=record)
    if arguments.record:
        outcomes = [Outcome(**json.loads(line)) for line in arguments.record.read_text().splitlines()]
    return _tell(outcomes, missing)


def _sequence(faults: list[Fault], seed: int, count: int) -> Iterator[tuple[Fault, Subject, int]]:
    """Every kind in turn, shuffled anew each time, so that a short run has as many kinds as it can."""
    rng = random.Random(seed)
    done = 0
    while done < count:
        order = list(faults)
        rng.shuffle(order)
        for fault in order[: count - done]:
            yield fault, SUBJECTS[rng.choice(fault.subjects)], rng.randrange(1 << 31)
            done += 1


def _strike(fault: Fault, subject: Subject, seed: int, folder: Path) -> Outcome:
    rng = random.Random(seed)
    folder.mkdir()
    state = folder / "state"
    state.mkdir()
    owner = FIRST_OTHER_USER + os.getpid() % 10000 + int(folder.name) if fault.apart else None
    findings, injected, why_not = Findings(), False, ""
    began_s = time.monotonic()
    with (
        fault.place(state) if fault.place else nullcontext(),
        scene_of(subject, folder, state, rng, owner) as scene,
    ):
        try:
            _play(fault, scene, findings)
            injected = True
        except NotInjectedError as error:
            why_not = str(error)
        if injected:
            after.started_again(scene, fault, findings)
        notes = ", ".join(scene.notes)
    words = "ok" if not any(findings.counts().values()) else "WRONG"
    words = words if injected else f"not injected: {why_not}"
    print(f"{fault.kind} on {subject.name} ({seed}): {words} {time.monotonic() - began_s:.0f} s {notes}")
    for line in findings.lines():
        print(f"    {line}")
    sys.stdout.flush()
    return Outcome(fault.kind, subject.name, seed, injected, findings.counts())


def _play(fault: Fault, scene: Scene, findings: Findings) -> None:
    scene.settle(fault.at_start and scene.rng.random() < 0.3)
    before = scene.trials()
    with fault.strike(scene):
        if fault.damages:
            before = after.readable(scene.store)
        if fault.forgets:
            before = {}
        if not fault.ends:
            scene.wait(scene.rng.uniform(0.5, 6.0))
            scene.finish()
        after.ended(scene, fault, findings)
        if not fault.forgets:
            after.looked_at(scene, fault, findings)
    after.kept(scene, before, findings)


def _tell(outcomes: Iterable[Outcome], missing: dict[str, str]) -> int:
    columns = list(Findings().counts())
    rows: list[list[str]] = []
    totals = [0] * (len(columns) + 1)
    by_kind: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.injected:
            by_kind.setdefault(outcome.kind, []).append(outcome)
    for kind in [fault.kind for fault in FAULTS if fault.kind in by_kind]:
        own = by_kind[kind]
        numbers = [len(own), *(sum(one.counts[column] for one in own) for column in columns)]
        totals = [total + number for total, number in zip(totals, numbers, strict=True)]
        rows.append([kind, *map(str, numbers)])
    rows.append(["all", *map(str, totals)])
    print_table("What faults left behind", ["fault", "injected", *columns], rows)
    for kind, why in missing.items():
        print(f"not injected: {kind}: {why}")
    return 1 if any(totals[1:]) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", default="", metavar="KIND", help="kinds with this in their name")
    parser.add_argument("--minutes", type=float, default=600.0, help="begin no fault after so long")
    parser.add_argument("--record", type=Path, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
