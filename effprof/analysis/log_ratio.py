"""The ratio of two sums, split over their summands without residue."""

import math
from collections.abc import Mapping


def log_mean(a: float, b: float) -> float:
    """Logarithmic mean of two positive numbers: (a - b) / ln(a / b).

    Where they are nearly equal the quotient a / b has lost the digits of their difference; the
    logarithm of 1 + (a - b) / b, with the smaller as b, keeps them.

    >>> round(log_mean(1.0, 2.0), 4), log_mean(3.0, 3.0)
    (1.4427, 3.0)
    """
    low, high = sorted((a, b))
    return low if low == high else (high - low) / math.log1p((high - low) / low)


def split_log_ratio(
    above: Mapping[str, float], below: Mapping[str, float]
) -> tuple[float, dict[str, float]]:
    """Split ln(sum of `above` / sum of `below`) over the summands; returns it and the parts.

    The logarithmic mean Divisia index (LMDI-I: Ang and Liu 2001, doi:10.1016/S0360-5442(01)00022-6;
    Ang 2004, doi:10.1016/S0301-4215(03)00076-4): each part is the summand's change over the
    logarithmic mean of the sums. It leaves no residue, does not depend on an order, and a summand
    may be zero on either side.

    >>> whole, parts = split_log_ratio({"a": 3.0, "b": 1.0}, {"a": 1.0, "b": 1.0})
    >>> round(whole, 4), round(parts["a"], 4), parts["b"]
    (0.6931, 0.6931, 0.0)
    """
    one, other = sum(above.values()), sum(below.values())
    mean = log_mean(one, other)
    names = dict.fromkeys((*above, *below))
    parts = {name: (above.get(name, 0.0) - below.get(name, 0.0)) / mean for name in names}
    return math.log(one / other), parts
