import pytest

from gil_tui.lab.host import Disturbance, describe_host, marks_of
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
    ],
)
def test_marks_name_what_disturbed(seen: CpuFrame, own_cores: float, marks: tuple[str, ...]) -> None:
    assert marks_of(seen, own_cores, cpus=2) == marks


def test_several_disturbances_are_all_named() -> None:
    assert len(marks_of(frame(0.5, 0.5, 0.5, (1.0, 1.0)), 0.5, cpus=2)) == 3


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
