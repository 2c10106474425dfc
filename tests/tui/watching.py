"""A watch played back: the watcher sends the frames that a test hands it, on a clock of the test's own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from gil_tui.tui.watch_engine import OnEnd, OnFrame, WatchEngine, Watcher
from gil_tui.watch.client import WatcherError
from gil_tui.watch.frames import Frame
from gil_tui.watch.processes import PythonProcess
from gil_tui.watch.stacks import HotFunction, StackFrame, ThreadStack
from tests.lab import frame_builders as build

PID = 100
WORKERS = (101, 102, 103, 104)
HOT = HotFunction("render", "/srv/shop/views.py", 41, True, 0.62)


def gil_bound(number: int = 0, **more: object) -> Frame:
    """Four threads share one GIL, the main thread is idle."""
    threads = (
        build.thread(PID),
        *(build.thread(tid, name=f"worker-{tid - PID}", cpu=0.25, gil=0.75) for tid in WORKERS),
    )
    gil = build.gil(
        held=0.99,
        waiting=2.9,
        waiting_counts=(0, 1, 2, 22),
        switches_per_s=198.0,
        holders=dict.fromkeys(WORKERS, 0.25),
    )
    process = build.process(pss_bytes=18_000_000, threads=5)
    frame = build.frame(number, threads=threads, gils=(gil,), processes=(process,))
    return replace(frame, **more)  # type: ignore[arg-type]


def idle(number: int = 0) -> Frame:
    """Nobody does anything."""
    gil = build.gil(held=0.0, waiting=0.0, waiting_counts=(25,), switches_per_s=0.0)
    return build.frame(number, threads=(build.thread(PID), build.thread(101)), gils=(gil,))


def tree(number: int = 0) -> Frame:
    """A master that waits and two busy workers, each with a GIL of its own."""
    pids = (PID, 200, 300)
    threads = tuple(build.thread(pid, pid, cpu=0.0 if pid == PID else 0.9) for pid in pids)
    gils = tuple(build.gil(pid, held=0.0 if pid == PID else 0.9, waiting=0.0) for pid in pids)
    processes = tuple(
        build.process(pid, 1 if pid == PID else PID, command=f"/usr/bin/python3 worker.py {pid}")
        for pid in pids
    )
    return build.frame(number, threads=threads, gils=gils, processes=processes)


def process(pid: int, **more: object) -> PythonProcess:
    """A row of the list."""
    row = PythonProcess(
        pid=pid,
        parent_pid=1,
        user="web",
        python="CPython 3.11",
        command=f"/usr/bin/python3 app{pid}.py",
        cpu_share=0.0,
        threads=4,
        age_s=60.0,
        rss_bytes=24_000_000,
        watchable=True,
    )
    return replace(row, **more)  # type: ignore[arg-type]


PROCESSES = (
    process(PID, cpu_share=1.0, command="/usr/bin/python3 shop.py --port 80"),
    process(200, cpu_share=0.4),
    process(
        300, user="root", watchable=False, why="process 300 belongs to another user (uid 0)", cpu_share=2.0
    ),
)


@dataclass
class FakeWatcher:
    """Notes its commands."""

    failure: str = ""
    commands: list[int] = field(default_factory=list)
    closed: bool = False

    def watch(self, pid: int) -> None:
        self.commands.append(pid)

    def unwatch(self) -> None:
        self.commands.append(0)

    async def close(self) -> None:
        self.closed = True


@dataclass
class Host:
    """What the Watch sees: the list, and frames that are sent by `send`; `now_s` is the clock."""

    processes: Sequence[PythonProcess] = PROCESSES
    hot: Sequence[HotFunction] = (HOT,)
    now_s: float = 1000.0
    watchers: list[FakeWatcher] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    broken: str = ""
    command: str = "/usr/bin/python3 shop.py --port 80"
    said: list[str] = field(default_factory=list)
    _on_frame: OnFrame | None = None
    _on_end: OnEnd | None = None
    _number: int = 0

    @property
    def watcher(self) -> FakeWatcher:
        return self.watchers[-1]

    def engine(self) -> WatchEngine:
        return WatchEngine(
            open_watcher=self._open,
            processes_reader=lambda: lambda: list(self.processes),
            gone=lambda pid: "" if pid == PID else f"there is no process {pid}, or this system hides it",
            command_of=lambda pid: self.command,
            hot_of=self._hot,
            dump_of=self._dump,
            clock=lambda: self.now_s,
            wall_clock=lambda: self.now_s,
        )

    def send(self, make: Callable[[int], Frame] = gil_bound, seconds: float = 0.25) -> None:
        """So many seconds of frames, and the time that they take."""
        assert self._on_frame
        for _ in range(round(seconds * 4)):
            frame = make(self._number)
            self._number += 1
            self.now_s = frame.end_s
            self._on_frame(frame)

    def end_watcher(self, why: str) -> None:
        """The watcher dies."""
        assert self._on_end
        self.watcher.failure = why
        self._on_end(why)

    def say(self, message: str, *, is_error: bool = False) -> None:
        self.said.append(message)

    async def _open(self, on_frame: OnFrame, on_end: OnEnd) -> Watcher:
        if self.broken:
            raise WatcherError(self.broken)
        self._on_frame, self._on_end = on_frame, on_end
        self.watchers.append(FakeWatcher())
        return self.watcher

    async def _hot(self, pid: int) -> Sequence[HotFunction]:
        self.looks.append(f"hot {pid}")
        return self.hot

    async def _dump(self, pid: int) -> Sequence[ThreadStack]:
        self.looks.append(f"dump {pid}")
        frame = StackFrame("render", "/srv/shop/views.py", 41)
        return [ThreadStack(101, "Thread-1 (render)", True, True, (frame,))]
