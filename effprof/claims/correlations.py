"""Two predictors of one quantity: Williams' test of their correlations, as a second opinion."""

import math

import numpy as np

from effprof.analysis.loglog import Points
from effprof.analysis.student import student_tail


def williams(first: float, second: float, between: float, n: int) -> tuple[float, float]:
    """Test whether two correlations with one quantity differ: t and the two-sided p.

    `between` is the correlation of the two predictors, `n` the number of points; Student's t with
    n - 3 degrees of freedom. Williams 1959 in the form of Steiger 1980 ("Tests for comparing
    elements of a correlation matrix"), equation 7. It takes logarithms to be normal, which the
    bootstrap over networks does not.

    >>> t, p = williams(0.5, 0.4, 0.1, 103)
    >>> round(t, 2), round(p, 2)
    (0.89, 0.37)
    """
    determinant = 1 - first**2 - second**2 - between**2 + 2 * first * second * between
    mean = (first + second) / 2
    lower = 2 * (n - 1) / (n - 3) * determinant + mean**2 * (1 - between) ** 3
    t = (first - second) * math.sqrt((n - 1) * (1 + between) / lower)
    return t, 2 * student_tail(abs(t), n - 3)


def williams_of(points: Points) -> tuple[float, float]:
    """Test whether log MACs and log activations correlate with log time alike; t > 0: MACs more."""
    rows = np.corrcoef([points.macs, points.activations, points.seconds])
    return williams(float(rows[0, 2]), float(rows[1, 2]), float(rows[0, 1]), len(points))


def r_squared_loss(points: Points) -> float:
    """R² of log time on log MACs less R² of log time on log activations."""
    rows = np.corrcoef([points.macs, points.activations, points.seconds])
    return float(rows[0, 2] ** 2 - rows[1, 2] ** 2)
