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


def process_stat(
    pid: int,
    *,
    parent: int = 1,
    name: str = "python3",
    state: str = "S",
    start: int = 1000,
    cpu_ticks: int = 0,
    threads: int = 1,
    rss_pages: int = 256,
) -> str:
    """/proc/PID/stat; half of the CPU ticks are user time."""
    user, system = cpu_ticks - cpu_ticks // 2, cpu_ticks // 2
    return (
        f"{pid} ({name}) {state} {parent} {pid} {pid} 0 -1 4194560 1 2 3 4 {user} {system} 0 0 20 0"
        f" {threads} 0 {start} 99999999 {rss_pages} 18446744073709551615 1 2 3 0 0 0\n"
    )


def futex(word: int, *, operation: int = 0x189, timeout: int = 0, stack: int = 0x7FFC00000000) -> str:
    """A line of `syscall` on x86-64: blocked on a futex word."""
    arguments = (word, operation, 0, timeout, 0, 0xFFFFFFFF, stack, 0x7F0000000000)
    return " ".join(["202", *map(hex, arguments)]) + "\n"


def call(number: int, *arguments: int) -> str:
    """A line of `syscall`: blocked in another call."""
    return " ".join(
        [str(number), *map(hex, [*arguments, *[0] * 6][:6]), "0x7ffc00000000", "0x7f0000000000\n"]
    )
