"""Hosts and programs whose truth is known: trials of a sweep as they would have come out there."""

import math
import random
import statistics
from collections.abc import Callable
from functools import cache

ROUNDS = 12
"""Trials that a sweep makes of an experiment at most."""

Noise = Callable[[random.Random, float], float]
"""The logarithm of what chance does to one trial; its second argument is how much, about the deviation."""


def heavy(source: random.Random, spread: float) -> float:
    """Student's t with two degrees of freedom: one trial in ten is over three spreads off."""
    return spread * source.gauss(0, 1) / math.sqrt(source.expovariate(1))


def bimodal(source: random.Random, spread: float) -> float:
    """A third of the trials takes three spreads longer."""
    return 0.3 * spread * source.gauss(0, 1) + 3 * spread * (source.random() < 0.35)


def skewed(source: random.Random, spread: float) -> float:
    """A floor that no trial is below, and a long tail."""
    return math.log1p(spread * math.expm1(source.gauss(0, 1)))


NOISES: dict[str, Noise] = {
    "normal": lambda source, spread: math.log(max(0.01, source.gauss(1, spread))),
    "lognormal": lambda source, spread: source.gauss(0, spread),
    "skewed": skewed,
    "bimodal": bimodal,
    "heavy tails": heavy,
}


def steady(source: random.Random, amount: float) -> list[float]:
    """The host stays as it is."""
    return [0.0] * ROUNDS


def slowing(source: random.Random, amount: float) -> list[float]:
    """It slows down evenly, by `amount` from the first round to the last."""
    return [amount * (round_ / (ROUNDS - 1) - 0.5) for round_ in range(ROUNDS)]


def wandering(source: random.Random, amount: float) -> list[float]:
    """It gets slower and faster again (autoregressive, 0.8 from round to round)."""
    path = [source.gauss(0, 1)]
    while len(path) < ROUNDS:
        path.append(0.8 * path[-1] + 0.6 * source.gauss(0, 1))
    return [amount / 2 * step for step in path]


HOSTS = {"steady": steady, "slowing": slowing, "wandering": wandering}


def trials(source: random.Random, noise: str, spread: float, host: list[float]) -> list[float]:
    """Wall times of one experiment, a trial a round, about 1 s each."""
    return [math.exp(NOISES[noise](source, spread) + slow) for slow in host]


@cache
def true_median(noise: str, spread: float) -> float:
    """The median of infinitely many trials on a steady host."""
    source = random.Random(1)
    return math.exp(statistics.median(NOISES[noise](source, spread) for _ in range(200_001)))
