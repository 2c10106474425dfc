"""A folder that all workers share, on this host; it goes with the experiment, however that ends."""

from __future__ import annotations

import os

from .. import guard
from ..failures import JobError, in_words
from ..family import read
from .base import Workload

MEMORY = ("tmpfs", "ramfs")


class InFolder(Workload):
    """A workload whose workers meet in a temporary folder."""

    @property
    def folder(self) -> str:
        """The folder's path; in `facts`, so that every worker knows it."""
        return str(self.facts["folder"])

    def prepare(self) -> None:
        """Make the folder; its name is one that the guardian of this experiment removes."""
        name = "%s-%s-%s" % (guard.SCRATCH, self.name, os.urandom(4).hex())
        folder = os.path.join(guard.TEMPORARY_FOLDER, name)
        try:
            os.mkdir(folder, 0o700)
        except OSError as error:
            raise JobError("workload", "%s needs a temporary folder: %s" % (self.name, in_words(error)))
        self.facts["folder"] = folder

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        import shutil

        if "folder" in self.facts:
            shutil.rmtree(self.folder, ignore_errors=True)

    def enter(self) -> None:
        """JobError `workload` for a worker that cannot see the folder, on another host say."""
        if not os.path.isdir(self.folder):
            where = "the host of the experiment: there is no %s here" % self.folder
            raise JobError("workload", "workers of %s must be on %s" % (self.name, where))


def in_memory(folder: str, mounts: str = "/proc/self/mounts") -> bool:
    """Whether a folder is kept in memory, where nothing waits for a disk: proc_pid_mounts(5)."""
    deepest, kind = "", ""
    for line in read(mounts).splitlines():
        fields = line.split(" ")
        point = fields[1].replace("\\040", " ") if len(fields) > 2 else ""
        inside = (folder + "/").startswith(point.rstrip("/") + "/")
        if point and inside and len(point) >= len(deepest):
            deepest, kind = point, fields[2]
    return kind in MEMORY
