"""Numbers as a person reads them: units, plurals, and one line for each piece of evidence."""

from collections.abc import Callable

from gil_tui.verdict.model import Evidence


def share(value: float) -> str:
    """A share of 1 as per cent, such as `99 %`; what is there but rounds to nothing is `0.4 %`."""
    percent = value * 100
    return f"{percent:.1f} %" if 0.05 <= abs(percent) < 0.95 else f"{percent:.0f} %"


def factor(value: float) -> str:
    """A factor, such as `1.91` or `7.9`."""
    return f"{value:.2f}" if value < 4.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def mean(value: float) -> str:
    """A mean number of threads or CPUs, such as `6.8`."""
    return f"{value:.1f}"


def seconds(value: float) -> str:
    """A time, such as `61 ms` or `2.11 s`."""
    if value < 0.0095:
        return f"{value * 1000:.1f} ms"
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 99.5 else f"{value:.0f} s"


def size(value: float) -> str:
    """A size in memory, such as `45 MB`; a megabyte is a million bytes."""
    if abs(value) < 999.5e6:
        return f"{value / 1e6:.0f} MB" if abs(value) >= 9.5e6 else f"{value / 1e6:.1f} MB"
    return f"{value / 1e9:.1f} GB"


def rate(value: float) -> str:
    """Events a second, such as `178` or `161,000`."""
    return f"{value:,.0f}" if value < 10_000 else f"{round(value, -3):,.0f}"


def number(value: float) -> str:
    """A count that may be a fraction, such as `2` or `1.5`."""
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"


def some(count: float, singular: str, plural: str = "") -> str:
    """A count with its noun, such as `1 thread` or `8 threads`; `plural` where an s will not do."""
    text = number(count)
    return f"{text} {singular if text == '1' else plural or singular + 's'}"


def verb(count: float, singular: str, plural: str) -> str:
    """The verb for a mean number shown with one decimal: `1.0 waits`, `6.8 wait`."""
    return singular if mean(count) == "1.0" else plural


def disturbed(marked: int, trials: int, of: str = "") -> str:
    """Such as `1 of 3 trials was disturbed`; `of` says whose trials they are, such as ` of #41`."""
    return f"{marked} of {some(trials, 'trial')}{of} {'was' if marked == 1 else 'were'} disturbed"


def listed(parts: list[str]) -> str:
    """Words in a row, such as `a, b and c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def cpus(effective: float) -> str:
    """The CPUs that the subject may use, such as `the 2 CPUs this process may use`."""
    amount = "the one CPU" if number(effective) == "1" else f"the {number(effective)} CPUs"
    return f"{amount} this process may use"


def cpus_busy(used: float, effective: float) -> str:
    """How far the CPUs are used, such as `the 2 CPUs this process may use are 3 % busy`."""
    verb = "is" if number(effective) == "1" else "are"
    return f"{cpus(effective)} {verb} {share(min(1.0, used / max(effective, 0.01)))} busy"


_UNITS: dict[str, Callable[[float], str]] = {
    "share": share,
    "threads": lambda value: f"{mean(value)} threads",
    "CPUs": lambda value: some(value, "CPU"),
    "x": lambda value: f"{factor(value)}x",
    "s": seconds,
    "bytes": size,
    "1/s": lambda value: f"{rate(value)}/s",
}


def amount(value: float | None, unit: str) -> str:
    """A value in one of the units of `Evidence`; `not measured` for None."""
    if value is None:
        return "not measured"
    return _UNITS[unit](value) if unit in _UNITS else f"{number(value)} {unit}".rstrip()


def evidence_text(evidence: Evidence) -> str:
    """One line, such as `GIL held 99 %` or `threads x4 speed-up 1.02x (1.00x to 1.04x)`."""
    text = f"{evidence.name} {amount(evidence.value, evidence.unit)}"
    if evidence.low is None or evidence.high is None:
        return text
    return f"{text} ({amount(evidence.low, evidence.unit)} to {amount(evidence.high, evidence.unit)})"
