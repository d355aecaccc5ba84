"""Student's t and the normal distribution, from `scipy.special`.

`scipy.stats` gives the same numbers to the last bit, and half a second of every command would go
into importing it.
"""

from scipy import special


def student_quantile(probability: float, freedom: float) -> float:
    """Give the value below which Student's t lies with `probability`, above 0; NaN without freedom.

    >>> round(student_quantile(0.975, 4), 3)
    2.776
    """
    return float(special.stdtrit(freedom, probability))


def student_tail(value: float, freedom: float) -> float:
    """Give the probability that Student's t is larger than `value`.

    >>> round(student_tail(2.776, 4), 3)
    0.025
    """
    return float(special.stdtr(freedom, -value))


def normal_share(value: float) -> float:
    """Give the probability that a standard normal number is at most `value`.

    >>> round(normal_share(-1.96), 3)
    0.025
    """
    return float(special.ndtr(value))
