"""Recorded /proc and /sys/fs/cgroup trees, written as the kernel words them."""

from pathlib import Path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def proc_stat(*cores: tuple[int, int, int, int], numbers: tuple[int, ...] | None = None) -> str:
    """/proc/stat of cores given as (user, idle, iowait, steal) ticks."""
    lines = ["cpu  1 2 3 4 5 6 7 8 9 10"]
    for number, (user, idle, iowait, steal) in zip(numbers or range(len(cores)), cores, strict=True):
        lines.append(f"cpu{number} {user} 0 0 {idle} {iowait} 0 0 {steal} 0 0")
    return "\n".join([*lines, "intr 398190 0 0", "ctxt 1", "btime 1", ""])


def status(allowed: str) -> str:
    return f"Name:\tpython3\nCpus_allowed:\tff\nCpus_allowed_list:\t{allowed}\nvoluntary_ctxt_switches:\t1\n"
