"""Least squares for curves of the form y = n / (a + b (n - 1) + c n (n - 1)): Amdahl's law and the USL."""

import math
from collections.abc import Sequence
from itertools import product

Points = Sequence[tuple[float, float]]
"""Worker counts and throughputs, both above 0."""
Coefficients = tuple[float, float, float]

STEPS_AT_MOST = 200
GAIN_AT_LEAST = 1e-14
"""A step that lowers the sum of squares by a smaller share than this is the last."""


def fit_rational(points: Points, *, quadratic: bool, log: bool) -> Coefficients:
    """The coefficients (a, b, c) that fit best with b and c not below 0; c is 0 unless `quadratic`.

    Errors are those of y, or of its logarithm with `log`. Since n / y is linear in the coefficients, a
    weighted linear fit gives the start for Levenberg and Marquardt's steps (Marquardt 1963). A coefficient
    that wants to be negative is held at 0 and the others are fitted anew, which for two of them finds the
    constrained optimum by trying all four cases.
    """
    fits: list[tuple[float, Coefficients]] = []
    for linear, square in product((True, False), (True, False) if quadratic else (False,)):
        columns = (0, *([1] if linear else []), *([2] if square else []))
        if len({n for n, _ in points}) < len(columns):
            continue
        fitted = _descend(points, columns, log)
        if fitted is not None and min(fitted[1]) >= 0:
            fits.append(fitted)
    return min(fits)[1]


def rational(coefficients: Coefficients, n: float) -> float:
    """The curve at `n`; infinite where its denominator is not above 0."""
    a, b, c = coefficients
    below = a + (n - 1) * (b + c * n)
    return n / below if below > 0 else math.inf


def _descend(points: Points, columns: Sequence[int], log: bool) -> tuple[float, Coefficients] | None:
    """The sum of squares and the coefficients of a local optimum; None where the points do not tell them."""
    start = _start(points, columns, log)
    if start is None:
        return None
    found, error, damping = start, _error(points, start, log), 1e-3
    for _ in range(STEPS_AT_MOST):
        step = _step(points, found, columns, log, damping)
        tried = _moved(found, columns, step) if step else found
        tried_error = _error(points, tried, log)
        if tried_error < error:
            done = error - tried_error < GAIN_AT_LEAST * error
            found, error, damping = tried, tried_error, damping / 10
            if done:
                break
        else:
            damping *= 10
            if damping > 1e12:
                break
    return (error, found) if math.isfinite(error) else None


def _start(points: Points, columns: Sequence[int], log: bool) -> Coefficients | None:
    """A linear fit of n / y, weighted so that errors count as errors of y or of log y; scaled if it fails."""
    weights = [(y / n) ** 2 * (1.0 if log else y * y) for n, y in points]
    rows = [[_basis(n)[column] for column in columns] for n, _ in points]
    wanted = [n / y for n, y in points]
    solved = _solve(*_normal(rows, wanted, weights))
    if solved is None:
        return None
    start = _moved((0.0, 0.0, 0.0), columns, solved)
    if math.isfinite(_error(points, start, log)):
        return start
    return (math.exp(sum(math.log(n / y) for n, y in points) / len(points)), 0.0, 0.0)


def _step(
    points: Points, found: Coefficients, columns: Sequence[int], log: bool, damping: float
) -> list[float] | None:
    rows, errors = [], []
    for n, y in points:
        value = rational(found, n)
        slope = -value / n * (1.0 if log else value)
        rows.append([slope * _basis(n)[column] for column in columns])
        errors.append(math.log(y / value) if log else y - value)
    matrix, right = _normal(rows, errors, [1.0] * len(rows))
    for i in range(len(columns)):
        matrix[i][i] *= 1 + damping
    return _solve(matrix, right)


def _error(points: Points, coefficients: Coefficients, log: bool) -> float:
    total = 0.0
    for n, y in points:
        value = rational(coefficients, n)
        if not 0 < value < math.inf:
            return math.inf
        total += (math.log(y / value) if log else y - value) ** 2
    return total


def _basis(n: float) -> tuple[float, float, float]:
    return 1.0, n - 1, n * (n - 1)


def _moved(from_: Coefficients, columns: Sequence[int], step: Sequence[float]) -> Coefficients:
    by = dict(zip(columns, step, strict=True))
    a, b, c = (value + by.get(column, 0.0) for column, value in enumerate(from_))
    return a, b, c


def _normal(
    rows: Sequence[Sequence[float]], wanted: Sequence[float], weights: Sequence[float]
) -> tuple[list[list[float]], list[float]]:
    """Matrix and right side of the normal equations."""
    size = range(len(rows[0]))
    weighted = list(zip(rows, wanted, weights, strict=True))
    matrix = [[math.fsum(w * row[i] * row[j] for row, _, w in weighted) for j in size] for i in size]
    right = [math.fsum(w * row[i] * value for row, value, w in weighted) for i in size]
    return matrix, right


def _solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float] | None:
    """Gauss and Jordan's elimination with the largest pivot; None where the matrix is singular."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = max(range(i, len(rows)), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        if rows[i][i] == 0 or not math.isfinite(rows[i][i]):
            return None
        for r in range(len(rows)):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[i], strict=True)]
    return [row[-1] / row[i] for i, row in enumerate(rows)]
