import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.models.registry import published_coefficients
from effprof.models.scaling import (
    Coefficients,
    coefficients,
    flops_base,
    round_channels,
    round_depth,
    stages,
)

CHANNELS = st.integers(1, 4096)
WIDTHS = st.floats(0.05, 8)
DIVISORS = st.sampled_from([1, 4, 8, 16, 32])


@given(CHANNELS, WIDTHS, DIVISORS)
def test_channels_are_multiples_and_never_lose_more_than_a_tenth(channels, width, divisor):
    rounded = round_channels(channels, width, divisor)
    assert rounded % divisor == 0
    assert rounded >= divisor
    assert rounded >= 0.9 * channels * width


@given(CHANNELS, WIDTHS, DIVISORS)
def test_channels_are_rounded_to_a_neighbouring_multiple(channels, width, divisor):
    assert round_channels(channels, width, divisor) - channels * width <= divisor


@given(st.integers(1, 16), st.floats(0.01, 8))
def test_depth_is_rounded_up(layers, depth):
    assert 0 <= round_depth(layers, depth) - layers * depth < 1


@given(CHANNELS, WIDTHS, DIVISORS)
def test_channels_agree_with_timm(channels, width, divisor):
    from timm.models._efficientnet_builder import round_channels as oracle

    assert round_channels(channels, width, divisor) == oracle(channels, width, divisor)


@pytest.mark.parametrize("phi", [-3, -1, -0.5, 0, 0.5, 1, 2.5, 7])
def test_any_phi_scales_all_three_dimensions(phi):
    scale = coefficients(phi)
    assert scale == Coefficients(1.2**phi, 1.1**phi, round(224 * 1.15**phi))


def test_one_step_of_phi_costs_about_twice_the_flops():
    assert flops_base() == pytest.approx(1.920, abs=5e-4)
    assert flops_base(2, 3, 5) == 2 * 9 * 25


def test_the_published_coefficients_are_not_the_formula():
    assert published_coefficients(0) == coefficients(0)
    assert published_coefficients(1) == Coefficients(depth=1.1, width=1.0, resolution=240)
    assert published_coefficients(7) == Coefficients(depth=3.1, width=2.0, resolution=600)
    assert published_coefficients(8) is None


#: Table 1 of the paper: input resolution, channels, layers.
TABLE_1 = [
    (224, 32, 1),
    (112, 16, 1),
    (112, 24, 2),
    (56, 40, 2),
    (28, 80, 3),
    (14, 112, 3),
    (14, 192, 4),
    (7, 320, 1),
    (7, 1280, 1),
]


def test_phi_zero_is_the_papers_table():
    rows = [(stage.resolution, stage.channels, stage.layers) for stage in stages(coefficients(0))]
    assert rows == TABLE_1


@given(st.floats(-5, 10))
def test_each_stage_starts_where_the_one_before_ends(phi):
    rows = stages(coefficients(phi))
    assert rows[0].resolution == coefficients(phi).resolution
    for before, after in pairwise(rows):
        assert (
            after.resolution
            == before.out_resolution
            == math.ceil(before.resolution / before.stride)
        )


def test_stem_and_head_grow_wider_but_not_deeper():
    grown = stages(coefficients(7))
    assert [(s.layers, s.channels) for s in (grown[0], grown[-1])] == [(1, 64), (1, 2496)]
