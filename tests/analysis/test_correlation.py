"""Correlations against scipy and against known truth."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from effprof.analysis.correlation import bootstrap_intervals, correlations
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


def test_bootstrap_agrees_with_scipys():
    rng = np.random.default_rng(0)
    x = rng.normal(size=25)
    y = 0.7 * x + rng.normal(0, 0.4, 25)
    lows, highs = bootstrap_intervals(x, y)
    obvious = (
        lambda a, b: stats.spearmanr(a, b).statistic,
        lambda a, b: np.corrcoef(a, b)[0, 1] ** 2,
        lambda a, b: np.polyfit(a, b, 1)[0],
    )
    for statistic, low, high in zip(obvious, lows, highs, strict=True):
        expected = stats.bootstrap(
            (x, y),
            statistic,
            paired=True,
            vectorized=False,
            method="percentile",
            n_resamples=1000,
            random_state=np.random.default_rng(1),  # `rng` is a name of SciPy 1.15 and later
        ).confidence_interval
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.04)


def test_a_perfect_law_is_found_exactly():
    x = np.linspace(0, 3, 12)
    lows, highs = bootstrap_intervals(x, 0.5 * x)
    assert lows == pytest.approx([1, 1, 0.5])
    assert highs == pytest.approx([1, 1, 0.5])


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
