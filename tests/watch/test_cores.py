import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gil_tui.watch.cgroups import Cgroup, cpu_cgroups, is_hidden, pressure_us
from gil_tui.watch.cores import (
    QUOTA_UNKNOWN,
    CoreSampler,
    CoreTicks,
    EffectiveCpus,
    busy_between,
    effective_cpus,
    parse_allowed,
    parse_core_ticks,
    steal_between,
)
from tests.watch.trees import proc_stat, status, write

V1_MOUNTS = (("/docker/0123abc", "cpu,cpuacct"), ("/", "unified"))
EIGHT = proc_stat(*[(0, 0, 0, 0)] * 8)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def host(tmp_path: Path, *, allowed: str = "0-7", cgroup: str = "0::/\n") -> tuple[Path, Path]:
    proc, root = tmp_path / "proc", tmp_path / "cgroup"
    write(proc / "stat", EIGHT)
    write(proc / "7/status", status(allowed))
    write(proc / "7/cgroup", cgroup)
    root.mkdir()
    return proc, root


def test_without_limits_all_online_cores_count(tmp_path: Path) -> None:
    proc, root = host(tmp_path)
    assert effective_cpus(7, proc, root) == EffectiveCpus(8.0, 8, "online")


def test_affinity_names_only_cores_that_are_online(tmp_path: Path) -> None:
    proc, root = host(tmp_path, allowed="1,3,6-127")
    assert effective_cpus(7, proc, root) == EffectiveCpus(4.0, 8, "affinity")


def test_the_tightest_quota_on_the_way_up_counts(tmp_path: Path) -> None:
    proc, root = host(tmp_path, cgroup="0::/system.slice/docker-1.scope/inner\n")
    write(root / "cgroup.controllers", "cpu\n")
    write(root / "system.slice/cpu.max", "150000 100000\n")
    write(root / "system.slice/docker-1.scope/cpu.max", "max 100000\n")
    write(root / "system.slice/docker-1.scope/inner/cpu.max", "400000 100000\n")
    assert effective_cpus(7, proc, root) == EffectiveCpus(1.5, 8, "quota")


def test_affinity_below_the_quota_is_the_limit(tmp_path: Path) -> None:
    proc, root = host(tmp_path, allowed="0", cgroup="0::/a\n")
    write(root / "cgroup.controllers", "")
    write(root / "a/cpu.max", "200000 100000\n")
    assert effective_cpus(7, proc, root).limited_by == "affinity"


@pytest.mark.parametrize("mount", ["cpu", "cpu,cpuacct"])
def test_version_1_quota(tmp_path: Path, mount: str) -> None:
    proc, root = host(tmp_path, cgroup="4:memory:/m\n2:cpu,cpuacct:/limited/leaf\n0::/\n")
    write(root / mount / "limited/leaf/cpu.cfs_quota_us", "-1\n")
    write(root / mount / "limited/leaf/cpu.cfs_period_us", "100000\n")
    write(root / mount / "limited/cpu.cfs_quota_us", "50000\n")
    write(root / mount / "limited/cpu.cfs_period_us", "100000\n")
    assert effective_cpus(7, proc, root) == EffectiveCpus(0.5, 8, "quota")


def mounted(proc: Path, root: Path, shows: str) -> None:
    """The one mount of control groups, as this process's cgroup namespace tells which folder it shows."""
    write(
        proc / "self/mountinfo",
        f"31 23 0:28 / / rw - ext4 / rw\n32 31 0:29 {shows} {root} rw - cgroup2 x rw\n",
    )
    write(root / "cgroup.controllers", "cpu\n")
    write(root / "cpu.max", "300000 100000\n")
    write(root / "cpu.stat", "nr_periods 100\nnr_throttled 50\n")


@pytest.mark.parametrize(
    ("shows", "path", "below"),
    [
        ("/", "/", ""),
        ("/", "/inner", "inner"),
        ("/docker/0123abc", "/docker/0123abc", ""),
        ("/docker/0123abc", "/docker/0123abc/inner", "inner"),
        ("/docker/with\\040space", "/docker/with space", ""),
        ("/..", "/../side", "side"),
    ],
)
def test_a_group_is_found_where_its_mount_shows_it(tmp_path: Path, shows: str, path: str, below: str) -> None:
    proc, root = host(tmp_path, cgroup=f"0::{path}\n")
    mounted(proc, root, shows)
    if below:
        write(root / below / "cpu.max", "max 100000\n")
    own = [Cgroup(root / below, 2)] if below else []
    assert cpu_cgroups(proc / "7", root) == (*own, Cgroup(root, 2))
    assert not is_hidden(proc / "7", "cpu", root)
    assert effective_cpus(7, proc, root) == EffectiveCpus(3.0, 8, "quota")


@pytest.mark.parametrize(
    ("shows", "path"),
    [
        ("/", "/../other"),
        ("/", "/../../pod/other"),
        ("/", "/docker/not-mounted-here"),
        ("/docker/0123abc", "/docker/456def"),
        ("/docker/0123abc", "/docker/0123abcdef"),
        ("/docker/0123abc", "/docker"),
        ("/docker/0123abc", "/"),
        ("/docker/0123abc", "/docker/0123abc/../456def"),
        ("/..", "/"),
        ("/..", "/../../other"),
    ],
)
def test_the_quota_of_one_container_is_not_taken_for_another(tmp_path: Path, shows: str, path: str) -> None:
    clock = Clock()
    proc, root = host(tmp_path, cgroup=f"0::{path}\n")
    mounted(proc, root, shows)
    write(proc / "self/cgroup", "0::/\n" if path != "/" else "0::/own\n")
    assert cpu_cgroups(proc / "7", root) == ()
    assert is_hidden(proc / "7", "cpu", root)
    assert effective_cpus(7, proc, root) == EffectiveCpus(8.0, 8, "online")
    sampler = CoreSampler(7, clock=clock, proc=proc, cgroup_root=root)
    clock.now += 2.0
    write(root / "cpu.stat", "nr_periods 200\nnr_throttled 150\n")
    assert sampler.frame(cores_used=0.4).throttled_share is None
    assert sampler.why == QUOTA_UNKNOWN
    sampler.close()


def test_of_version_1_the_controllers_own_hierarchy_decides(tmp_path: Path) -> None:
    proc, root = host(tmp_path, cgroup="2:cpu,cpuacct:/docker/456def\n0::/\n")
    write(root / "cpu,cpuacct/cpu.cfs_quota_us", "50000\n")
    write(root / "cpu,cpuacct/cpu.cfs_period_us", "100000\n")
    write(root / "unified/cgroup.controllers", "")
    lines = (f"32 31 0:29 {shows} {root}/{name} rw - cgroup x rw\n" for shows, name in V1_MOUNTS)
    write(proc / "self/mountinfo", "".join(lines))
    assert cpu_cgroups(proc / "7", root) == (Cgroup(root / "unified", 2),)
    assert is_hidden(proc / "7", "cpu", root)
    assert effective_cpus(7, proc, root) == EffectiveCpus(8.0, 8, "online")


def test_without_control_groups_there_is_no_quota_and_a_group_of_our_own_is_doctors_affair(
    tmp_path: Path,
) -> None:
    proc, root = host(tmp_path, cgroup="")
    assert not is_hidden(proc / "7", "cpu", root)
    write(proc / "7/cgroup", "0::/a\n")
    write(proc / "self/cgroup", "0::/a\n")
    sampler = CoreSampler(7, proc=proc, cgroup_root=root)
    assert is_hidden(proc / "7", "cpu", root)
    assert sampler.why == ""
    sampler.close()


def test_a_process_that_is_gone_counts_as_unlimited(tmp_path: Path) -> None:
    proc, root = host(tmp_path)
    assert effective_cpus(8, proc, root) == EffectiveCpus(8.0, 8, "online")


def test_without_proc_the_interpreter_is_asked(tmp_path: Path) -> None:
    cpus = os.cpu_count() or 1
    assert effective_cpus(None, tmp_path, tmp_path) == EffectiveCpus(float(cpus), cpus, "online")


def test_shares_are_what_passed_since_the_reading_before(tmp_path: Path) -> None:
    proc, root = host(tmp_path)
    write(proc / "stat", proc_stat((100, 100, 0, 0), (0, 0, 0, 0)))
    sampler = CoreSampler(7, proc=proc, cgroup_root=root)
    write(proc / "stat", proc_stat((175, 115, 10, 0), (0, 50, 0, 50)))
    seen = sampler.host()
    assert seen.busy == (0.75, 0.0)
    assert seen.cores_busy == 0.75
    assert seen.steal_share == 0.25
    assert sampler.host().busy == (0.75, 0.0), "no tick has passed: the shares stay"
    sampler.close()


def test_a_core_may_go_offline_and_another_may_come(tmp_path: Path) -> None:
    proc, root = host(tmp_path)
    write(proc / "stat", proc_stat((0, 0, 0, 0), (0, 0, 0, 0), numbers=(0, 2)))
    sampler = CoreSampler(7, proc=proc, cgroup_root=root)
    write(proc / "stat", proc_stat((10, 0, 0, 0), (5, 5, 0, 0), numbers=(0, 3)))
    assert sampler.host().busy == (1.0, 0.0)
    sampler.close()


def test_many_cores_are_read_whole(tmp_path: Path) -> None:
    proc, root = host(tmp_path)
    write(proc / "stat", proc_stat(*[(10**9, 10**9, 0, 0)] * 256))
    sampler = CoreSampler(7, proc=proc, cgroup_root=root)
    assert len(sampler.host().busy) == 256
    sampler.close()


def test_frame_tells_throttling_and_pressure_of_the_subject(tmp_path: Path) -> None:
    clock = Clock()
    proc, root = host(tmp_path, cgroup="0::/limited\n")
    group = root / "limited"
    write(root / "cgroup.controllers", "cpu\n")
    write(group / "cpu.max", "50000 100000\n")
    write(group / "cpu.stat", "usage_usec 1\nnr_periods 100\nnr_throttled 10\nthrottled_usec 9\n")
    write(group / "cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\nfull total=0\n")
    sampler = CoreSampler(7, clock=clock, proc=proc, cgroup_root=root)
    clock.now += 2.0
    write(group / "cpu.stat", "usage_usec 1\nnr_periods 120\nnr_throttled 25\nthrottled_usec 9\n")
    write(group / "cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull total=0\n")
    frame = sampler.frame(cores_used=0.4)
    assert (frame.cores_effective, frame.limited_by, frame.cores_used) == (0.5, "quota", 0.4)
    assert frame.throttled_share == 0.75
    assert frame.pressure_share == 0.25
    sampler.close()


def test_frame_without_quota_was_never_throttled_and_unknown_pressure_is_none(tmp_path: Path) -> None:
    clock = Clock()
    proc, root = host(tmp_path)
    write(root / "cgroup.controllers", "cpu\n")
    sampler = CoreSampler(7, clock=clock, proc=proc, cgroup_root=root)
    clock.now += 1.0
    frame = sampler.frame(cores_used=0.0)
    assert frame.throttled_share == 0.0
    assert frame.pressure_share is None
    sampler.close()


def test_limits_that_change_are_noticed(tmp_path: Path) -> None:
    clock = Clock()
    proc, root = host(tmp_path)
    sampler = CoreSampler(7, clock=clock, proc=proc, cgroup_root=root)
    write(proc / "7/status", status("0-1"))
    clock.now += 10.0
    sampler.frame(0.0)
    clock.now += 1.0
    assert sampler.frame(0.0).cores_effective == 2.0
    sampler.close()


def test_pressure_of_a_kernel_without_psi(tmp_path: Path) -> None:
    assert pressure_us(tmp_path / "cpu.pressure") is None
    assert pressure_us(write(tmp_path / "broken", "some avg10=0.00\n")) is None


@given(st.sets(st.integers(0, 300), min_size=1))
def test_cpu_list_is_read_as_written(cpus: set[int]) -> None:
    text = ",".join(map(str, sorted(cpus)))
    assert parse_allowed(status(text)) == frozenset(cpus)


@given(st.text())
def test_parsers_survive_any_text(text: str) -> None:
    parse_allowed(text)
    parse_allowed(f"Cpus_allowed_list:{text}")
    parse_core_ticks("\n".join(line for line in text.splitlines() if not line.startswith("cpu")))


ticks = st.builds(
    CoreTicks,
    busy=st.integers(0, 10**9),
    total=st.integers(0, 10**9),
    stolen=st.one_of(st.none(), st.integers(0, 10**9)),
)


@given(st.dictionaries(st.integers(0, 8), ticks), st.dictionaries(st.integers(0, 8), ticks))
def test_shares_stay_shares_whatever_the_counters_do(
    before: dict[int, CoreTicks], after: dict[int, CoreTicks]
) -> None:
    shares = busy_between(before, after)
    assert shares.keys() == after.keys()
    assert all(share is None or 0 <= share <= 1 for share in shares.values())
    steal = steal_between(before, after)
    assert steal is None or 0 <= steal <= 1


@pytest.mark.real
def test_this_host() -> None:
    if not Path("/proc/stat").exists():
        pytest.skip("no /proc here")
    effective = effective_cpus()
    assert 0 < effective.count <= effective.cpus_online
    sampler = CoreSampler()
    shares = sampler.host().busy
    assert len(shares) == effective.cpus_online
    assert all(0 <= share <= 1 for share in shares)
    sampler.close()


def test_importing_needs_the_standard_library_alone() -> None:
    code = "import sys, gil_tui.watch.cores; print({'psutil', 'textual', 'rich'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
    )


def test_without_proc_the_shares_come_from_psutil(tmp_path: Path) -> None:
    sampler = CoreSampler(proc=tmp_path, cgroup_root=tmp_path)
    frame = sampler.frame(cores_used=0.5)
    assert frame.busy
    assert all(0 <= share <= 1 for share in frame.busy)
    assert (frame.steal_share, frame.pressure_share) == (None, None)
    sampler.close()


def test_where_proc_shows_processes_alone_the_cores_are_not_known(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()  # as with the mount option subset=pid
    seen = CoreSampler(proc=tmp_path, cgroup_root=tmp_path).frame(0.5)
    assert (seen.busy, seen.steal_share, seen.cores_used) == ((), None, 0.5)
    assert seen.cores_effective >= 1
