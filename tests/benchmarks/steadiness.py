"""Benchmark: how far the calibrations of a machine lie apart that does nothing else.

Run: python -m tests.benchmarks.steadiness [COUNT] on a quiet machine.

Takes the neutral sentinels COUNT times (60), each in a fresh process on a bound core, as a run
does. Prints by work what the longest of three in a row took over the shortest: a run has three,
and its drift is worth a word only beyond what these do by themselves.
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import get_args

import numpy as np

from effprof.core.calibrations import paces
from effprof.core.runs import Calibration, Moment
from effprof.device.calibration import calibrate
from effprof.device.cpu import cpu_name, pin
from effprof.device.target import Target

COUNT = 60
QUANTILES = (0.5, 0.9, 0.95, 0.99, 1.0)


def main() -> None:
    """Print one line per work."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh, max_tasks_per_child=1) as workers:
        taken = [workers.submit(_calibrated).result() for _ in range(count)]
    drifts: dict[str, list[float]] = {}
    for three in zip(taken, taken[1:], taken[2:], strict=False):
        for pace in paces(each for one in three for each in one):
            drifts.setdefault(pace.work, []).append(pace.drift)
    print(f"{cpu_name()}: {count} calibrations, each three in a row; slowest / fastest")
    print(f"{'work':<14}" + "".join(f"{quantile:>8.0%}" for quantile in QUANTILES))
    for work, own in drifts.items():
        print(f"{work:<14}" + "".join(f"{each:>8.3f}" for each in np.quantile(own, QUANTILES)))


def _calibrated() -> tuple[Calibration, ...]:
    pin(1)
    moment: Moment = get_args(Moment)[0]
    return calibrate(Target("cpu", cpu_name(), ""), moment)


if __name__ == "__main__":
    main()
