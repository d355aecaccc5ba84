"""A straight line through points, by least squares.

The same numbers to the last bit as `scipy.stats.linregress`, whose package takes half a second to
import.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StraightLine:
    """A fitted line: its slope, that slope's standard error, and Pearson's correlation.

    The error has n - 2 degrees of freedom.
    """

    slope: float
    error: float
    correlation: float


def straight_line(x: Floats, y: Floats) -> StraightLine:
    """Fit `y` over `x`, three points or more, which must differ in `x`.

    Where all `y` are equal the correlation and the error are NaN.
    """
    of_x, both, _, of_y = np.cov(x, y, bias=True).flat
    slope = float(both / of_x)
    if not of_y:
        return StraightLine(slope, math.nan, math.nan)
    # Rounding may take it beyond 1.
    correlation = float(np.clip(both / np.sqrt(of_x * of_y), -1.0, 1.0))
    error = float(np.sqrt((1 - correlation**2) * of_y / of_x / (len(x) - 2)))
    return StraightLine(slope, error, correlation)
