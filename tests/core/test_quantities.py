"""Quantities: one row each, and everything that is derived from it."""

import pytest

from effprof.core.columns import COLUMNS, columns_of, kind_of
from effprof.core.metrics import METRICS, READINGS
from effprof.core.quantities import LIMITED, OF_CELLS, QUANTITIES, WRITERS


def test_every_quantity_stands_once_and_is_explained():
    assert all(quantity.id == name for name, quantity in QUANTITIES.items())
    assert all(quantity.label and quantity.meaning for quantity in QUANTITIES.values())
    assert set(OF_CELLS) < set(QUANTITIES)


def test_columns_are_the_quantities_and_the_parts_of_estimates():
    estimated = {name for name, quantity in OF_CELLS.items() if quantity.interval}
    assert estimated == {"images_per_second", "next_images_per_second", "realised"}
    assert [name for name in COLUMNS if name in OF_CELLS] == list(OF_CELLS)
    assert len(COLUMNS) == len(OF_CELLS) + 4 * len(estimated)
    assert [c.name for c in columns_of(OF_CELLS["realised"])] == [
        *("realised", "realised_low", "realised_high", "realised_method", "realised_n")
    ]


def test_a_column_of_a_further_estimate_is_told_by_its_name():
    assert kind_of("joules_per_image_method") == "text"
    assert kind_of("joules_per_image_n") == "whole"
    assert kind_of("joules_per_image_low") == kind_of("joules_per_image") == "number"


def test_what_can_be_limited_has_a_better_side_and_an_option_of_its_own():
    assert {quantity.better for quantity in LIMITED.values()} == {"less", "more"}
    assert set(LIMITED) == {"latency", "p90", "memory", "energy", "speed", "accuracy"}
    assert len({quantity.limit.flag for quantity in LIMITED.values()}) == len(LIMITED)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("step_seconds", 0.0171, "17.1 ms"),
        ("peak_rss_bytes", 2.0**20, "1.00 MiB"),
        ("params", 5_288_548, "5.29 M"),
        ("macs", 385_814_752, "386 MMAC"),
        ("promise", 10.598, "10.6x"),
        ("realised_efficiency", 0.434, "43 %"),
        ("images_per_second", 36.63, "36.6"),
        ("joules_per_image", None, "–"),
    ],
)
def test_a_value_is_written_as_its_row_says(name, value, text):
    assert QUANTITIES[name].write(value) == text


def test_every_unit_with_a_writer_is_the_unit_of_something():
    assert set(WRITERS) == {quantity.unit for quantity in QUANTITIES.values()} & set(WRITERS)


def test_what_is_read_is_a_quantity_of_a_cell_and_nights_follow_what_has_a_noise():
    assert set(READINGS) | set(METRICS) <= set(OF_CELLS)
    followed = {name for name, reading in READINGS.items() if reading.noise is not None}
    assert followed == {name for name, metric in METRICS.items() if metric.read is not None}
    assert all(metric.quantity.better == "less" for metric in METRICS.values())
