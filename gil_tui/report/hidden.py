"""What is hidden of a record, by whichever way it is shown: host, user, folders, arguments and output.

The report (`report/redact.py`) and the screen's mask (`tui/mask.py`) both work by these rules. Names of
functions, modules and files (without their folders) stay, and so do figures.
"""

import contextlib
import getpass
import os
import platform
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gil_tui.text import short_command

HIDDEN = "[hidden]"
AS_THEY_ARE = (
    frozenset(
        ("schema", "status", "executor", "code", "model", "limit", "by", "unit", "start_method", "kind")
    )
    | frozenset(
        (
            "implementation",
            "version",
            "created_at",
            "system",
            "machine",
            "cpus_limited_by",
            "memory_limited_by",
        )
    )
    | frozenset(("id", "sweep_id", "title"))
)
"""Fields whose words are gil-tui's own, or the person's for this very report."""
PRINTED = frozenset(("stdout", "stderr", "traceback", "command", "cmdline"))
"""What a program printed, or was started with, can hold anything."""

_ABSOLUTE = re.compile(r"(?<![\w.…)])(?:~[\w.-]*)?/(?:[^\s/:;,'\"`<>|()\[\]]+/)*(?=[^\s/:;,'\"`<>|()\[\]]|$)")
_PYTHON = re.compile(r"python|pypy")
_GOES_ON = re.compile(r"(?<!\S)[^\s/-][^\s]*/")
_ADDRESS = re.compile(r"\b\w+://[^\s/'\"]+")


def own_names() -> list[str]:
    """Names of this user, home folder and host; `root` says nothing of whose it is."""
    names = [*names_of_host(platform.node()), Path.home().name]
    names += [os.environ[name] for name in ("USER", "LOGNAME", "SUDO_USER") if os.environ.get(name)]
    with contextlib.suppress(KeyError, OSError):  # a user id without a name, as in a container
        names.append(getpass.getuser())
    return [name for name in dict.fromkeys(names) if name not in ("", "root")]


def names_of_host(name: str) -> list[str]:
    """Full and short."""
    return [name, name.partition(".")[0]]


def hidden_command(command: str) -> str:
    """A command line without the folder and the arguments of its program.

    All of it is hidden where the first word may be but the beginning of a folder's name with a space in it.
    """
    program, space, arguments = short_command(command).partition(" ")
    if command.startswith("/") and not _PYTHON.match(program) and _GOES_ON.search(arguments):
        return HIDDEN
    return f"{program}{space}{HIDDEN if arguments else ''}"


def _folder(folder: str) -> str:
    """What finds a folder in a text: before a file's name, and by itself where it cannot be a mere word."""
    name = re.escape(folder.rstrip("/"))
    return rf"{name}(?:/|(?!\.?[\w-]))" if "/" in folder.rstrip("/") else re.escape(folder)


class Hidden:
    """Knows what is to be hidden, and writes documents without it.

    `labels` are what stands for some texts as a whole, such as a path for which its name would not do,
    `word` stands for what is hidden.
    """

    def __init__(
        self,
        folders: Iterable[str],
        names: Iterable[str],
        labels: Mapping[str, str] | None = None,
        word: str = HIDDEN,
    ) -> None:
        self._word = word
        self._labels = dict(labels or {})
        whole = "|".join(re.escape(one) for one in sorted(self._labels, key=len, reverse=True) if one)
        self._whole = re.compile(rf"(?<![\w./-])(?:{whole})(?![\w./-])") if whole else None
        known = sorted({one for one in folders if len(one) > 1}, key=len, reverse=True)
        self._folders = re.compile("|".join(map(_folder, known))) if known else None
        words = sorted({name for name in names if name}, key=len, reverse=True)
        spelled = "|".join(map(re.escape, words))
        self._names = re.compile(rf"(?<![\w])(?:{spelled})(?![\w])", re.IGNORECASE) if words else None

    def of(self, value: Any, field: str = "") -> Any:
        """The same without what is to be hidden; `field` is the name under which the value stands."""
        if isinstance(value, Mapping):
            return {self._key(name, field): self._member(name, item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(item, field) for item in value]
        return value if field in AS_THEY_ARE or not isinstance(value, str) else self.text(value)

    def _key(self, name: str, field: str) -> str:
        """Names of fields stay; those of figures and knobs are the workload's own words."""
        return self.text(name) if field in ("figures", "knobs") else name

    def _member(self, name: str, item: Any) -> Any:
        if name == "host" and isinstance(item, Mapping):
            return {key: self.of(value, key) for key, value in item.items()} | {"name": self._word}
        if name == "knobs" and isinstance(item, Mapping):
            return {key: self._word if isinstance(value, str) else value for key, value in item.items()}
        if name in PRINTED or name == "cluster":
            return self._word if item else item
        return self.of(item, name)

    def text(self, text: str) -> str:
        """The text without folders, addresses and names."""
        if self._whole:
            text = self._whole.sub(lambda found: self._labels[found[0]], text)
        if self._folders:
            text = self._folders.sub(lambda found: "…/" if found[0].endswith("/") else "…", text)
        text = _ABSOLUTE.sub("…/", _ADDRESS.sub(self._word, text))
        return self._names.sub(self._word, text) if self._names else text
