"""Why something cannot be chosen, or set so, is said in French."""

import pytest

from gil_tui.bench.workloads import catalogue
from gil_tui.bench.workloads.base import Workload
from gil_tui.language import language_called

NEEDS = (
    "numpy",
    "numpy and pandas",
    "Python 3.14 or newer",
    "a C compiler",
    "Python.h in /opt/python/include",
    "the module sqlite3, which this Python was built without",
    "the module ctypes, which this Python was built without",
    "ctypes.PyDLL, which PyPy does not have",
)
REMEDIES = (
    "install Python 3.14 anew with its header files",
    "sudo apt-get install libffi-dev, then build this Python again",
    "use loop_c_released there",
)
COMMAND = "/usr/bin/python3 -m venv ~/gil-tui-3.11 && ~/gil-tui-3.11/bin/pip install numpy"
SET = (
    "size 0 is not possible: allowed is 1 or more",
    "tasks 200000 is not possible: allowed is 1 to 100000 (each one's latency and checksum are kept)",
    "repeats 2000 is not possible: allowed is 1 to 1000 (each one is a fresh process)",
    "timeout -1 s is not possible: it must be above 0",
    "switch interval 0 s is not possible: it must be above 0",
    "knob level takes a whole number from 0 on, not 'nine times'",
    "knob lines takes a whole number (order lines) from 0 on, not 'many'",
    "knob latency_ms takes a number (ms) from 0 on, not '-3'",
    "knob fsync takes yes or no, not 'perhaps'",
)
FRENCH = language_called("fr")


@pytest.mark.parametrize("text", [*(f"needs {one}" for one in NEEDS), *REMEDIES, *SET])
def test_it_is_said_in_french(text: str) -> None:
    said = FRENCH.sentence(text)
    assert said is not None
    assert said != text
    assert " is " not in said and "needs" not in said


def test_what_was_left_out_is_said_with_its_reason() -> None:
    gcc = "sudo apt-get install gcc libc6-dev"
    lacks = ((NEEDS[3], gcc), (NEEDS[4], gcc), (NEEDS[4], REMEDIES[0]), (NEEDS[5], REMEDIES[1]))
    for need, remedy in (*lacks, (NEEDS[6], REMEDIES[1]), (NEEDS[7], REMEDIES[2])):
        said = FRENCH.sentence(f"loop_c_held needs {need}: {remedy}")
        assert said is not None and said.startswith("loop_c_held demande")
        assert "needs" not in said


@pytest.mark.parametrize("workload", catalogue(), ids=lambda workload: workload.name)
def test_the_unit_of_a_size_is_said_with_its_time(workload: type[Workload]) -> None:
    said = FRENCH.sentence(f"one unit of size (of {workload.size_unit}): 29 ns, best of 5")
    assert said is not None
    assert f"({FRENCH.say(workload.size_unit)})" in said


def test_a_command_stays_what_is_typed() -> None:
    assert FRENCH.sentence(COMMAND) in (None, COMMAND)
