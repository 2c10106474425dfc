import pytest

from gil_tui.history import History
from tests.history.samples import a_failed_trial, a_run, finished


@pytest.fixture
def kept_runs() -> list[int]:
    """Three runs in this test's own history: two done, one failed; returns their numbers."""
    with History.open() as history:
        done = [a_run(workers=workers) for workers in (1, 4)]
        ids = []
        for run in done:
            run_id = history.add_run(run)
            history.finish_run(finished(run.with_id(run_id)))
            ids.append(run_id)
        trial = a_failed_trial()
        ids.append(
            history.add_run(
                a_run(workload="[red]shop.py:render", status="failed", trials=(trial,), failure=trial.failure)
            )
        )
    return ids
