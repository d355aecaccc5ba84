"""How much of a Pareto front a family holds: at quoted accuracy, by MACs and by measured speed."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from effprof.analysis.loglog import SEED, Floats
from effprof.analysis.pareto import pareto_front
from effprof.analysis.statistics import CONFIDENCE, median
from effprof.analysis.student import student_quantile
from effprof.claims.claim import Answer, NotMeasured, Statistic
from effprof.claims.evidence import Evidence
from effprof.claims.twins import NORMAL_95, TwinSpread, twin_spread
from effprof.claims.zoo import Network, Pool, wanted_zoo, zoo
from effprof.core.estimates import Estimate

#: Draws of all speeds within their errors, for the interval of a share.
DRAWS = 1000

Marks = NDArray[np.bool_]


def share_of_front(family: str, pool: Pool, titles: Sequence[str], at_least: int) -> Statistic:
    """Share of a family among the points of the accuracy/speed front over that by MACs.

    Accuracy is quoted (`top1` of the registry) and never measured, so networks count at the size
    that it is quoted for. MACs are exact. A network is on the front of speed as often as it is
    when every speed is drawn anew within its error: the estimate is the mean of the draws, its
    interval holds 95 % of them. The front of the speeds as they stand is one of those draws, and
    not the middle: an error that lifts a network onto the front counts, one that sinks it does not.
    """

    def statistic(evidence: Evidence) -> Answer | NotMeasured:
        networks = [each for each in zoo(evidence, pool) if _quoted(each)]
        if len(networks) < at_least:
            wanted = wanted_zoo(pool, titles)
            reason = f"{len(networks)} networks measured alike at the size of their quoted accuracy"
            lacking = tuple(wish for wish in wanted if not evidence.find(wish))
            return NotMeasured(f"{reason}; at least {at_least} are needed", lacking)
        return _compared(family, networks)

    return statistic


def _quoted(network: Network) -> bool:
    return network.facts.top1 is not None and network.cell.resolution == network.facts.resolution


def _compared(family: str, networks: Sequence[Network]) -> Answer | NotMeasured:
    frame = pd.DataFrame(
        {
            "top1": [network.facts.top1 for network in networks],
            "macs": [network.macs for network in networks],
            "seconds": [network.seconds for network in networks],
            "member": [network.facts.family == family for network in networks],
        }
    )
    by_macs, by_speed = (
        frame.loc[pareto_front(frame, "top1", cost), "member"] for cost in ("macs", "seconds")
    )
    promised = float(by_macs.mean())
    if not promised:
        return NotMeasured(f"{family} is not on the accuracy/MACs front of these networks")
    run = networks[0].found[0].run
    spread = twin_spread(run) if run.published else None
    errors = np.array([_log_error(network, spread) for network in networks])
    note = "; ".join(
        f"{int(members.sum())} of {len(members)} points by {cost}"
        for members, cost in ((by_macs, "MACs"), (by_speed, "speed as it stands"))
    )
    if np.isnan(errors).any():
        share = Estimate.bare(float(by_speed.mean()) / promised, len(networks))
    else:
        low, value, high = _drawn(frame, errors, promised)
        share = Estimate(value, low, high, "drawn", len(networks))
    return Answer(share, "networks", note)


def _drawn(frame: pd.DataFrame, errors: Floats, promised: float) -> tuple[float, float, float]:
    """Give the lower end, the mean and the upper end of the share, over draws of all speeds."""
    normal = np.random.default_rng(SEED).standard_normal((DRAWS, len(frame)))
    seconds = np.log(frame["seconds"].to_numpy()) + errors * normal
    on_front = drawn_fronts(frame["top1"].to_numpy(), seconds)
    shares = on_front[:, frame["member"].to_numpy()].sum(axis=1) / on_front.sum(axis=1) / promised
    low, high = np.quantile(shares, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return float(low), float(shares.mean()), float(high)


def drawn_fronts(gains: Floats, pains: Floats) -> Marks:
    """Mark the rows on the front of each draw: `gains` (n,) hold for all, `pains` are (draws, n).

    The same front as `effprof.analysis.pareto.pareto_front`, many draws at once.
    """
    other_gain, gain = gains[None, None, :], gains[None, :, None]
    other_pain, pain = pains[:, None, :], pains[:, :, None]
    better = (other_gain > gain) | (other_pain < pain)
    beats = (other_gain >= gain) & (other_pain <= pain) & better
    marks: Marks = np.logical_not(np.any(beats, axis=2))
    return marks


def _log_error(network: Network, spread: TwinSpread | None) -> float:
    """Give the standard error of the logarithm of a network's time; NaN where there is none.

    Of few processes it is widened from the normal distribution to Student's t; of a published
    number it is that of one side of a ratio of twins.
    """
    if spread is not None:
        return spread.half_width / NORMAL_95 / math.sqrt(2)
    logs = [math.log(median(each)) for found in network.found for each in found.samples.values()]
    if len(logs) < 2:
        return math.nan
    quantile = student_quantile((1 + CONFIDENCE) / 2, len(logs) - 1)
    return float(np.std(logs, ddof=1)) / math.sqrt(len(logs)) * quantile / NORMAL_95
