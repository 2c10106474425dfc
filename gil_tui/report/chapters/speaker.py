"""How the chapters speak: their own words, those of a verdict, figures and dates, in one language."""

from collections.abc import Sequence
from datetime import datetime

from gil_tui.history.rows import python_label
from gil_tui.lab.records import Run
from gil_tui.language import Language
from gil_tui.report.document import English
from gil_tui.text import clean
from gil_tui.verdict.model import Verdict
from gil_tui.verdict.statistics import Interval
from gil_tui.verdict.words import amount


class Speaker:
    """One language, with what the chapters say in it."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.say = language.say
        self.some = language.some
        self.figure = language.figure

    def words(self, english: str) -> str:
        """Words of a verdict; marked as English where this language has none for them."""
        english = clean(english)
        own = self.language.sentence(english)
        return English(english) if own is None else own

    def joined(self, texts: list[str], separator: str = "") -> str:
        """Several texts as one, which is marked as English when any of them is; between them a semicolon."""
        joined = (separator or ("\u00a0; " if self.language.code == "fr" else "; ")).join(texts)
        return English(joined) if any(isinstance(text, English) for text in texts) else joined

    def amount(self, value: float | None, unit: str) -> str:
        """A value with its unit; units that are words are translated."""
        if value is None:
            return self.say("not measured")
        return self.words(amount(value, unit))

    def interval(self, interval: Interval | None, unit: str) -> str:
        """Such as `1.91x (1.88x to 1.95x)`; a single trial has no interval."""
        if interval is None:
            return self.say("not measured")
        median = self.amount(interval.median, unit)
        if interval.level <= 0:
            return median
        return self.say(
            "{median} ({low} to {high})",
            median=median,
            low=self.amount(interval.low, unit),
            high=self.amount(interval.high, unit),
        )

    def subject(self, run: Run) -> str:
        """The work and the interpreter: `countdown on Python 3.13.2, size 1,000, 40 tasks`."""
        experiment = run.experiment
        workload, python = clean(experiment.workload), clean(python_label(run))
        parts = [self.say("{workload} on Python {python}", workload=workload, python=python)]
        if experiment.size is not None:
            parts.append(self.say("size {size}", size=self.figure(f"{experiment.size:,}")))
        if experiment.tasks is not None:
            parts.append(self.some("{count} task", "{count} tasks", experiment.tasks))
        if experiment.switch_interval_s is not None:
            interval = self.amount(experiment.switch_interval_s, "s")
            parts.append(self.say("switch interval {time}", time=interval))
        parts += [f"{clean(name)}={clean(str(value))}" for name, value in experiment.knobs]
        return ", ".join(parts)

    def subjects(self, runs: Sequence[Run]) -> str:
        """What the runs are of: the work of the first, or the names of several."""
        names = dict.fromkeys(clean(run.experiment.workload) for run in runs)
        return self.subject(runs[0]) if len(names) == 1 else ", ".join(names)

    def moment(self, created_at: str) -> str:
        """Date and time as written in this language, in the reader's time zone."""
        try:
            found = datetime.fromisoformat(created_at).astimezone()
        except ValueError:
            return clean(created_at)
        return found.strftime("%d/%m/%Y %H:%M" if self.language.code == "fr" else "%Y-%m-%d %H:%M")

    def sure(self, verdict: Verdict) -> str:
        """How sure a verdict is, in words and as the figure."""
        if verdict.code == "unsure" or not verdict.confidence:
            return self.say("undecided")
        level = self.say("a first indication")
        if verdict.confidence >= 0.9:
            level = self.say("very sure")
        elif verdict.confidence >= 0.75:
            level = self.say("fairly sure")
        return f"{level} ({self.figure(f'{verdict.confidence:.2f}')})"


def run_name(run: Run) -> str:
    """What a run is called, on one line: `#41 threads x4`."""
    name = run.experiment.label if run.id is None else f"#{run.id} {run.experiment.label}"
    return clean(name).replace(" ", "\u00a0")
