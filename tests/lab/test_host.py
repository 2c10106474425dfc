import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gil_tui.lab.host import Disturbance, Meanwhile, describe_host, marks_of
from gil_tui.lab.load import clock_ghz, tree_cpu_s
from gil_tui.watch.frames import CpuFrame


def frame(
    steal: float | None = 0.0,
    throttled: float | None = 0.0,
    pressure: float | None = 0.0,
    busy: tuple[float, ...] = (0.5, 0.5),
) -> CpuFrame:
    return CpuFrame(busy, 2.0, "online", 0.0, steal, throttled, pressure)


@pytest.mark.parametrize(
    ("seen", "own_cores", "marks"),
    [
        (frame(), 1.0, ()),
        (frame(None, None, None), 1.0, ()),
        (frame(steal=0.05), 1.0, ("steal 5 %",)),
        (frame(steal=0.01), 1.0, ()),
        (frame(throttled=0.3), 1.0, ("throttled in 30 % of the periods",)),
        (frame(pressure=0.9, busy=(1.0, 1.0)), 2.0, ()),
        (frame(pressure=0.9, busy=(1.0, 1.0)), 1.0, ("other programs use 1.0 CPUs, pressure 90 %",)),
        (frame(pressure=0.2, busy=(1.0, 1.0)), 0.5, ("other programs use 1.5 CPUs, pressure 20 %",)),
        (frame(pressure=0.2, busy=(1.0, 0.3)), 1.0, ()),
        (frame(pressure=0.05, busy=(1.0, 1.0)), 1.0, ()),
        (frame(pressure=None, busy=(1.0, 1.0)), 1.0, ("other programs use 1.0 CPUs",)),
        (frame(pressure=0.5, busy=(1.0, 0.95)), 1.85, ()),
        (frame(pressure=None, busy=(1.0, 0.1)), 0.05, ("other programs use 1.1 CPUs",)),
    ],
)
def test_marks_name_what_disturbed(seen: CpuFrame, own_cores: float, marks: tuple[str, ...]) -> None:
    assert marks_of(Meanwhile(seen), own_cores, cpus=2) == marks


def test_several_disturbances_are_all_named() -> None:
    assert len(marks_of(Meanwhile(frame(0.5, 0.5, 0.5, (1.0, 1.0)), None, 2.0, 3.0), 0.5, cpus=2)) == 4


def test_this_host_can_be_described() -> None:
    host = describe_host()
    assert host.cpus >= 1
    assert 0 < host.cpus_effective <= host.cpus
    assert host.cpus_limited_by
    assert host.memory_bytes > 1 << 20
    assert type(host).from_json(host.to_json()) == host


def test_disturbance_reads_this_host() -> None:
    disturbance = Disturbance()
    disturbance.begin()
    assert isinstance(marks_of(disturbance.end(), 0.0, 2), tuple)
    disturbance.close()


def test_servers_and_whoever_hands_out_work_are_not_other_programs() -> None:
    full = frame(pressure=0.5, busy=(1.0, 1.0))
    assert marks_of(Meanwhile(full, tree_cores=1.9), 1.0, cpus=2) == ()
    assert marks_of(Meanwhile(full, tree_cores=0.2), 1.9, cpus=2) == ()


@pytest.mark.parametrize(
    ("clock_ghz", "own_cores", "marks"),
    [
        (3.4, 1.0, ()),
        (2.9, 1.0, ()),
        (2.1, 1.0, ("CPU clock 2.1 GHz, 3.4 before",)),
        (2.1, 0.1, ()),  # work that waits lets the CPUs sleep
        (None, 1.0, ()),
    ],
)
def test_slow_clocks_are_told_with_their_number(
    clock_ghz: float | None, own_cores: float, marks: tuple[str, ...]
) -> None:
    assert marks_of(Meanwhile(frame(), None, clock_ghz, 3.4), own_cores, cpus=2) == marks


def test_the_clock_is_held_against_the_best_of_the_sweep() -> None:
    clocks: Iterator[float] = iter((3.0, 3.4, 2.0))
    disturbance = Disturbance(clock=lambda: next(clocks))
    seen = []
    for _ in range(3):
        disturbance.begin()
        seen.append(disturbance.end())
    disturbance.close()
    assert [one.best_ghz for one in seen] == [3.0, 3.4, 3.4]
    assert [one.clock_ghz for one in seen] == [3.0, 3.4, 2.0]


def test_the_tree_is_told_by_what_it_used_between_begin_and_end() -> None:
    times = iter((10.0, 12.0))
    used = {7: iter((1.0, 4.0)), 8: iter((1.0, None))}
    disturbance = Disturbance(
        monotonic=lambda: next(times), tree=lambda pid: next(used[pid]), clock=lambda: None
    )
    disturbance.begin(7)
    assert disturbance.end().tree_cores == 1.5
    times = iter((0.0, 1.0))
    disturbance.begin(8)
    assert disturbance.end().tree_cores is None
    disturbance.close()


def test_clocks_are_read_where_the_kernel_tells_them(tmp_path: Path) -> None:
    assert clock_ghz(tmp_path) is None
    for number, text in enumerate(("2100000", "3400000", "<unknown>")):
        policy = tmp_path / f"policy{number}"
        policy.mkdir()
        (policy / "scaling_cur_freq").write_text(f"{text}\n")
    assert clock_ghz(tmp_path) == 3.4


def test_cpu_of_a_tree_counts_children_alive_and_ended(tmp_path: Path) -> None:
    def process(pid: int, ticks: tuple[int, int, int, int], children: str = "") -> None:
        fields = ["S", *["0"] * 10, *map(str, ticks), *["0"] * 30]
        (tmp_path / str(pid) / "task" / str(pid)).mkdir(parents=True)
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a ) b) {' '.join(fields)}\n")
        (tmp_path / str(pid) / "task" / str(pid) / "children").write_text(children)

    process(1, (100, 20, 3, 0), "2 9 ")
    process(2, (0, 0, 0, 0), "3 ")
    process(3, (1000, 0, 0, 0))
    assert tree_cpu_s(1, tmp_path) == pytest.approx(1123 / os.sysconf("SC_CLK_TCK"))
    assert tree_cpu_s(9, tmp_path) is None


def test_a_process_that_ends_while_its_children_are_listed_counts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: Path, pattern: str) -> None:
        raise FileNotFoundError(self / pattern)

    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "stat").write_text(f"1 (a) S {' '.join(['0'] * 10)} 50 0 0 0\n")
    monkeypatch.setattr(Path, "glob", gone)
    assert tree_cpu_s(1, tmp_path) == pytest.approx(50 / os.sysconf("SC_CLK_TCK"))


@pytest.mark.real
def test_cpu_of_a_real_tree(no_orphans: object) -> None:
    if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
        pytest.skip("this kernel does not list the children of a process")
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        used_s = tree_cpu_s(child.pid)
        child.communicate("\n")
    assert used_s is not None and 0.25 < used_s < 5
    assert tree_cpu_s(child.pid) is None
