"""The picture of the front: points where they were measured, the line of those nobody beats."""

from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from matplotlib.cbook import pts_to_prestep
from matplotlib.text import Annotation, Text

from effprof.analysis.accuracy import quoted
from effprof.core.cells import Cell
from effprof.report.page import Page
from effprof.report.pictures import front
from effprof.report.pictures.style import INK, house_style
from effprof.report.pictures.views import view_of
from effprof.study.study import Study
from tests.report.views import changed, only
from tests.report.zoo import zoo_run


@pytest.fixture(autouse=True)
def _style():
    with house_style():
        yield


@pytest.fixture(scope="module")
def view():
    page = Page(Study(zoo_run((8, 128))))
    return view_of(page, page.study.first_settings[0])


def points_of(results):
    """Speed, quoted accuracy and whether it is quoted at that size, of those that are quoted."""
    told = [(each, quoted(each.model, each.resolution)) for each in results]
    return [
        (each.images_per_second.value, facts.top1, facts.resolution == each.resolution)
        for each, facts in told
        if facts is not None
    ]


def unbeaten(found) -> set[tuple[float, float]]:
    points = [(speed, top1) for speed, top1, same_size in found if same_size]
    return {
        (speed, top1)
        for speed, top1 in points
        if not any((s >= speed and t >= top1) and (s, t) != (speed, top1) for s, t in points)
    }


def at_size(result, resolution):
    return replace(result, values={**result.values, "resolution": resolution})


def step_of(axes):
    (line,) = (line for line in axes.lines if line.get_drawstyle().startswith("steps"))
    return line


def test_the_line_runs_through_the_networks_that_none_beats_at_the_largest_batch(view):
    axes = front.draw(view).axes[0]
    largest = points_of(view.setting.at(128))
    expected = unbeaten(largest)
    corners = {(float(x), float(y)) for x, y in step_of(axes).get_xydata()}
    assert 2 < len(expected) < len(largest)
    assert expected <= corners
    # Left of a point, up to the next slower one, it is as accurate as one gets at that speed.
    assert step_of(axes).get_drawstyle() == "steps-pre"
    assert not (corners & ({(speed, top1) for speed, top1, _ in largest} - expected))


def test_every_quoted_network_is_a_point_with_a_name_and_names_do_not_overlap(view):
    figure = front.draw(view)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    names = [text for text in axes.texts if isinstance(text, Annotation)]
    largest = [
        each for each in view.setting.at(128) if quoted(each.model, each.resolution) is not None
    ]
    assert {text.get_text() for text in names} == {each.label for each in largest}
    boxes = [Text.get_window_extent(text) for text in names]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def crossed(box, line):
    """Whether a line of level and upright pieces runs through a box, both in pixels."""
    for (x0, y0), (x1, y1) in pairwise(line):
        level = min(x0, x1) < box.x1 and max(x0, x1) > box.x0
        if level and min(y0, y1) < box.y1 and max(y0, y1) > box.y0:
            return True
    return False


def test_the_front_strikes_through_no_name(view):
    figure = front.draw(view)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    xs, ys = step_of(axes).get_xydata().T
    line = axes.transData.transform(pts_to_prestep(xs, ys).T)
    boxes = {text.get_text(): Text.get_window_extent(text) for text in axes.texts}
    assert [name for name, box in boxes.items() if crossed(box, line)] == []


def test_the_legend_names_every_line_and_the_reference_is_on_top(view):
    figure = front.draw(view)
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told[-3:] == [
        "the reference, resnet50",
        "front: none is better in both",
        "dotted: EfficientNet by accuracy",
    ]
    marks = [line for line in figure.axes[0].lines if line.get_marker() not in ("None", None)]
    assert marks[-1].get_markeredgecolor() == INK
    single = only(view, lambda each: each.label in ("efficientnet_b0", "resnet18", "resnet50"))
    told = front.draw(single).legends[0].get_texts()
    assert not any(text.get_text().startswith("dotted") for text in told)


def test_without_a_network_at_its_quoted_size_there_is_no_front(view):
    figure = front.draw(changed(view, lambda each: at_size(each, 100)))
    assert not [line for line in figure.axes[0].lines if line.get_drawstyle().startswith("steps")]


def test_a_network_at_another_size_is_hollow_and_not_on_the_line(view):
    def moved(each):
        return at_size(each, 160) if each.label == "convnext_small" else each

    axes = front.draw(changed(view, moved)).axes[0]
    own = next(each for each in view.setting.at(128) if each.label == "convnext_small")
    speed = own.images_per_second.value
    corners = {float(x) for x, _ in step_of(axes).get_xydata()}
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    assert [float(line.get_xdata()[0]) for line in hollow] == [speed]
    assert speed not in corners


def test_there_is_no_picture_of_too_few_or_unquoted_networks(view):
    two = only(view, lambda each: each.label in ("resnet50", "resnet18"))
    assert front.draw(two) is None

    def renamed(each):
        return replace(each, values={**each.values, "model": "timm/unheard_of"})

    assert front.draw(changed(view, renamed)) is None


def test_the_title_counts_the_points_of_the_subject_where_it_has_any_place(view):
    family = view.subject.family
    assert f": {family} holds " in front.draw(view).get_suptitle()
    # Nobody quotes an accuracy of the network that the page is about.
    own = Cell("user:net", 224, batch_size=128)
    unknown = changed(
        view,
        lambda each: (
            replace(each, cell=own, values=each.values | {"family": "user", "model": own.model})
            if each.family == family
            else each
        ),
    )
    assert "holds" not in front.draw(unknown).get_suptitle()
