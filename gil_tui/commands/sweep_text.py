"""What `run` prints of a sweep."""

from gil_tui.report.judgement import verdict_line
from gil_tui.report.sweep import failed_runs, failure_lines, sweep_lines

__all__ = ["failed_runs", "failure_lines", "sweep_lines", "verdict_line"]
