"""Published ratios: the interval is the spread of twins, made-up ones and those of real files."""

import csv
import math
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from effprof.claims.evidence import Wanted, evidence_of
from effprof.claims.ratios import speed_ratio
from effprof.claims.twins import MIN_PAIRS, twin_spread
from effprof.core.cells import Cell
from effprof.core.formats import TIMM
from effprof.store.timm_benchmark import read_timm_benchmark
from effprof.study.study import Study
from tests.evidence import cost, run_of

FILES = Path(__file__).resolve().parents[3] / "shared" / "timm_results"
needs_files = pytest.mark.skipif(not FILES.is_dir(), reason="the published files are not here")


def published(times, twins=2):
    """A published run: networks that are counted alike in groups of `twins`."""
    cells = {Cell(f"timm/n{i}", 224, batch_size=256): (t,) for i, t in enumerate(times)}
    costs = [cost(cell, 1e9 + 1e7 * (i // twins), 1e6) for i, cell in enumerate(cells)]
    return run_of(cells, costs, method=TIMM.method)


def ratio(run, above="timm/n0", below="timm/n3"):
    (known,) = evidence_of([Study(run)])
    return speed_ratio(known.find(Wanted(above)), known.find(Wanted(below)))


def test_the_spread_is_that_of_ratios_of_equally_noisy_times():
    rng = np.random.default_rng(4)
    sigma = 0.02
    found = twin_spread(published(np.exp(rng.normal(0, sigma, 2000))))
    # A ratio of two has the standard deviation of one times the root of two.
    assert found.half_width == pytest.approx(1.96 * math.sqrt(2) * sigma, rel=0.1)
    assert found.pairs == 1000


def test_the_interval_of_a_ratio_covers_the_truth():
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(100):
        times = np.exp(rng.normal(0, 0.03, 120))
        spread = twin_spread(published(times)).half_width
        fresh = np.abs(np.diff(rng.normal(0, 0.03, (200, 2)), axis=1))
        covered.append(np.mean(fresh <= spread))
    assert 0.93 <= np.mean(covered) <= 0.97


def test_a_few_false_twins_hardly_matter():
    rng = np.random.default_rng(4)
    times = np.exp(rng.normal(0, 0.02, 200))
    plain = twin_spread(published(times)).half_width
    times[:20:2] *= 1.5  # a tenth of the pairs are not the same network after all
    assert twin_spread(published(times)).half_width == pytest.approx(plain, rel=0.25)


def test_the_ratio_says_where_its_interval_comes_from():
    rng = np.random.default_rng(4)
    times = np.exp(rng.normal(0, 0.02, 60))
    run = published(times)
    found, spread = ratio(run), twin_spread(run)
    assert found.estimate.value == pytest.approx(times[3] / times[0])
    assert found.estimate.high / found.estimate.value == pytest.approx(math.exp(spread.half_width))
    assert found.estimate.value / found.estimate.low == pytest.approx(math.exp(spread.half_width))
    assert (found.estimate.n, found.of) == (30, "pairs of twins")
    assert found.note == "interval: the spread of 30 pairs of twin networks in the file"


def test_a_network_under_six_names_counts_five_times():
    assert twin_spread(published([1.0] * 60, twins=6)).pairs == 50


def test_without_enough_twins_there_is_no_interval():
    run = published([1.0 + i / 10 for i in range(2 * (MIN_PAIRS - 1))])
    assert twin_spread(run) is None
    assert math.isnan(ratio(run).estimate.low)


def test_own_measurements_keep_their_own_interval():
    cells = {Cell(f"timm/n{i}", 224): (0.1, 0.11, 0.12) for i in range(4)}
    assert ratio(run_of(cells)).of == "processes"


def slow_twins(file):
    """Neighbouring twins of a published file by nothing but its text."""
    groups = {}
    with file.open() as lines:
        for row in csv.DictReader(lines):
            keys = ("param_count", "infer_gmacs", "infer_macts", "infer_img_size")
            same = (*(row[k] for k in keys), row["infer_batch_size"])
            padding = row["model"].startswith("tf_")
            groups.setdefault((same, padding), []).append(float(row["infer_step_time"]))
    return [abs(math.log(b / a)) for g in groups.values() for a, b in pairwise(g)]


@needs_files
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
def test_the_spread_of_a_real_file_is_that_of_its_rows(layout):
    file = FILES / f"benchmark-infer-amp-{layout}-pt240-cu124-rtx3090.csv"
    apart = slow_twins(file)
    found = twin_spread(read_timm_benchmark(file))
    assert found.pairs == len(apart)
    assert found.half_width == pytest.approx(1.96 * 1.4826 * median(apart), rel=0.02)
    assert 0.02 < found.half_width < 0.12


@needs_files
def test_a_file_of_training_steps_has_twins_by_their_parameters():
    run = read_timm_benchmark(FILES / "benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv")
    found = twin_spread(run)
    assert found.pairs > 100
    assert 0 < found.half_width < 0.05
