"""Memory that is left: of the host, and within control groups of both versions."""

from pathlib import Path

import pytest

from gil_tui.lab.memory import AvailableMemory, available_memory

GIB = 1 << 30


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def host(tmp_path: Path, cgroup: str, groups: dict[str, str]) -> AvailableMemory | None:
    meminfo = "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 8388608 kB\n"
    write(tmp_path / "proc", {"meminfo": meminfo, "self/cgroup": cgroup})
    write(tmp_path / "cgroup", groups)
    return available_memory(tmp_path / "proc", tmp_path / "cgroup")


def test_the_host_alone(tmp_path: Path) -> None:
    groups = {"cgroup.controllers": "memory", "app/memory.max": "max\n", "app/memory.current": "1\n"}
    assert host(tmp_path, "0::/app\n", groups) == AvailableMemory(8 * GIB, "host")


def test_the_tightest_group_on_the_way_up_and_files_that_can_be_dropped(tmp_path: Path) -> None:
    groups = {
        "cgroup.controllers": "memory",
        "a/memory.max": f"{4 * GIB}\n",
        "a/memory.current": f"{3 * GIB}\n",
        "a/memory.stat": f"anon 7\ninactive_file {GIB}\nactive_file 9\n",
        "a/b/memory.max": f"{9 * GIB}\n",
        "a/b/memory.current": "0\n",
    }
    assert host(tmp_path, "0::/a/b\n", groups) == AvailableMemory(2 * GIB, "cgroup")


def test_version_1(tmp_path: Path) -> None:
    groups = {
        "memory/app/memory.limit_in_bytes": f"{2 * GIB}\n",
        "memory/app/memory.usage_in_bytes": f"{GIB}\n",
        "memory/app/memory.stat": "total_inactive_file 0\n",
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
        "memory/memory.usage_in_bytes": "5\n",
    }
    assert host(tmp_path, "4:memory:/app\n2:cpu,cpuacct:/app\n", groups) == AvailableMemory(GIB, "cgroup")


@pytest.mark.parametrize("used", [2 * GIB, 3 * GIB])
def test_a_full_group_leaves_nothing(tmp_path: Path, used: int) -> None:
    groups = {
        "cgroup.controllers": "memory",
        "app/memory.max": f"{2 * GIB}\n",
        "app/memory.current": f"{used}\n",
    }
    assert host(tmp_path, "0::/app\n", groups) == AvailableMemory(0, "cgroup")


def test_where_the_kernel_does_not_tell(tmp_path: Path) -> None:
    assert available_memory(tmp_path, tmp_path) is None
