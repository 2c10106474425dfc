"""What a blocked thread waits for, read off its system call: proc_pid_syscall(5).

The line is `running`, or the call's number, six arguments, stack pointer and program counter, or `-1`
with the two pointers when the thread is blocked outside a system call (a page fault, a stop).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a system call tells: a state of the thread, or where else to look.

    `NETWORK` waits for another party: a peer, a queue, any of several descriptors. `DISK` is everything
    that works on files by name, or on memory (paging). `SLEEP` waits for time, a signal or a child, and
    is where a call goes that the table does not know, since it claims the least. `LOCK` are locks
    between processes. `FUTEX` is decided by its word, `POLL` and `SELECT` by whether there is a
    descriptor to wait on, `DESCRIPTOR` by what its first argument is open on.
    """

    NETWORK = "network"
    DISK = "disk"
    SLEEP = "sleep"
    LOCK = "lock"
    FUTEX = "futex"
    POLL = "poll"
    SELECT = "select"
    DESCRIPTOR = "descriptor"
    FCNTL = "fcntl"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Call:
    """One line: `number` is -1 outside a system call; `stack` is the stack pointer, 0 if not told."""

    number: int
    arguments: tuple[int, ...] = ()
    stack: int = 0


# Numbers on x86-64 (asm/unistd_64.h) and aarch64 (asm-generic/unistd.h); None where there is no such call.
_CALLS: dict[Kind, dict[str, tuple[int | None, int | None]]] = {
    Kind.FUTEX: {"futex": (202, 98), "futex_wait": (455, 455)},
    Kind.LOCK: {
        "flock": (73, 32),
        "semop": (65, 193),
        "semtimedop": (220, 192),
        "futex_waitv": (449, 449),
    },
    Kind.POLL: {"poll": (7, None), "ppoll": (271, 73)},
    Kind.SELECT: {"select": (23, None), "pselect6": (270, 72)},
    Kind.FCNTL: {"fcntl": (72, 25)},
    Kind.NETWORK: {
        "epoll_wait": (232, None),
        "epoll_pwait": (281, 22),
        "epoll_pwait2": (441, 441),
        "io_uring_enter": (426, 426),
        "connect": (42, 203),
        "accept": (43, 202),
        "accept4": (288, 242),
        "sendto": (44, 206),
        "recvfrom": (45, 207),
        "sendmsg": (46, 211),
        "recvmsg": (47, 212),
        "sendmmsg": (307, 269),
        "recvmmsg": (299, 243),
        "mq_timedsend": (242, 182),
        "mq_timedreceive": (243, 183),
        "msgsnd": (69, 189),
        "msgrcv": (70, 188),
    },
    Kind.DESCRIPTOR: {
        "read": (0, 63),
        "write": (1, 64),
        "readv": (19, 65),
        "writev": (20, 66),
        "preadv2": (327, 286),
        "pwritev2": (328, 287),
        "sendfile": (40, 71),
        "splice": (275, 76),
        "ioctl": (16, 29),
        "close": (3, 57),
    },
    Kind.SLEEP: {
        "nanosleep": (35, 101),
        "clock_nanosleep": (230, 115),
        "pause": (34, None),
        "rt_sigtimedwait": (128, 137),
        "rt_sigsuspend": (130, 133),
        "wait4": (61, 260),
        "waitid": (247, 95),
        "vfork": (58, None),
        "clone": (56, 220),
        "clone3": (435, 435),
    },
    Kind.DISK: {
        "pread64": (17, 67),
        "pwrite64": (18, 68),
        "preadv": (295, 69),
        "pwritev": (296, 70),
        "open": (2, None),
        "openat": (257, 56),
        "openat2": (437, 437),
        "creat": (85, None),
        "stat": (4, None),
        "fstat": (5, 80),
        "lstat": (6, None),
        "newfstatat": (262, 79),
        "statx": (332, 291),
        "statfs": (137, 43),
        "fstatfs": (138, 44),
        "access": (21, None),
        "faccessat": (269, 48),
        "faccessat2": (439, 439),
        "lseek": (8, 62),
        "readlink": (89, None),
        "readlinkat": (267, 78),
        "getdents": (78, None),
        "getdents64": (217, 61),
        "rename": (82, None),
        "renameat": (264, 38),
        "renameat2": (316, 276),
        "unlink": (87, None),
        "unlinkat": (263, 35),
        "mkdir": (83, None),
        "mkdirat": (258, 34),
        "rmdir": (84, None),
        "link": (86, None),
        "linkat": (265, 37),
        "symlink": (88, None),
        "symlinkat": (266, 36),
        "truncate": (76, 45),
        "ftruncate": (77, 46),
        "fallocate": (285, 47),
        "fsync": (74, 82),
        "fdatasync": (75, 83),
        "sync": (162, 81),
        "syncfs": (306, 267),
        "sync_file_range": (277, 84),
        "copy_file_range": (326, 285),
        "readahead": (187, 213),
        "fadvise64": (221, 223),
        "execve": (59, 221),
        "mmap": (9, 222),
        "munmap": (11, 215),
        "mprotect": (10, 226),
        "mremap": (25, 216),
        "madvise": (28, 233),
        "msync": (26, 227),
        "mlock": (149, 228),
        "brk": (12, 214),
    },
}

_WAITING_FOR_A_FILE_LOCK = {7, 38}  # F_SETLKW, F_OFD_SETLKW: the same on both architectures

_NOT_FILES = ("socket:", "pipe:", "anon_inode:", "/dev/pts/", "/dev/tty", "/dev/ptmx", "/dev/console")


def call_table(machine: str) -> dict[int, Kind]:
    """Number of a system call to its kind, for `x86_64` or `aarch64`; empty for other machines."""
    column = {"x86_64": 0, "aarch64": 1}.get(machine)
    if column is None:
        return {}
    return {
        number: kind
        for kind, calls in _CALLS.items()
        for numbers in calls.values()
        if (number := numbers[column]) is not None
    }


def parse_call(line: bytes) -> Call | None:
    """The call of a blocked thread; None while it runs or is runnable, or for a line of another form."""
    words = line.split()
    try:
        number = int(words[0])
        values = [int(word, 16) for word in words[1:]]
    except (ValueError, IndexError):
        return None
    if len(values) == 8:
        return Call(number, tuple(values[:6]), values[6])
    return Call(-1) if number == -1 else None


def call_kind(call: Call, table: Mapping[int, Kind]) -> Kind:
    """What the call tells by itself: a state of the thread, `FUTEX`, `DESCRIPTOR` or `FAULT`."""
    if call.number == -1:
        return Kind.FAULT
    kind = table.get(call.number, Kind.SLEEP)
    if kind is Kind.POLL:
        return Kind.NETWORK if call.arguments[1] else Kind.SLEEP
    if kind is Kind.SELECT:
        return Kind.NETWORK if call.arguments[0] else Kind.SLEEP
    if kind is Kind.FCNTL:
        return Kind.LOCK if call.arguments[1] in _WAITING_FOR_A_FILE_LOCK else Kind.DISK
    return kind


def descriptor_kind(link: str) -> Kind:
    """What a wait on a descriptor is, by where `/proc/PID/fd/N` points.

    Sockets, and what stands for another party (pipes, terminals, event descriptors), are network; a
    timer is sleep; a file is disk. An unreadable link (empty) is network: a thread is rarely long in a
    read of a file, and often in one of a socket.
    """
    if link.startswith("anon_inode:") and "timerfd" in link:
        return Kind.SLEEP
    if not link or link.startswith(_NOT_FILES):
        return Kind.NETWORK
    return Kind.DISK
