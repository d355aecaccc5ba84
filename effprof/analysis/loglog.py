"""Which of two static costs predicts time: straight lines in log-log over many networks.

Networks of one family are alike, so that families are the pieces of evidence: intervals come from a
bootstrap that resamples families, each with all its networks. The plain percentile interval is too
narrow, and BCa as well (simulated). Hesterberg's expanded percentile interval ("What Teachers
Should Know About the Bootstrap", 2015, section 3.2: percentiles taken further out, as Student's t
is wider than the normal) takes the degrees of freedom that a plane through as many points as there
are families leaves.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from effprof.analysis.statistics import CONFIDENCE
from effprof.analysis.student import normal_share, student_quantile
from effprof.core.estimates import Estimate

Floats = NDArray[np.float64]

#: Resamples of the families, and their seed: the same runs always give the same verdict.
RESAMPLES = 4000
SEED = 20190528

#: What a plane through the points takes from the degrees of freedom: two slopes and a constant.
FITTED = 3

#: With fewer networks than this, resamples often hold too few distinct ones to fit.
MIN_NETWORKS = 8

#: With fewer families than this no interval is given. Of so few the expanded percentiles lie beyond
#: all resamples, so that its ends are those of the widest ones.
MIN_FAMILIES = 6


@dataclass(frozen=True, slots=True)
class Points:
    """Networks as logarithms: of their MACs, their activations and their seconds per image.

    `families` names the family of each: what is resampled together.
    """

    macs: Floats
    activations: Floats
    seconds: Floats
    families: tuple[str, ...]

    @classmethod
    def of(
        cls, macs: Floats, activations: Floats, seconds: Floats, families: Sequence[str]
    ) -> "Points":
        """Take the logarithms of three columns of positive numbers, as long as `families`."""
        return cls(np.log(macs), np.log(activations), np.log(seconds), tuple(families))

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


def growth(points: Points) -> Estimate:
    """Estimate by what 10x the MACs multiply the time, along the line through all networks."""
    return over_networks(_slope, points).through(lambda slope: 10**slope)


def powers(points: Points) -> tuple[Estimate, Estimate]:
    """Estimate a and b of log t = a log MACs + b log activations + c, by least squares."""
    return over_networks(_power_of_macs, points), over_networks(_power_of_activations, points)


def over_networks(quantity: Weighted, points: Points) -> Estimate:
    """Estimate a quantity with its expanded percentile interval, families resampled.

    `n` counts networks. There is no interval with fewer than `MIN_NETWORKS` of them, or of fewer
    than `MIN_FAMILIES` families.
    """
    n, families = len(points), len(set(points.families))
    value = float(quantity(np.full((1, n), 1 / n), points)[0])
    if n < MIN_NETWORKS or families < MIN_FAMILIES or math.isnan(value):
        return Estimate.bare(value, n)
    drawn = quantity(_resamples(points.families, RESAMPLES), points)
    left = families - FITTED
    quantile = student_quantile((1 + CONFIDENCE) / 2, left) * math.sqrt(families / left)
    share = normal_share(-quantile)
    # A resample whose points lie on one line has no plane; there is none or next to none.
    low, high = np.nanquantile(drawn, (share, 1 - share))
    return Estimate(value, float(low), float(high), "bootstrap", n)


@lru_cache(maxsize=8)
def _resamples(families: tuple[str, ...], count: int) -> Floats:
    """Draw families with replacement, as weights of their networks; each resample sums to 1.

    The order of networks and of families does not matter.
    """
    places = {family: place for place, family in enumerate(sorted(set(families)))}
    n = len(places)
    drawn = np.random.default_rng(SEED).multinomial(n, [1 / n] * n, count)
    times = drawn[:, [places[family] for family in families]]
    weights: Floats = times / times.sum(axis=1, keepdims=True)
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


def _slope(weights: Floats, points: Points) -> Floats:
    spread = _covariance(weights, points.macs, points.macs)
    return _quotient(_covariance(weights, points.macs, points.seconds), spread)


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
