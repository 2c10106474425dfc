"""What is kept of a sweep: host, interpreters, runs and trials, as JSON and back."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from gil_tui.bench.spec import Experiment, PythonFacts, TrialResult
from gil_tui.schemas.fitting import fitted
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.statistics import Interval, outliers

RUN_SCHEMA = "gil-tui/run/1"

UNAVAILABLE = "unavailable"
"""The interpreter lacks what it takes: told with the command that changes it, and nobody's failure."""
STATUSES = ("running", "done", "interrupted", "failed", "timeout", UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Host:
    """The machine: `cpus` online, `cpus_effective` after affinity and quota, and what set that limit.

    `memory_available_bytes` is what was free for the sweep at its beginning, None where it is not known;
    `memory_limited_by` is host or cgroup.
    """

    name: str
    system: str
    machine: str
    cpus: int
    cpus_effective: float
    cpus_limited_by: str
    memory_bytes: int
    memory_available_bytes: int | None = None
    memory_limited_by: str = ""

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Host":
        """The inverse of `to_json`."""
        return cls(**document)


@dataclass(frozen=True, slots=True)
class Trial:
    """One repetition: its result or its failure, and what the program printed (bounded).

    `marks` names what disturbed it (steal, pressure, throttling), empty for a quiet trial. `observed`
    is what the watch saw during the work: keys `gil`, `threads` and `why` of the JSON contract.
    """

    number: int
    result: TrialResult | None
    failure: Mapping[str, str] | None = None
    stdout: str = ""
    stderr: str = ""
    marks: tuple[str, ...] = ()
    overhead_s: float | None = None
    observed: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As one flat JSON object: the result's fields beside the trial's own."""
        result = self.result.to_json() if self.result else {}
        return result | {
            "number": self.number,
            "failure": dict(self.failure) if self.failure else None,
            "stdout": self.stdout,
            "stderr": self.stderr,
            "marks": list(self.marks),
            "overhead_s": self.overhead_s,
            "observed": dict(self.observed) if self.observed else None,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Trial":
        """The inverse of `to_json`."""
        return cls(
            number=document["number"],
            result=TrialResult.from_json(document) if "wall_s" in document else None,
            failure=document.get("failure"),
            stdout=document.get("stdout", ""),
            stderr=document.get("stderr", ""),
            marks=tuple(document.get("marks", ())),
            overhead_s=document.get("overhead_s"),
            observed=document.get("observed"),
        )


@dataclass(frozen=True, slots=True)
class Run:
    """One experiment with its trials, what was watched meanwhile, the host, and the verdict.

    `id` is None until the history has given one. `speedup` is against `sequential` on the same
    interpreter and the same work, None where that was not run. Runs of one sweep share `sweep_id`.
    `gil` and `threads` hold the JSON contract's objects, None with the reason in `watch_why`. `call_s` is
    what one unit of size takes at calibration, the best of `call_repeats`; `handover_s` what handing one task
    over takes, by bytes of its argument (`spec.HANDOVER_BYTES`), None with the reason in `handover_why`.
    """

    experiment: Experiment
    host: Host
    created_at: str
    sweep_id: str
    id: int | None = None
    status: str = "running"
    version: str = ""
    python: PythonFacts | None = None
    trials: tuple[Trial, ...] = ()
    wall_s: Interval | None = None
    speedup: Interval | None = None
    gil: Mapping[str, Any] | None = None
    threads: Mapping[str, Any] | None = None
    watch_why: str = ""
    verdict: Verdict | None = None
    failure: Mapping[str, str] | None = None
    seed: int = 0
    notes: tuple[str, ...] = field(default=())
    call_s: float | None = None
    handover_s: Mapping[str, float] | None = None
    handover_why: str = ""
    call_repeats: int = 0

    @property
    def results(self) -> list[TrialResult]:
        """What was measured in the trials that finished, in order."""
        return [trial.result for trial in self.trials if trial.result]

    @property
    def walls_s(self) -> list[float]:
        """Wall times of the trials that finished, in order."""
        return [result.wall_s for result in self.results]

    @property
    def outlier_numbers(self) -> frozenset[int]:
        """Numbers of the trials whose wall time is far from the others'; they are shown, never dropped."""
        measured = [trial.number for trial in self.trials if trial.result]
        return frozenset(measured[position] for position in outliers(self.walls_s))

    @property
    def figures(self) -> dict[str, float]:
        """What the workload measured besides: the median of each figure over the trials that have it."""
        return _medians([result.figures for result in self.results])

    @property
    def counters(self) -> dict[str, float] | None:
        """What the kernel counted of the work, over the trials that were counted; None with a reason."""
        return _medians([result.counters for result in self.results if result.counters]) or None

    @property
    def counters_why(self) -> str:
        """Why there are no counters; empty where there are."""
        reasons = [result.counters_why for result in self.results if result.counters_why]
        return "" if self.counters else next(iter(reasons), "no trial was counted")

    @property
    def gil_enabled_by(self) -> str:
        """The module whose import switched the GIL back on; empty where none did."""
        return next((result.gil_enabled_by for result in self.results if result.gil_enabled_by), "")

    def with_id(self, run_id: int) -> "Run":
        """The same run under the history's number."""
        return replace(self, id=run_id)

    def to_json(self) -> dict[str, Any]:
        """As the `runs` entry of the JSON contract."""
        return {
            "id": self.id,
            "sweep_id": self.sweep_id,
            "created_at": self.created_at,
            "status": self.status,
            "version": self.version,
            "experiment": self.experiment.to_json(),
            "python": self.python.to_json() if self.python else None,
            "host": self.host.to_json(),
            "trials": [trial.to_json() for trial in self.trials],
            "wall_s": self.wall_s.to_json() if self.wall_s else None,
            "speedup": self.speedup.to_json() if self.speedup else None,
            "gil": dict(self.gil) if self.gil else None,
            "threads": dict(self.threads) if self.threads else None,
            "watch_why": self.watch_why,
            "verdict": self.verdict.to_json() if self.verdict else None,
            "failure": dict(self.failure) if self.failure else None,
            "seed": self.seed,
            "notes": list(self.notes),
            "figures": self.figures,
            "counters": self.counters,
            "counters_why": self.counters_why,
            "gil_enabled_by": self.gil_enabled_by,
            "call_s": self.call_s,
            "call_repeats": self.call_repeats,
            "handover_s": dict(self.handover_s) if self.handover_s else None,
            "handover_why": self.handover_why,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Run":
        """The inverse of `to_json`."""

        def optional(kind: Any, key: str) -> Any:
            return kind.from_json(document[key]) if document.get(key) else None

        return cls(
            experiment=Experiment.from_json(document["experiment"]),
            host=Host.from_json(document["host"]),
            created_at=document["created_at"],
            sweep_id=document["sweep_id"],
            id=document.get("id"),
            status=document.get("status", "done"),
            version=document.get("version", ""),
            python=optional(PythonFacts, "python"),
            trials=tuple(Trial.from_json(item) for item in document.get("trials", ())),
            wall_s=optional(Interval, "wall_s"),
            speedup=optional(Interval, "speedup"),
            gil=document.get("gil"),
            threads=document.get("threads"),
            watch_why=document.get("watch_why", ""),
            verdict=optional(Verdict, "verdict"),
            failure=document.get("failure"),
            seed=document.get("seed", 0),
            notes=tuple(document.get("notes", ())),
            call_s=document.get("call_s"),
            handover_s=document.get("handover_s"),
            handover_why=document.get("handover_why", ""),
            call_repeats=document.get("call_repeats", 0),
        )


def _medians(trials: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for trial in trials for name in trial)
    return {name: statistics.median(trial[name] for trial in trials if name in trial) for name in names}


@dataclass(frozen=True, slots=True)
class Sweep:
    """Runs of one workload over executors and worker counts, with the verdict on all of them.

    `noise` is the share by which two equal experiments of it would still differ, None where it is not known.
    `best` is the executor and worker count to use for its one workload, `bests` are those of all its
    workloads; of one that no executor suits there is none.
    """

    id: str
    host: Host
    runs: tuple[Run, ...]
    verdict: Verdict | None = None
    fits: tuple[Mapping[str, Any], ...] = ()
    best: Mapping[str, Any] | None = None
    noise: float | None = None
    bests: tuple[Mapping[str, Any], ...] = ()

    def judgement(self) -> dict[str, Any]:
        """What is known of the sweep beyond its runs, as a JSON object."""
        return {
            "fits": [dict(fit) for fit in self.fits],
            "best": dict(self.best) if self.best else None,
            "bests": [dict(best) for best in self.bests],
            "verdict": self.verdict.to_json() if self.verdict else None,
            "noise": self.noise,
        }

    @classmethod
    def judged(cls, runs: Sequence[Run], judgement: Mapping[str, Any]) -> "Sweep":
        """A sweep of at least one run again, from its `judgement`; ValueError for what is none."""
        judgement = fitted(judgement, "run", "sweep")
        verdict = judgement.get("verdict")
        return cls(
            runs[0].sweep_id,
            runs[0].host,
            tuple(runs),
            Verdict.from_json(verdict) if verdict else None,
            tuple(judgement.get("fits") or ()),
            judgement.get("best"),
            judgement.get("noise"),
            tuple(judgement.get("bests") or ()),
        )

    def to_json(self) -> dict[str, Any]:
        """The document of `run --json`."""
        return {
            "schema": RUN_SCHEMA,
            "host": self.host.to_json(),
            "runs": [run.to_json() for run in self.runs],
            "sweep": self.judgement(),
        }
