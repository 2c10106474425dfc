"""How sure a verdict is: a heuristic from 0 to 1, not a probability.

Two things are known about a verdict: how far its numbers lie from the thresholds that decided it, and on
how many samples or trials they rest. `certainty` turns the first into 0.5 (on the threshold: a coin) to
1.0 (far from it); `of_samples` and `of_trials` turn the second into a factor that nears 1 only with many.
Their product never exceeds `CEILING`, and little data never gives much: 30 samples at most 0.75, one
trial at most 0.67.
"""

CEILING = 0.99
SAMPLES_HALF = 10
TRIALS_HALF = 0.5


def certainty(value: float, threshold: float, span: float) -> float:
    """From 0.5 on the threshold to 1.0 at `span` or more from it, on either side."""
    return 0.5 + 0.5 * min(1.0, abs(value - threshold) / span)


def of_samples(samples: float) -> float:
    """Factor for a number of samples: 30 give 0.75, 200 give 0.95, 1,000 give 0.99."""
    return max(0.0, samples) / (max(0.0, samples) + SAMPLES_HALF)


def of_trials(trials: float) -> float:
    """Factor for a number of trials: 1 gives 0.67, 6 give 0.92, 10 give 0.95."""
    return max(0.0, trials) / (max(0.0, trials) + TRIALS_HALF)


def confidence(*factors: float) -> float:
    """The product of the factors, rounded to hundredths, at least 0 and at most `CEILING`."""
    product = 1.0
    for factor in factors:
        product *= factor
    return round(min(CEILING, max(0.0, product)), 2)
