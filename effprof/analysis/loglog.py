"""Which of two static costs predicts time: straight lines in log-log over many networks.

Networks are the pieces of evidence, so intervals come from a bootstrap that resamples networks,
each with all its numbers. The plain percentile interval covers only 88-93 % at 14 to 36 networks
and BCa no more (simulated). Hesterberg's expanded percentile interval ("What Teachers Should Know
About the Bootstrap", 2015, section 3.2: percentiles taken further out, as Student's t is wider
than the normal), with the degrees of freedom that a plane through the points leaves, covers
93-96 %.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from effprof.analysis.statistics import CONFIDENCE
from effprof.analysis.student import normal_share, student_quantile
from effprof.core.estimates import Estimate

Floats = NDArray[np.float64]

#: Resamples of the networks, and their seed: the same runs always give the same verdict.
RESAMPLES = 4000
SEED = 20190528

#: What a plane through the points takes from the degrees of freedom: two slopes and a constant.
FITTED = 3

#: With fewer networks than this, resamples often hold too few distinct ones to fit.
MIN_NETWORKS = 8


@dataclass(frozen=True, slots=True)
class Points:
    """Networks as logarithms: of their MACs, their activations and their seconds per image."""

    macs: Floats
    activations: Floats
    seconds: Floats

    @classmethod
    def of(cls, macs: Floats, activations: Floats, seconds: Floats) -> "Points":
        """Take the logarithms of three equally long columns of positive numbers."""
        return cls(np.log(macs), np.log(activations), np.log(seconds))

    def __len__(self) -> int:
        """How many networks there are."""
        return len(self.seconds)


#: Computes a number from weighted points: weights (resamples, networks), rows sum to 1.
Weighted = Callable[[Floats, Points], Floats]


def r_squared_gain(points: Points) -> Estimate:
    """Estimate R² of log time on log activations less R² of log time on log MACs."""
    return over_networks(_gain, points)


def r_squared(points: Points) -> Estimate:
    """Estimate R² of log time on log MACs."""
    return over_networks(_by_macs, points)


def powers(points: Points) -> tuple[Estimate, Estimate]:
    """Estimate a and b of log t = a log MACs + b log activations + c, by least squares."""
    return over_networks(_power_of_macs, points), over_networks(_power_of_activations, points)


def over_networks(quantity: Weighted, points: Points) -> Estimate:
    """Estimate a quantity with its expanded percentile interval; none with too few networks."""
    n = len(points)
    value = float(quantity(np.full((1, n), 1 / n), points)[0])
    if n < MIN_NETWORKS or math.isnan(value):
        return Estimate.bare(value, n)
    drawn = quantity(_resamples(n, RESAMPLES), points)
    quantile = student_quantile((1 + CONFIDENCE) / 2, n - FITTED) * math.sqrt(n / (n - FITTED))
    share = normal_share(-quantile)
    # A resample whose points lie on one line has no plane; there is none or next to none.
    low, high = np.nanquantile(drawn, (share, 1 - share))
    return Estimate(value, float(low), float(high), "bootstrap", n)


@lru_cache(maxsize=8)
def _resamples(n: int, count: int) -> Floats:
    """Draw networks with replacement, as weights: how often each is in a resample, over n."""
    weights = np.random.default_rng(SEED).multinomial(n, [1 / n] * n, count) / n
    weights.flags.writeable = False
    return weights


def _covariance(weights: Floats, one: Floats, other: Floats) -> Floats:
    # Centred first: the differences are what counts, and large means would cancel badly.
    one, other = one - one.mean(), other - other.mean()
    covariance: Floats = weights @ (one * other) - (weights @ one) * (weights @ other)
    return covariance


def _r_squared(weights: Floats, predictor: Floats, seconds: Floats) -> Floats:
    shared = _covariance(weights, predictor, seconds)
    spread = _covariance(weights, predictor, predictor) * _covariance(weights, seconds, seconds)
    return _quotient(shared**2, spread)


def _gain(weights: Floats, points: Points) -> Floats:
    by_activations = _r_squared(weights, points.activations, points.seconds)
    return by_activations - _r_squared(weights, points.macs, points.seconds)


def _by_macs(weights: Floats, points: Points) -> Floats:
    return _r_squared(weights, points.macs, points.seconds)


def _power_of_macs(weights: Floats, points: Points) -> Floats:
    return _power(weights, points.macs, points.activations, points.seconds)


def _power_of_activations(weights: Floats, points: Points) -> Floats:
    return _power(weights, points.activations, points.macs, points.seconds)


def _power(weights: Floats, of: Floats, beside: Floats, seconds: Floats) -> Floats:
    """Coefficient of `of` in the plane through `of` and `beside` (the normal equations)."""
    own, other = _covariance(weights, of, of), _covariance(weights, beside, beside)
    both = _covariance(weights, of, beside)
    upper = _covariance(weights, of, seconds) * other
    upper -= _covariance(weights, beside, seconds) * both
    return _quotient(upper, own * other - both**2)


def _quotient(upper: Floats, lower: Floats) -> Floats:
    """Divide; NaN where the divisor is nought but for rounding."""
    known = lower > np.finfo(float).eps
    return np.divide(upper, lower, out=np.full_like(upper, math.nan), where=known)
