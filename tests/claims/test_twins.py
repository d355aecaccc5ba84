"""Published ratios: the interval is the spread of twins, made-up ones and those of real files."""

import csv
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from effprof.claims.evidence import Wanted, evidence_of
from effprof.claims.ratios import speed_ratio
from effprof.claims.twins import MIN_PAIRS, twin_distances, twin_spread
from effprof.core.cells import Cell
from effprof.core.formats import TIMM
from effprof.store.timm_benchmark import read_timm_benchmark
from effprof.store.timm_origin import Told
from effprof.study.study import Study
from tests.evidence import cost, run_of

FILES = Path(__file__).resolve().parents[3] / "shared" / "timm_results"
needs_files = pytest.mark.skipif(not FILES.is_dir(), reason="the published files are not here")


def published(times, twins=2):
    """A published run: networks of one architecture, counted alike in groups of `twins`."""
    cells = {Cell(f"timm/net_{i}", 224, batch_size=256): (t,) for i, t in enumerate(times)}
    costs = [cost(cell, 1e9 + 1e7 * (i // twins), 1e6) for i, cell in enumerate(cells)]
    return run_of(cells, costs, method=TIMM.method)


def named(*names):
    """Twenty-four published networks of each name's beginning, all counted alike."""
    cells = {
        Cell(f"timm/{name}_{i}", 224, batch_size=256): (0.1 * (1 + place),)
        for place, name in enumerate(names)
        for i in range(24)
    }
    return run_of(cells, [cost(cell, 1e9, 1e6) for cell in cells], method=TIMM.method)


def ratio(run, above="timm/net_0", below="timm/net_3"):
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
        times = np.exp(rng.normal(0, 0.03, 400))
        spread = twin_spread(published(times)).half_width
        fresh = np.abs(np.diff(rng.normal(0, 0.03, (200, 2)), axis=1))
        covered.append(np.mean(fresh <= spread))
    assert 0.93 <= np.mean(covered) <= 0.97


def test_long_tails_are_held_where_a_normal_range_by_the_median_is_not():
    """A third of the pairs lie far apart: in real files it is 21 to 39 %."""
    rng = np.random.default_rng(4)
    times = np.exp(rng.normal(0, 0.002, 200))
    times[: 2 * 33 : 2] *= np.exp(rng.normal(0, 0.1, 33))
    run = published(times)
    apart = np.array(twin_distances(run))
    assert np.mean(apart <= 1.96 * 1.4826 * np.median(apart)) < 0.8
    assert np.mean(apart <= twin_spread(run).half_width) >= 0.95


def test_equal_counts_under_names_of_two_architectures_are_no_twins():
    assert twin_distances(named("convnext", "hrnet")) == [0.0] * 46


def test_the_source_of_weights_makes_no_other_architecture():
    run = named("net_a", "gluon_net_b")
    assert len(twin_distances(run)) == 47
    assert max(twin_distances(run)) == pytest.approx(math.log(2))


def test_the_ratio_says_where_its_interval_comes_from():
    rng = np.random.default_rng(4)
    times = np.exp(rng.normal(0, 0.02, 60))
    run = published(times)
    found, spread = ratio(run), twin_spread(run)
    assert found.estimate.value == pytest.approx(times[3] / times[0])
    assert found.estimate.high / found.estimate.value == pytest.approx(math.exp(spread.half_width))
    assert found.estimate.value / found.estimate.low == pytest.approx(math.exp(spread.half_width))
    assert (found.estimate.n, found.of) == (30, "pairs of twins")
    assert found.note == "interval: 95 % of 30 pairs of twin networks in the file"


def test_a_network_under_six_names_counts_five_times():
    assert twin_spread(published([1.0] * 60, twins=6)).pairs == 50


def test_without_enough_twins_there_is_no_interval():
    run = published([1.0 + i / 10 for i in range(2 * (MIN_PAIRS - 1))])
    assert twin_spread(run) is None
    assert math.isnan(ratio(run).estimate.low)


def test_own_measurements_keep_their_own_interval():
    cells = {Cell(f"timm/net_{i}", 224): (0.1, 0.11, 0.12) for i in range(4)}
    assert ratio(run_of(cells)).of == "processes"


def slow_twins(file, mode):
    """Neighbouring twins of a published file by nothing but its text."""
    groups = {}
    with file.open() as lines:
        for row in csv.DictReader(lines):
            keys = ("param_count", "infer_gmacs", "infer_macts")
            keys = (*keys, f"{mode}_img_size", f"{mode}_batch_size")
            padding, name = row["model"].startswith("tf_"), row["model"].partition(".")[0]
            for source in ("tf_", "gluon_", "ssl_", "swsl_", "tv_", "ig_", "legacy_", "dm_"):
                name = name.removeprefix(source)
            same = (*(row.get(key) for key in keys), padding, name.partition("_")[0])
            if row[f"{mode}_step_time"]:
                groups.setdefault(same, []).append(float(row[f"{mode}_step_time"]))
    return [abs(math.log(b / a)) for g in groups.values() for a, b in pairwise(g)]


@needs_files
@pytest.mark.parametrize("file", sorted(FILES.glob("benchmark-*.csv")), ids=lambda file: file.name)
def test_the_error_of_a_published_file_holds_95_of_100_true_twins(file):
    apart = slow_twins(file, "train" if "-train-" in file.name else "infer")
    told = Told(threads=14) if "i9" in file.name else None
    found = twin_spread(read_timm_benchmark(file, told))
    held = np.mean(np.array(apart) <= found.half_width + 1e-3)
    narrow = np.mean(np.array(apart) <= 1.96 * 1.4826 * np.median(apart))
    print(  # noqa: T201  # pytest -s
        f"{file.name}: {found.pairs} pairs of twins; the error of a ratio is "
        f"{math.expm1(found.half_width):.1%} and holds {held:.1%} of them "
        f"(by the median: {narrow:.1%})"
    )
    # A cell that the file lists twice, with other weights, is imported once.
    assert found.pairs == pytest.approx(len(apart), abs=3)
    assert held >= 0.95
    assert narrow < 0.85
