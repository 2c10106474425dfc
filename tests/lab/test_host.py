import pytest

from gil_tui.lab.host import Disturbance, describe_host, marks_of
from gil_tui.watch.frames import CpuFrame


def frame(steal: float | None = 0.0, throttled: float | None = 0.0, pressure: float | None = 0.0) -> CpuFrame:
    return CpuFrame((0.5, 0.5), 2.0, "online", 0.0, steal, throttled, pressure)


@pytest.mark.parametrize(
    ("seen", "workers", "marks"),
    [
        (frame(), 1, ()),
        (frame(None, None, None), 1, ()),
        (frame(steal=0.05), 1, ("steal 5%",)),
        (frame(steal=0.01), 1, ()),
        (frame(throttled=0.3), 4, ("throttled 30% of periods",)),
        (frame(pressure=0.2), 2, ("CPU pressure 20%",)),
        (frame(pressure=0.05), 2, ()),
        (frame(pressure=0.9), 4, ()),
        (frame(0.5, 0.5, 0.5), 1, ("steal 50%", "throttled 50% of periods", "CPU pressure 50%")),
    ],
)
def test_marks_name_what_disturbed(seen: CpuFrame, workers: int, marks: tuple[str, ...]) -> None:
    assert marks_of(seen, workers, cpus_effective=2.0) == marks


def test_this_host_can_be_described() -> None:
    host = describe_host()
    assert host.cpus >= 1
    assert 0 < host.cpus_effective <= host.cpus
    assert host.cpus_limited_by
    assert host.memory_bytes > 1 << 20
    assert type(host).from_json(host.to_json()) == host


def test_disturbance_reads_this_host() -> None:
    disturbance = Disturbance(2.0)
    disturbance.begin()
    assert isinstance(disturbance.marks(1), tuple)
    disturbance.close()
