"""Fits equal numpy's and scipy's; intervals equal a slow bootstrap and cover what they promise."""

import math

import numpy as np
import pytest
from scipy import stats

from effprof.analysis import loglog
from effprof.analysis.loglog import Points, growth, powers, r_squared_gain

#: Correlations (MACs, time), (activations, time), (MACs, activations) of simulated zoos.
ZOOS = [(0.83, 0.97, 0.8), (0.73, 0.94, 0.6), (0.9, 0.7, 0.7), (0.96, 0.98, 0.95)]


def zoos(correlations: tuple[float, float, float], count: int, networks: int) -> np.ndarray:
    """Draw zoos (count, networks, 3) of log MACs, log activations, log time."""
    macs_time, acts_time, macs_acts = correlations
    matrix = [[1, macs_acts, macs_time], [macs_acts, 1, acts_time], [macs_time, acts_time, 1]]
    shape = (count, networks, 3)
    return np.random.default_rng(7).standard_normal(shape) @ np.linalg.cholesky(matrix).T


def points(zoo: np.ndarray, families: list[str] | None = None) -> Points:
    """A zoo's points; without families each network is one of its own."""
    return Points(*zoo.T, families=tuple(families or (f"{i:03}" for i in range(len(zoo)))))


@pytest.mark.parametrize("correlations", ZOOS)
def test_values_equal_the_textbook_fits(correlations: tuple[float, float, float]) -> None:
    [zoo] = zoos(correlations, 1, 30)
    macs, acts, seconds = zoo.T
    gain = stats.linregress(acts, seconds).rvalue ** 2 - stats.linregress(macs, seconds).rvalue ** 2
    assert r_squared_gain(points(zoo)).value == pytest.approx(gain)
    design = np.column_stack([macs, acts, np.ones(len(macs))])
    expected = np.linalg.lstsq(design, seconds, rcond=None)[0]
    found = [each.value for each in powers(points(zoo))]
    assert found == pytest.approx(list(expected[:2]))


def test_units_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    macs, acts, seconds = np.exp(rng.standard_normal((3, 30)))
    names = [str(i) for i in range(30)]
    one = r_squared_gain(Points.of(macs, acts, seconds, names))
    other = r_squared_gain(Points.of(macs / 1e9, acts * 64, seconds * 1000, names))
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_the_interval_equals_a_slow_bootstrap_of_whole_networks() -> None:
    [zoo] = zoos(ZOOS[1], 1, 25)
    drawn = []
    counts = np.random.default_rng(loglog.SEED).multinomial(25, [1 / 25] * 25, loglog.RESAMPLES)
    for count in counts:
        resampled = zoo[np.repeat(np.arange(25), count)]
        macs, acts, seconds = resampled.T
        drawn.append(np.corrcoef(acts, seconds)[0, 1] ** 2 - np.corrcoef(macs, seconds)[0, 1] ** 2)
    share = stats.norm.cdf(-stats.t.ppf(0.975, 22) * math.sqrt(25 / 22))
    found = r_squared_gain(points(zoo))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, (share, 1 - share))))


@pytest.mark.parametrize("networks", [25, 36])
@pytest.mark.parametrize("correlations", ZOOS)
def test_the_interval_of_the_gain_covers(
    correlations: tuple[float, float, float], networks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loglog, "RESAMPLES", 600)
    truth = correlations[1] ** 2 - correlations[0] ** 2
    found = [r_squared_gain(points(zoo)) for zoo in zoos(correlations, 1000, networks)]
    covered = np.mean([each.low <= truth <= each.high for each in found])
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize("networks", [25, 36])
def test_the_intervals_of_the_powers_cover(networks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loglog, "RESAMPLES", 600)
    macs_time, acts_time, macs_acts = ZOOS[1]
    truth = np.linalg.solve([[1, macs_acts], [macs_acts, 1]], [macs_time, acts_time])
    found = [powers(points(zoo)) for zoo in zoos(ZOOS[1], 1000, networks)]
    for power, true in enumerate(truth):
        covered = np.mean([each[power].low <= true <= each[power].high for each in found])
        assert 0.93 <= covered <= 0.97


def test_too_few_networks_have_no_interval() -> None:
    [zoo] = zoos(ZOOS[0], 1, loglog.MIN_NETWORKS - 1)
    found = r_squared_gain(points(zoo))
    assert math.isfinite(found.value)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_predictors_that_move_as_one_have_no_powers() -> None:
    [zoo] = zoos(ZOOS[0], 1, 30)
    same = Points(zoo[:, 0], 2 * zoo[:, 0], zoo[:, 2], tuple(map(str, range(30))))
    assert all(math.isnan(each.value) for each in powers(same))


#: Families as unequal as those of the registry, and as few as one run holds.
FAMILIES = {
    17: [14, 13, 8, 7, 5, 5, 4, 4, 4, 3, 2, 2, 2, 2, 2, 2, 1],
    9: [6, 5, 4, 4, 3, 2, 2, 1, 1],
    6: [6, 5, 4, 4, 3, 3],
}


def alike(correlations, sizes, shared: float, count: int):
    """Draw zoos whose networks share a part of their numbers with their family."""
    macs_time, acts_time, macs_acts = correlations
    matrix = [[1, macs_acts, macs_time], [macs_acts, 1, acts_time], [macs_time, acts_time, 1]]
    root = np.linalg.cholesky(matrix).T
    of = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.default_rng(11)
    for _ in range(count):
        common = rng.standard_normal((len(sizes), 3)) @ root
        own = rng.standard_normal((len(of), 3)) @ root
        yield math.sqrt(shared) * common[of] + math.sqrt(1 - shared) * own, of


@pytest.mark.parametrize("families", FAMILIES)
def test_where_families_are_alike_resampling_them_covers_and_resampling_networks_does_not(
    families: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loglog, "RESAMPLES", 1000)
    truth = ZOOS[0][1] ** 2 - ZOOS[0][0] ** 2
    by_family, by_network = [], []
    for zoo, of in alike(ZOOS[0], FAMILIES[families], 0.9, 300):
        found = r_squared_gain(points(zoo, [str(family) for family in of]))
        by_family.append(found.low <= truth <= found.high)
        found = r_squared_gain(points(zoo))
        by_network.append(found.low <= truth <= found.high)
    assert np.mean(by_family) >= 0.93
    assert np.mean(by_network) < 0.93


def test_the_order_of_networks_does_not_matter() -> None:
    [zoo] = zoos(ZOOS[0], 1, 30)
    names = [f"family {i % 10}" for i in range(30)]
    one = r_squared_gain(points(zoo, names))
    other = r_squared_gain(points(zoo[::-1], names[::-1]))
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


def test_too_few_families_have_no_interval_however_many_networks() -> None:
    [zoo] = zoos(ZOOS[0], 1, 60)
    names = [f"family {i % (loglog.MIN_FAMILIES - 1)}" for i in range(60)]
    found = r_squared_gain(points(zoo, names))
    assert (found.method, found.n) == ("none", 60)


def test_ten_times_the_flops_cost_what_the_slope_says() -> None:
    [zoo] = zoos(ZOOS[3], 1, 40)
    found = growth(points(zoo))
    line = stats.linregress(zoo[:, 0], zoo[:, 2])
    assert found.value == pytest.approx(10**line.slope)
    assert found.low < found.value < found.high
