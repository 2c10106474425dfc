"""Which law a speed-up curve follows: constant, roofline, Amdahl or USL, or none that may be trusted."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gil_tui.verdict.least_squares import Points, fit_rational, rational
from gil_tui.verdict.scaling import usl_of

RESIDUAL_SHARE = 0.05
RESIDUAL_CVS = 3
"""A fit is refused that misses a count by more than both: 5 %, and 3 coefficients of variation."""
PERFECT = 1e-6
"""Smallest spread of the logarithms that is believed: data without noise have no likelihood."""
COEFFICIENTS = {"constant": 1, "roofline": 2, "amdahl": 2, "usl": 3}
"""In order of simplicity."""
CURVE_STEP = 1.15

Curve = Mapping[int, Sequence[float]]
"""Speed-ups of the trials by worker count."""


@dataclass(frozen=True, slots=True)
class Law:
    """One law fitted to a curve.

    `parameters` are `gamma` (speed-up of one worker) and, by `model`: roofline `ceiling` (None where none
    was reached), amdahl `sigma`, usl `sigma` and `kappa`. `residual_share` is how far it misses the median of
    the count that it misses most. `aicc` is of the logarithms (Hurvich and Tsai 1989). `refused` says why it
    is not to be trusted, None where it may be. `peak` is the count from which more workers carry less.
    """

    model: str
    parameters: Mapping[str, float | None]
    residual_share: float
    aicc: float
    refused: str | None = None
    peak: float | None = None

    def speedup(self, workers: float) -> float:
        """The speed-up of so many workers by this law."""
        get = self.parameters.get
        gamma = get("gamma") or 0.0
        if self.model == "constant":
            return gamma
        if self.model == "roofline":
            ceiling = get("ceiling")
            return min(gamma * workers, math.inf if ceiling is None else ceiling)
        sigma, kappa = get("sigma") or 0.0, get("kappa") or 0.0
        return rational((1 / gamma, sigma / gamma, kappa / gamma), workers)

    def enough(self, most: int, share: float = 0.95) -> int:
        """The smallest count up to `most` whose speed-up is within `share` of the best up to there."""
        speedups = [self.speedup(count) for count in range(1, most + 1)]
        reach = share * max(speedups)
        return next(number for number, speedup in enumerate(speedups, 1) if speedup >= reach)

    def to_json(self, executor: str, most: int) -> dict[str, Any]:
        """As an entry of `Sweep.fits`, its curve drawn up to `most` workers."""
        return {
            "executor": executor,
            "model": self.model,
            "parameters": dict(self.parameters),
            "residual_share": self.residual_share,
            "aicc": self.aicc if math.isfinite(self.aicc) else None,
            "refused": self.refused,
            "peak": self.peak,
            "curve": [[count, self.speedup(count)] for count in curve_counts(most)],
        }


def fit_laws(curve: Curve) -> tuple[Law, ...]:
    """The laws that these speed-ups can tell, best first; none for fewer than three counts.

    Each trial is one observation: all errors are of the logarithm, so that 5 % count alike on every count. A
    law needs one count more than it has coefficients: else it fits whatever was measured.
    """
    measured = {count: values for count, values in sorted(curve.items()) if values}
    points = [(float(count), value) for count, values in measured.items() for value in values]
    cv = _cv(measured)
    laws = [
        _fitted(model, points, measured, cv)
        for model, coefficients in COEFFICIENTS.items()
        if len(measured) > max(2, coefficients)
    ]
    return tuple(sorted(laws, key=lambda law: law.aicc))


def curve_counts(most: int) -> list[int]:
    """Worker counts at which a curve is drawn: every one up to 16, then fewer."""
    counts = list(range(1, min(most, 16) + 1))
    while counts and counts[-1] < most:
        counts.append(min(most, max(counts[-1] + 1, round(counts[-1] * CURVE_STEP))))
    return counts


def _fitted(model: str, points: Points, measured: Curve, cv: float) -> Law:
    parameters, peak = _FITS[model](points)
    law = Law(model, parameters, 0.0, 0.0, None, peak)
    misses = {n: abs(law.speedup(n) / statistics.median(values) - 1) for n, values in measured.items()}
    worst = max(misses, key=lambda count: misses[count])
    allowed = max(RESIDUAL_SHARE, RESIDUAL_CVS * cv)
    refused = None
    if misses[worst] > allowed:
        refused = f"{worst} workers are {misses[worst]:.0%} off, at most {allowed:.0%} is noise"
    squares = math.fsum(math.log(x / law.speedup(n)) ** 2 for n, x in points)
    return Law(model, parameters, misses[worst], _aicc(squares, len(points), model), refused, peak)


def _aicc(squares: float, n: int, model: str) -> float:
    """Akaike's criterion with Hurvich and Tsai's correction; the spread is a parameter too."""
    k = COEFFICIENTS[model] + 1
    fit = n * math.log(max(squares / n, PERFECT**2)) + 2 * k
    return fit + 2 * k * (k + 1) / (n - k - 1) if n > k + 1 else math.inf


def _cv(measured: Curve) -> float:
    """Coefficient of variation within the counts, pooled; 0 where no count has two trials."""
    logs = [[math.log(value) for value in values] for values in measured.values() if len(values) > 1]
    freedom = sum(len(values) - 1 for values in logs)
    squares = sum((x - statistics.fmean(values)) ** 2 for values in logs for x in values)
    return math.sqrt(squares / freedom) if freedom else 0.0


_Fit = tuple[dict[str, float | None], float | None]


def _constant(points: Points) -> _Fit:
    return {"gamma": _log_mean([x for _, x in points])}, None


def _amdahl(points: Points) -> _Fit:
    law = usl_of(fit_rational(points, quadratic=False, log=True))
    return {"gamma": law.gamma, "sigma": law.sigma}, None


def _usl(points: Points) -> _Fit:
    law = usl_of(fit_rational(points, quadratic=True, log=True))
    return {"gamma": law.gamma, "sigma": law.sigma, "kappa": law.kappa}, law.peak


def _roofline(points: Points) -> _Fit:
    """min(gamma n, ceiling): the knee lies between two counts or on one; all cases are tried."""
    counts = sorted({n for n, _ in points})
    tried: list[tuple[float, float, float]] = []
    for n in counts:
        gamma = _log_mean([x / min(m, n) for m, x in points])
        tried.append((_squares(points, gamma, gamma * n), gamma, gamma * n))
        if n < counts[-1]:
            gamma = _log_mean([x / m for m, x in points if m <= n])
            ceiling = _log_mean([x for m, x in points if m > n])
            tried.append((_squares(points, gamma, ceiling), gamma, ceiling))
    _, gamma, ceiling = min(tried)
    reached = ceiling < gamma * counts[-1] * (1 - PERFECT)
    return {"gamma": gamma, "ceiling": ceiling if reached else None}, None


def _squares(points: Points, gamma: float, ceiling: float) -> float:
    return math.fsum(math.log(x / min(gamma * n, ceiling)) ** 2 for n, x in points)


def _log_mean(values: Sequence[float]) -> float:
    return math.exp(math.fsum(map(math.log, values)) / len(values))


_FITS = {"constant": _constant, "roofline": _roofline, "amdahl": _amdahl, "usl": _usl}
