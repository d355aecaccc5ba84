"""Rows of the interactive charts: what they place is what was measured."""

import itertools
import math
from dataclasses import replace

import pytest

from effprof.analysis.split import causes_on
from effprof.core.runs import Peak
from effprof.report.groups import ROLE_GROUPS
from effprof.report.page import Page
from effprof.report.pictures import promise, role_time, roofline, time_flops, waterfall
from effprof.report.pictures.views import view_of
from effprof.study.study import Study
from tests.runs import sample_run


def view(run):
    page = Page(Study(run))
    return view_of(page, page.study.first_settings[0], drawable=str)


def test_points_and_bars_stand_where_it_was_measured():
    shown = view(sample_run())
    measured = {each.cell.key: each for each in shown.results}
    for row in time_flops.rows(shown):
        if row["part"] == "network":
            own = measured[row["cell"]]
            assert row["flops"] == own.flops
            assert row["seconds"] == pytest.approx(1 / own.images_per_second.value)
        else:
            assert row["flops"] / row["seconds"] > 0
    found = list(promise.rows(shown))
    assert len(found) == len(measured) - len(shown.batch_sizes)
    for row in found:
        own = measured[row["cell"]]
        assert (row["promise"], row["realised"]) == (own.promise, own.realised.value)


def test_the_steps_of_a_waterfall_meet():
    found = list(waterfall.rows(view(sample_run((1,)))))
    steps = len(causes_on("cpu")) + 2
    for start in range(0, len(found), steps):
        fall = found[start : start + steps]
        assert fall[0]["start"] == fall[-1]["start"] == 1.0
        for one, other in itertools.pairwise(fall[:-1]):
            assert one["end"] == other["start"]
        assert fall[-2]["end"] == pytest.approx(fall[-1]["end"])


def test_shares_of_time_fill_one_and_seconds_the_operators_time():
    shown = view(sample_run((8,)))
    by_network = {}
    for row in role_time.rows(shown):
        by_network.setdefault(row["network"], []).append(row)
    assert len(by_network) == len(shown.results)
    seconds = {each.label: each.op_seconds / 8 for each in shown.results}
    for name, own in by_network.items():
        assert math.fsum(row["share"] for row in own) == pytest.approx(1)
        assert math.fsum(row["seconds"] for row in own) == pytest.approx(seconds[name])


def test_ceilings_are_a_line_per_level_and_roles_stand_in_the_order_of_the_groups():
    run = sample_run()
    cached = replace(run, peaks=(*run.peaks, Peak("copy", "fp32", "1 MiB", 97e9)))
    shown = view(cached)
    for rows in (roofline.rows, roofline.bandwidth_rows):
        ceilings = [row for row in rows(shown) if row["part"] == "ceiling"]
        levels = [row["level"] for row in ceilings if row["network"] == "efficientnet_b0"]
        assert list(dict.fromkeys(levels)) == [
            "main memory, 36.6 GB/s",
            "copies of 1 MiB, 97.0 GB/s",
        ]
    for row in roofline.rows(shown):
        assert row["part"] == "role" or row["speed"] <= 237e9
    places = {group.name: place for place, group in enumerate(ROLE_GROUPS)}
    assert all(row["place"] == places[row["group"]] for row in role_time.rows(shown))
