"""Correlations against scipy and against known truth."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from effprof.analysis.correlation import MIN_MODELS, bootstrap_intervals, correlations
from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.loglog import MIN_FAMILIES, RESAMPLES, expanded_ends, family_draws
from effprof.models.stems import kin
from effprof.study.findings import flops_predict
from effprof.study.study import Study
from tests.report.zoo import zoo_run
from tests.runs import sample_run


def test_values_are_those_of_scipy_on_time_per_image():
    frame = Study(zoo_run(batch_sizes=(8,))).frame
    found = correlations(frame).set_index("predictor").loc["flops"]
    seconds = 1 / frame["images_per_second"]
    fit = stats.linregress(np.log(frame["flops"]), np.log(seconds))
    assert found["models"] == len(frame)
    assert found["spearman"] == pytest.approx(stats.spearmanr(frame["flops"], seconds).statistic)
    assert found["r_squared"] == pytest.approx(fit.rvalue**2)
    assert found["slope"] == pytest.approx(fit.slope)


def drawn_law(families, per_family, own=0.4):
    """Networks on a line, with an error that each family has and one of their own."""
    rng = np.random.default_rng(0)
    names = tuple(f"family {place}" for place in range(families) for _ in range(per_family))
    x = rng.normal(size=len(names))
    shared = np.repeat(rng.normal(0, 0.4, families), per_family)
    return x, 0.7 * x + shared + rng.normal(0, own, len(names)), names


def test_bootstrap_is_that_of_families_with_all_their_networks():
    x, y, names = drawn_law(9, 3)
    found = bootstrap_intervals(x, y, names)
    obvious = (
        lambda a, b: np.corrcoef(stats.rankdata(a), stats.rankdata(b))[0, 1],
        lambda a, b: np.corrcoef(a, b)[0, 1] ** 2,
        lambda a, b: np.polyfit(a, b, 1)[0],
    )
    drawn = [np.repeat(np.arange(len(x)), row) for row in family_draws(names, RESAMPLES)]
    assert all(len(each) == len(x) for each in drawn)
    for statistic, ends in zip(obvious, found, strict=True):
        slow = np.array([statistic(x[each], y[each]) for each in drawn])
        assert ends == pytest.approx(expanded_ends(slow, 9), abs=1e-9)


def test_networks_of_a_family_are_no_evidence_apart_from_each_other():
    x, y, names = drawn_law(12, 4, own=0.05)
    alone = tuple(map(str, range(len(x))))
    width = [
        high - low for low, high in (bootstrap_intervals(x, y, each)[1] for each in (names, alone))
    ]
    assert width[0] > 1.3 * width[1]


@pytest.mark.parametrize("families", [1, MIN_FAMILIES - 1])
def test_too_few_families_have_a_value_and_no_interval(families):
    frame = Study(zoo_run(batch_sizes=(8,))).frame
    kin_of = dict(zip(frame["model"], map(kin, frame["model"]), strict=True))
    kept = list(dict.fromkeys(kin_of.values()))[:families]
    few = frame[frame["model"].map(kin_of).isin(kept)]
    more = correlations(frame).set_index("predictor").loc["flops"]
    assert (more["spearman_method"], more["models"]) == ("bootstrap", len(frame))
    found = correlations(few).set_index("predictor").loc["flops"]
    if len(few) >= MIN_MODELS:
        assert (found["spearman_method"], found["models"]) == ("none", len(few))
        assert np.isfinite(found["spearman"])
        assert np.isnan(found["spearman_low"])
    else:
        assert np.isnan(found["spearman"])
    assert bootstrap_intervals(*drawn_law(families, 4)) is None


def test_the_interval_of_r_squared_is_that_of_the_finding():
    study = Study(zoo_run(batch_sizes=(8,)))
    (found,) = flops_predict(study.settings[0])
    row = correlations(study.frame).set_index("predictor").loc["flops"]
    told = estimate_of(row, "r_squared")
    assert (told.low, told.high) == pytest.approx((found.explained.low, found.explained.high))


def test_a_perfect_law_is_found_exactly():
    x = np.linspace(0, 3, 12)
    ends = bootstrap_intervals(x, 0.5 * x, tuple(map(str, x)))
    assert np.array(ends) == pytest.approx(np.array([[1, 1], [1, 1], [0.5, 0.5]]))


def test_too_few_models_have_no_correlation():
    found = correlations(Study(sample_run()).frame)
    assert (found["models"] == 4).all()
    assert found["spearman"].isna().all()


def test_invalid_cells_do_not_count_and_settings_stay_apart():
    frame = Study(zoo_run(batch_sizes=(1, 8), memory_formats=("nchw", "nhwc"))).frame
    assert len(correlations(frame).drop_duplicates(["memory_format", "batch_size"])) == 4
    nchw_b1 = (frame["memory_format"] == "nchw") & (frame["batch_size"] == 1)
    doubted = frame.assign(valid=frame["valid"] & ~(nchw_b1 & frame["model"].str.contains("b0")))
    assert correlations(doubted)["models"].iloc[0] == correlations(frame)["models"].iloc[0] - 1


def test_variants_of_one_network_are_no_evidence():
    frame = Study(zoo_run(batch_sizes=(8,))).frame
    varied = frame.assign(
        model=frame["model"].replace("timm/densenet121", "effprof:efficientnet?se=off")
    )
    expected = correlations(frame[frame["model"] != "timm/densenet121"])
    assert correlations(varied).equals(expected)


def test_the_same_run_gives_the_same_intervals():
    run = zoo_run(batch_sizes=(8,))
    first, second = (correlations(Study(replace(run)).frame) for _ in range(2))
    assert first.equals(second)
