"""Sizes and numbers of tasks, against a clock that is made up."""

import pytest

from gil_tui.bench import calibrate as module
from gil_tui.bench.calibrate import SEQUENTIAL_LIMIT_S, TASKS_AT_MOST, calibrate, tasks_for
from gil_tui.bench.spec import TASK_TARGET_S, TASKS_PER_WORKER, TRIAL_TARGET_S, Experiment, Job


class Task:
    """A task of so many seconds a unit of size, the first one slower by `cold_s`."""

    def __init__(
        self, unit_s: float, *, cold_s: float = 0.0, fixed_s: float = 0.0, checksums: int = 1
    ) -> None:
        self.unit_s, self.cold_s, self.fixed_s, self.checksums = unit_s, cold_s, fixed_s, checksums
        self.sizes: list[int] = []
        self.now_s = 0.0

    def __call__(self, size: int) -> tuple[float, int]:
        took_s = size * self.unit_s + self.fixed_s + (0 if self.sizes else self.cold_s)
        self.sizes.append(size)
        self.now_s += took_s
        return took_s, len(self.sizes) % self.checksums

    def monotonic(self) -> float:
        return self.now_s


def job(**fields: float | int | None) -> Job:
    experiment = {name: fields.pop(name) for name in ("size", "tasks") if name in fields}
    return Job("calibrate", Experiment("w", "sequential", **experiment), 0, 0, **fields)  # type: ignore[arg-type]


def calibrated(
    task: Task, monkeypatch: pytest.MonkeyPatch, **fields: float | int | None
) -> dict[str, object]:
    monkeypatch.setattr(module, "time", task)
    return dict(calibrate(job(**fields), task))


@pytest.mark.parametrize("unit_s", [3e-8, 1e-6, 7e-4, 0.011])
def test_a_task_lasts_about_as_long_as_it_should(unit_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    found = calibrated(Task(unit_s, cold_s=0.3), monkeypatch)
    assert found["task_s"] == pytest.approx(TASK_TARGET_S, rel=0.5)
    assert found["task_s"] == pytest.approx(found["size"] * unit_s)  # type: ignore[operator]
    assert found["deterministic"] is True


def test_sizes_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    size = calibrated(Task(2.718e-7), monkeypatch)["size"]
    assert str(size).rstrip("0") in ("73", "74")


def test_a_slow_function_is_called_twice_and_once_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(5.0)
    found = calibrated(task, monkeypatch, max_workers=4)
    assert task.sizes == [1, 1]
    assert (found["size"], found["tasks"], found["task_s"]) == (1, 4, 5.0)


def test_what_is_given_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(1e-4)
    found = calibrated(task, monkeypatch, size=7, tasks=13)
    assert set(task.sizes) == {7}
    assert (found["size"], found["tasks"]) == (7, 13)


def test_warm_up_takes_as_long_as_it_was_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(0.001)
    calibrated(task, monkeypatch, warmup_s=1.0)
    assert task.now_s > 1.0


def test_results_that_differ_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert calibrated(Task(0.02, checksums=2), monkeypatch)["deterministic"] is False


def test_a_size_that_changes_nothing_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    found = calibrated(Task(0.0, fixed_s=1e-5), monkeypatch)
    assert isinstance(found["size"], int)


@pytest.mark.parametrize("max_workers", [1, 2, 3, 8, 64, 1000])
@pytest.mark.parametrize("task_s", [0.0, 1e-6, 0.001, 0.020, 0.5, 60.0])
def test_tasks(task_s: float, max_workers: int) -> None:
    tasks = tasks_for(task_s, max_workers)
    each = tasks // max_workers
    assert tasks == each * max_workers
    assert each >= 1
    assert tasks <= max(TASKS_AT_MOST, max_workers)
    if tasks < TASKS_AT_MOST / 2:
        assert each * task_s >= TRIAL_TARGET_S or each >= TASKS_PER_WORKER
    if each > TASKS_PER_WORKER:
        assert (each - 1) * task_s < TRIAL_TARGET_S
    elif each * task_s > 2 * TRIAL_TARGET_S and each > 1:
        assert tasks * task_s <= SEQUENTIAL_LIMIT_S * 1.01


def test_the_usual_task_gets_ten_a_worker() -> None:
    assert tasks_for(TASK_TARGET_S, 4) == 4 * TASKS_PER_WORKER


def test_a_workload_may_limit_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    for most in (1, 3):
        task = Task(0.001)
        monkeypatch.setattr(module, "time", task)
        found = calibrate(job(max_workers=2), task, most)
        assert (found["size"], max(task.sizes)) == (most, most)
        assert found["tasks"] == 2 * 100 // most + (2 if 100 % most else 0)
    assert calibrate(job(size=8), Task(0.001), 1)["size"] == 8


def test_a_call_costs_what_its_best_task_took(monkeypatch: pytest.MonkeyPatch) -> None:
    class Noisy(Task):
        def __call__(self, size: int) -> tuple[float, int]:
            took_s, checksum = super().__call__(size)
            return took_s * (1 + len(self.sizes) % 3), checksum

    found = calibrated(Noisy(1e-6), monkeypatch, size=5000)
    assert found["call_s"] == pytest.approx(1e-6)
    assert found["call_repeats"] == 5
    assert found["task_s"] == pytest.approx(5000 * 2e-6)


def test_what_takes_long_is_timed_once_and_that_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = calibrated(Task(5.0), monkeypatch)
    assert (found["call_s"], found["call_repeats"]) == (5.0, 1)
