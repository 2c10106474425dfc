"""Every parser of what others wrote, as a function of bytes that may raise nothing but what it promises.

`ATTACKS` is used by `fuzz.py` (coverage-guided, by hand) and by tests/test_hostile.py (in CI). A target
checks what must hold of any answer besides: nothing in it that a terminal would obey, nothing out of bounds.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gil_tui.history import StoreError
from gil_tui.history.store import UNLIKE
from gil_tui.lab.errors import UsageError
from gil_tui.watch.elf import ElfError
from gil_tui.watch.stacks import StacksError
from tests.endurance import fuzz_documents, fuzz_kept, fuzz_memory, fuzz_proc, fuzz_words

CORPUS = Path(__file__).with_name("corpus")


@dataclass(frozen=True, slots=True)
class Attack:
    """What is attacked, from which seeds, and the errors that its docstring names."""

    target: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    allowed: tuple[type[Exception], ...] = ()

    def __call__(self, data: bytes) -> None:
        """Feed the target; an error that it does not promise goes on."""
        try:
            self.target(data)
        except self.allowed:
            return


ATTACKS: dict[str, Attack] = {
    "host_stat": Attack(fuzz_proc.host_stat, fuzz_proc.HOST_STAT),
    "process_stat": Attack(fuzz_proc.process_stat, fuzz_proc.PROCESS_STAT),
    "status": Attack(fuzz_proc.status, fuzz_proc.STATUS),
    "schedstat": Attack(fuzz_proc.schedstat, fuzz_proc.SCHEDSTAT),
    "syscall": Attack(fuzz_proc.syscall, fuzz_proc.SYSCALL),
    "maps": Attack(fuzz_proc.maps, fuzz_proc.MAPS),
    "cmdline": Attack(fuzz_proc.cmdline, fuzz_proc.CMDLINE),
    "comm": Attack(fuzz_proc.comm, fuzz_proc.COMM),
    "memory": Attack(fuzz_proc.memory, fuzz_proc.MEMORY),
    "cgroups": Attack(fuzz_proc.cgroups, fuzz_proc.CGROUPS),
    "pressure": Attack(fuzz_proc.pressure, fuzz_proc.PRESSURE),
    "descriptor": Attack(fuzz_proc.descriptor, fuzz_proc.DESCRIPTOR),
    "accounting": Attack(fuzz_proc.accounting, fuzz_proc.STATUS + fuzz_proc.MEMORY),
    "elf": Attack(fuzz_memory.elf, fuzz_memory.ELF, (ElfError,)),
    "interpreter": Attack(fuzz_memory.interpreter, fuzz_memory.PATCHES, (ElfError,)),
    "runtime": Attack(fuzz_memory.runtime, fuzz_memory.RUNTIME),
    "debug_offsets": Attack(fuzz_memory.debug_offsets, fuzz_memory.RUNTIME),
    "gauge": Attack(fuzz_memory.gauge, fuzz_memory.GILS),
    "events": Attack(fuzz_documents.events, fuzz_documents.EVENTS),
    "result": Attack(fuzz_documents.result, fuzz_documents.SPOILS),
    "watcher_command": Attack(fuzz_documents.watcher_command, fuzz_documents.COMMANDS),
    "frame": Attack(fuzz_documents.frame, fuzz_documents.SPOILS),
    "stacks_dump": Attack(fuzz_documents.stacks_dump, fuzz_documents.DUMPS, (StacksError,)),
    "stacks_record": Attack(fuzz_documents.stacks_record, fuzz_documents.RECORDS, (StacksError,)),
    "job": Attack(fuzz_documents.job, fuzz_documents.JOBS),
    "kept_run": Attack(fuzz_documents.kept_run, fuzz_documents.SPOILS),
    "kept_audit": Attack(fuzz_documents.kept_audit, fuzz_documents.SPOILS),
    "watch": Attack(fuzz_kept.watch, fuzz_documents.SPOILS, (StoreError,)),
    "audited": Attack(fuzz_kept.audited, fuzz_documents.SPOILS, (StoreError,)),
    "judgement": Attack(fuzz_kept.judgement, fuzz_documents.SPOILS, UNLIKE),
    "selftest": Attack(fuzz_kept.selftest, fuzz_documents.SPOILS, (UsageError,)),
    "observed": Attack(fuzz_kept.observed, fuzz_documents.SPOILS),
    "caches": Attack(fuzz_kept.caches, fuzz_documents.SPOILS),
    "names": Attack(fuzz_kept.names, fuzz_kept.NAMES),
    "environment": Attack(fuzz_kept.environment, fuzz_kept.ENVIRONMENTS),
    "report": Attack(fuzz_kept.report, fuzz_words.NASTY),
    "perf": Attack(fuzz_documents.perf, fuzz_documents.PERF),
    "probe": Attack(fuzz_documents.probe, fuzz_documents.PROBES),
    "catalogue": Attack(fuzz_words.catalogue, fuzz_words.CATALOGUE, (ValueError,)),
    "sentences": Attack(fuzz_words.sentences, fuzz_words.SENTENCES),
    "plugin": Attack(fuzz_words.plugin, fuzz_words.PLUGINS),
    "knobs": Attack(fuzz_words.knobs, fuzz_words.KNOBS, (UsageError,)),
    "interpreter_text": Attack(fuzz_words.interpreter_text, fuzz_words.INTERPRETERS, (UsageError,)),
    "workload_text": Attack(fuzz_words.workload_text, fuzz_words.WORKLOADS, (UsageError,)),
    "settings": Attack(fuzz_words.settings, fuzz_words.KNOBS),
    "cleaning": Attack(fuzz_words.cleaning, fuzz_words.NASTY),
    "markup": Attack(fuzz_words.markup, fuzz_words.NASTY),
    "svg": Attack(fuzz_words.svg, fuzz_words.NASTY),
    "hidden": Attack(fuzz_words.hidden, fuzz_words.NASTY),
}


def kept(name: str) -> list[bytes]:
    """What once broke this target, minimized."""
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


def described() -> str:
    """The table, one target a line."""
    return json.dumps({name: attack.target.__doc__ for name, attack in ATTACKS.items()}, indent=2)
