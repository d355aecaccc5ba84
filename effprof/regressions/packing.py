"""Series without gaps: logarithms of the nights that have a value, packed to the left."""

from dataclasses import dataclass

import numpy as np

from effprof.regressions.series import Bools, Floats, Ints

#: Turns the median absolute deviation into the standard deviation of a normal distribution.
MAD_TO_SIGMA = 1.4826

#: A night is a spike when it is this many standard deviations from the median of itself and its
#: neighbours. Two nights in a row on the same side are no spike.
SPIKE_SIGMAS = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Series packed to the left: `logs` and `nights` [series, places], `count` values each.

    `logs` is NaN and `nights` the number of nights where a row has ended.
    """

    logs: Floats
    nights: Ints
    count: Ints

    def place_of(self, night: Ints) -> Ints:
        """Find the first place of each row whose night is not before `night`."""
        earlier: Ints = (self.nights < night[:, None]).sum(axis=1)
        return earlier


def pack(values: Floats) -> Packed:
    """Pack the positive values of each row [series, nights] as logarithms."""
    there = values > 0
    count = there.sum(axis=1)
    order = np.argsort(~there, axis=1, kind="stable")[:, : max(1, count.max(initial=0))]
    ended = np.arange(order.shape[1]) >= count[:, None]
    logs = np.log(np.where(ended, 1.0, np.take_along_axis(values, order, axis=1)))
    logs[ended] = np.nan
    return Packed(logs, np.where(ended, values.shape[1], order), count)


def medians(rows: Floats) -> Floats:
    """Median of each row without its NaN; NaN for a row that has nothing else."""
    ordered = np.sort(rows, axis=1)
    count = np.isfinite(rows).sum(axis=1)
    last = np.maximum(count - 1, 0)
    ends = np.stack([last // 2, (last + 1) // 2], axis=1)
    middle: Floats = np.take_along_axis(ordered, ends, axis=1).mean(axis=1)
    return middle


def sigmas(residuals: Floats) -> Floats:
    """Estimate the standard deviation of each row of residuals by their median absolute size."""
    return MAD_TO_SIGMA * medians(np.abs(residuals))


def last_places(rows: Floats, stop: Ints, width: int) -> Floats:
    """Take up to `width` places of each row before place `stop`; NaN before the row's start."""
    places = stop[:, None] - width + np.arange(width)
    taken = np.take_along_axis(rows, np.clip(places, 0, rows.shape[1] - 1), axis=1)
    return np.where(places < 0, np.nan, taken)


def without_spikes(logs: Floats, count: Ints) -> Floats:
    """Replace single nights far from both neighbours by the median of the three.

    The yardstick is the spread of differences between neighbours, which steps do not touch.
    """
    if logs.shape[1] < 3:
        return logs
    sigma = sigmas(np.diff(logs, axis=1)) / np.sqrt(2)
    centre = np.clip(np.arange(logs.shape[1])[None, :], 1, np.maximum(count - 2, 1)[:, None])
    three = np.stack([np.take_along_axis(logs, centre + shift, axis=1) for shift in (-1, 0, 1)])
    middle = np.median(three, axis=0)
    spike: Bools = np.abs(logs - middle) > SPIKE_SIGMAS * sigma[:, None]
    return np.where(spike, middle, logs)


def segment_residuals(logs: Floats, segments: Ints) -> Floats:
    """Subtract from every value the median of its segment; `segments` numbers them per place.

    A median of n values is drawn towards each of them, which sqrt(n / (n - 1)) makes up for; a
    segment of one value says nothing of the spread and is NaN.
    """
    there = np.isfinite(logs)
    residuals = np.full_like(logs, np.nan)
    rows = np.broadcast_to(np.arange(len(logs))[:, None], logs.shape)
    group = (rows * (logs.shape[1] + 1) + segments)[there]
    values = logs[there]
    order = np.lexsort((values, group))
    _, first, inverse, size = np.unique(
        group[order], return_index=True, return_inverse=True, return_counts=True
    )
    ordered = values[order]
    middle = (ordered[first + (size - 1) // 2] + ordered[first + size // 2]) / 2
    centred = np.empty_like(values)
    widened = np.sqrt(size / np.where(size > 1, size - 1, np.nan))
    member = inverse.reshape(-1)
    centred[order] = (ordered - middle[member]) * widened[member]
    residuals[there] = centred
    return residuals
