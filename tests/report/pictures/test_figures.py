"""Pictures: what is drawn is what was measured, and no label covers another."""

import itertools
from dataclasses import replace

import pytest
from matplotlib.colors import to_rgba
from matplotlib.text import Annotation, Text

from effprof.models.registry import FAMILIES, family
from effprof.report.families import LOOKS, OTHER, look_of
from effprof.report.page import Page
from effprof.report.pictures import memory, predictors, promise, throughput, time_flops
from effprof.report.pictures.labels import spread
from effprof.report.pictures.style import (
    COLOURS,
    SMALL,
    house_style,
    new_figure,
    speed_up_axis,
)
from effprof.report.pictures.time_flops import _by_importance
from effprof.report.pictures.views import view_of
from effprof.report.view import chosen
from effprof.study.predictors import predictions
from effprof.study.study import Study
from tests.report.views import changed, only
from tests.report.zoo import ZOO, zoo_run
from tests.runs import sample_run


@pytest.fixture(autouse=True)
def _style():
    with house_style():
        yield


def view(run):
    page = Page(Study(run))
    return view_of(page, page.study.first_settings[0])


def legend_of(figure):
    (legend,) = figure.legends
    return zip(legend.get_texts(), legend.legend_handles, strict=True)


def renamed(run, models):
    def of(thing):
        return replace(thing, model=models.get(thing.model, thing.model))

    invocation = replace(
        run.invocation,
        cells=tuple(map(of, run.invocation.cells)),
        reference=models.get(run.invocation.reference, run.invocation.reference),
    )
    return replace(
        run,
        invocation=invocation,
        costs=tuple(map(of, run.costs)),
        repeats=tuple(replace(each, cell=of(each.cell)) for each in run.repeats),
    )


@pytest.mark.parametrize(
    "draw",
    [promise.draw, time_flops.draw, throughput.draw, memory.draw, predictors.draw],
)
def test_no_text_is_smaller_than_eight_points(draw):
    figure = draw(view(zoo_run(gpu=draw is memory.draw)))  # a CPU has one kind of memory only
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert min(sizes) >= SMALL


def test_names_of_points_do_not_overlap_and_are_all_there():
    figure = time_flops.draw(view(zoo_run()))
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [
            Text.get_window_extent(text) for text in axes.texts if isinstance(text, Annotation)
        ]
        assert len(boxes) == len(ZOO) - ("128" in axes.get_title())  # one ran out of memory
        assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_the_subject_the_reference_and_its_line_find_room_before_others_and_variants_last():
    shown = view(renamed(zoo_run((8,)), {"timm/resnet18": "effprof:efficientnet?se=off"}))
    order = [each.label for each in _by_importance(shown.results, shown)]
    assert order[:5] == [
        *("efficientnet_b0", "resnet50"),
        *("efficientnet_b1", "efficientnet_b2", "efficientnet_b4"),
    ]
    assert order[-1] == "effprof:efficientnet?se=off"


def test_points_lie_where_they_were_measured():
    shown = view(sample_run((1,)))
    axes = time_flops.draw(shown).axes[0]
    points = sorted(
        tuple(line.get_xydata()[0]) for line in axes.lines if len(line.get_xdata()) == 1
    )
    expected = sorted((each.flops, 1 / each.images_per_second.value) for each in shown.results)
    assert points == expected


def test_bars_reach_from_one_to_promise_and_realised():
    shown = view(sample_run((1,)))
    axes = promise.draw(shown).axes[0]
    ends = {round(bar.get_x() + bar.get_width(), 6) for bar in axes.patches}
    compared = shown.setting.compared
    speed_ups = [each.promise for each in compared] + [each.realised.value for each in compared]
    assert ends == {round(x, 6) for x in speed_ups}


def test_the_text_of_a_bar_stands_beyond_its_bars_and_its_interval():
    shown = view(sample_run((1,)))

    def widened(each):
        realised = replace(each.realised, high=each.realised.high * 9)
        return replace(each, values={**each.values, "realised": realised})

    wide = changed(shown, widened)
    ends = [
        max(each.promise, each.realised.value, each.realised.high) for each in wide.setting.compared
    ]
    texts = promise.draw(wide).axes[0].texts
    assert {round(text.xy[0], 6) for text in texts} == {round(end, 6) for end in ends}


def test_bars_have_the_colours_of_their_families_which_the_legend_names():
    figure = promise.draw(view(zoo_run((8,))))
    axes = figure.axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    realised = [bar for bar in axes.patches if bar.get_height() == pytest.approx(0.42)]
    assert len(realised) == len(ZOO) - 1
    entries = {text.get_text(): patch for text, patch in legend_of(figure)}
    for bar in realised:
        own = look_of(family(names[round(bar.get_y() + 0.21)])).colour
        assert bar.get_facecolor() == to_rgba(own)
        assert any(
            patch.get_facecolor() == to_rgba(own)
            for text, patch in entries.items()
            if text.startswith("realised: ")
        )
    assert "realised: MobileNetV2, MobileNetV3" in entries


@pytest.mark.parametrize("batch_sizes", [(8,), (1, 8, 32)])
def test_texts_of_bars_end_where_the_axis_does(batch_sizes):
    figure = promise.draw(view(zoo_run(batch_sizes)))
    figure.draw_without_rendering()
    free = []
    for axes in figure.axes:
        end = axes.get_window_extent().x1
        free += [end - Text.get_window_extent(text).x1 for text in axes.texts]
    assert 0 <= min(free) < 0.15 * figure.axes[0].get_window_extent().width


def test_variants_are_named_by_their_knobs_over_two_lines():
    base = "effprof:efficientnet"
    long = f"{base}?width=1.4&depth=1.8&resolution=380&fused=1-3"
    models = {
        "timm/resnet50": base,
        "timm/resnet18": long,
        "timm/mobilenetv2_100": f"{base}?se=off",
    }
    plain, knobs = view(sample_run((1,))), view(renamed(sample_run((1,)), models))
    axes = promise.draw(knobs).axes[0]
    names = {text.get_text() for text in axes.get_yticklabels()}
    assert names == {"efficientnet_b0", "se=off", "width=1.4 depth=1.8\nresolution=380 fused=1-3"}
    assert promise.draw(knobs).get_figheight() > promise.draw(plain).get_figheight()
    assert axes.get_xlabel() == f"speed-up over {base}"


def test_an_axis_of_speed_ups_has_ticks_however_narrow_it_is():
    for low, high, least in ((0.8, 1.9, 4), (0.3, 3, 4), (0.01, 100, 4)):
        axes = new_figure(6, 2).subplots()
        speed_up_axis(axes, low, high)
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert least <= len(ticks) <= 12
        assert 1.0 in ticks


def test_predictors_are_drawn_at_their_statistics_and_not_for_too_few_networks():
    shown = view(zoo_run())
    ranks = predictors.draw(shown).axes[0]
    drawn = {round(float(x), 6) for line in ranks.lines for x in line.get_xdata()}
    found = predictions(shown.results)
    first = min(each.batch_size for each in found)
    ranked = [each.statistics["spearman"] for each in found if each.batch_size == first]
    assert {round(each.value, 6) for each in ranked} <= drawn
    assert predictors.draw(view(sample_run())) is None


def test_a_lost_cell_is_named_in_the_row_without_bar():
    axes = promise.draw(view(zoo_run((1, 8, 32, 128)))).axes[-1]
    assert "oom" in [text.get_text() for text in axes.texts]


def test_every_network_has_a_line_over_the_batch_sizes():
    figure = throughput.draw(view(zoo_run()))
    named = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert named == {name.partition("/")[2] for name in ZOO}


def test_what_cannot_be_drawn_is_left_out():
    assert throughput.draw(view(zoo_run((8,)))) is None
    shown = view(sample_run((1,)))
    assert promise.draw(only(shown, shown.is_reference)) is None


def test_every_family_of_the_registry_has_a_look_of_its_own():
    assert set(LOOKS) == set(FAMILIES)
    assert len({*LOOKS.values(), OTHER}) == len(LOOKS) + 1
    assert look_of("EfficientNet").colour == COLOURS[0]


def test_panels_show_the_ends_of_the_batch_sizes():
    sizes = [1, 2, 4, 8, 16, 32, 64]
    assert chosen(sizes)[0] == 1
    assert chosen(sizes)[-1] == 64
    assert len(chosen(sizes)) == 4
    assert chosen([1, 8]) == [1, 8]


def test_spread_values_keep_their_order_and_distance():
    values = [5.0, 1.0, 1.1, 1.2, 9.0]
    moved = spread(values, 1.0)
    ranks = sorted(range(5), key=values.__getitem__)
    assert ranks == sorted(range(5), key=moved.__getitem__)
    gaps = [b - a for a, b in itertools.pairwise(sorted(moved))]
    assert min(gaps) >= 1.0 - 1e-9
