"""Names beside points: clear of marks and lines, and plainly those of their own points."""

import random
from itertools import combinations
from math import hypot

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from effprof.report.pictures.labels import LEADER_FROM, Label, place_labels
from effprof.report.pictures.style import DPI, house_style

#: Half a mark in points.
MARK = 4.0

#: Names that lie this many points nearer to another mark than to their own mislead.
MISLEADING = 1.0


@pytest.fixture(autouse=True)
def _style():
    with house_style():
        yield


def crowd(seed, count=9, spread=14.0):
    """Points within few millimetres of each other in the middle of a page, in points."""
    noise = random.Random(seed)
    places = [(noise.gauss(250, spread), noise.gauss(180, spread)) for _ in range(count)]
    return [Label(x, y, f"network_{i}") for i, (x, y) in enumerate(places)]


def drawn(labels, **arguments):
    """Place labels on an axis in points; give texts by name with boxes in points, and misses."""
    figure = Figure(figsize=(8, 6), dpi=DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 8 * 72), ylim=(0, 6 * 72))
    missed = place_labels(figure, axes, labels, **arguments)
    figure.draw_without_rendering()
    boxes = {}
    for text in axes.texts:
        extent = Text.get_window_extent(text)
        points = Bbox(extent.get_points() * 72 / figure.dpi)
        boxes[text.get_text()] = points, text.arrow_patch is not None
    return boxes, missed


def gap(box, label):
    across = max(box.x0 - label.x, label.x - box.x1, 0) - max(MARK, label.reach)
    along = max(box.y0 - label.y, label.y - box.y1, 0) - MARK
    return hypot(max(across, 0), max(along, 0))


@pytest.mark.parametrize("seed", range(6))
def test_names_are_clear_of_each_other_and_far_ones_have_a_leader(seed):
    labels = crowd(seed)
    boxes, missed = drawn(labels)
    assert len(boxes) + missed == len(labels)
    assert not any(a.overlaps(b) for (a, _), (b, _) in combinations(boxes.values(), 2))
    for label in labels:
        box, led = boxes.get(label.text, (None, False))
        if box is not None:
            assert led == (gap(box, label) > LEADER_FROM)
    assert any(led for _, led in boxes.values())


def test_a_name_without_leader_stands_nearest_to_its_own_point():
    misled = 0
    for seed in range(6):
        labels = crowd(seed, count=5, spread=7.0)
        boxes, missed = drawn(labels)
        assert missed == 0
        for label in labels:
            box, led = boxes[label.text]
            nearest = min(gap(box, other) for other in labels)
            misled += not led and gap(box, label) - nearest > MISLEADING + 0.01
    assert misled == 0


def test_an_interval_is_kept_clear_to_both_sides():
    wide = Label(250, 180, "wide", reach=60)
    (box, led) = drawn([wide])[0]["wide"]
    assert not led
    assert box.x0 > 310 or box.x1 < 190 or box.y0 > 184 or box.y1 < 176


@pytest.mark.parametrize("end", [(250.0, 500.0), (500.0, 180.0), (500.0, 400.0)])
def test_a_line_through_the_point_leaves_its_name_alone(end):
    point = Label(250, 180, "name")
    away = tuple(2 * middle - far for middle, far in zip((250, 180), end, strict=True))
    box = drawn([point], lines=[[away, end]])[0]["name"][0]
    steps = [i / 2000 for i in range(2001)]
    on_it = [(away[0] + (end[0] - away[0]) * s, away[1] + (end[1] - away[1]) * s) for s in steps]
    assert not any(box.contains(x, y) for x, y in on_it)
