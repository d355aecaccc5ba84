"""Pictures of where the time went: bars meet, shares fill, marks lie where they were measured."""

import itertools
import math
from dataclasses import replace

import pytest
from matplotlib.text import Text

from effprof.core.cells import Cell
from effprof.core.runs import Peak
from effprof.core.units import percent
from effprof.report.page import Page
from effprof.report.pictures import (
    flops_beside_time,
    picture,
    regimes,
    role_time,
    roofline,
    waterfall,
)
from effprof.report.pictures.picture import draw_pictures
from effprof.report.pictures.style import SMALL, house_style
from effprof.report.pictures.views import view_of
from effprof.study.study import Study
from tests.report.views import changed
from tests.runs import OUT_OF_MEMORY, profile, sample_run

B0 = Cell("timm/efficientnet_b0", 224)
SWEPT = (1, 8, 64)
DRAWS = [waterfall.draw, role_time.draw, flops_beside_time.draw, regimes.draw, roofline.draw]


@pytest.fixture(autouse=True)
def _style():
    with house_style():
        yield


def view(run):
    page = Page(Study(run))
    return view_of(page, page.study.first_settings[0])


def result(shown, cell):
    return next(each for each in shown.results if each.cell == cell)


def panel(figure, title):
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == title)


@pytest.mark.parametrize("draw", DRAWS)
def test_no_text_is_smaller_than_eight_points(draw):
    figure = draw(view(sample_run(SWEPT)))
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert min(sizes) >= SMALL


@pytest.mark.parametrize("draw", DRAWS)
def test_without_profiles_nothing_is_drawn(draw):
    assert draw(view(sample_run(profiled=False))) is None


def test_bars_lead_from_the_promise_to_what_was_realised():
    shown = view(sample_run())
    bars = panel(waterfall.draw(shown), "efficientnet_b0, batch 1").patches
    split = result(shown, B0).split
    assert len(bars) == len(split.factors) + 2
    right = [bar.get_x() + bar.get_width() for bar in bars]
    assert (bars[0].get_x(), right[0]) == (1.0, pytest.approx(split.promise))
    level = split.promise
    for bar, end, factor in zip(bars[1:-1], right[1:-1], split.factors.values(), strict=True):
        after = level / factor.whole.value
        assert sorted([level, after]) == pytest.approx([bar.get_x(), end])
        level = after
    assert (bars[-1].get_x(), right[-1]) == (1.0, pytest.approx(level))
    assert level == pytest.approx(split.realised.value)


def texts_and_bars(axes):
    """Boxes of the texts of a waterfall with those of the bars in their row, in pixels."""
    for text in axes.texts:
        bars = [bar for bar in axes.patches if abs(bar.get_y() + 0.33 - text.xy[1]) < 0.1]
        yield Text.get_window_extent(text), [bar.get_window_extent() for bar in bars]


@pytest.mark.parametrize("batch_sizes", [(1,), (1, 8)])
def test_texts_of_a_waterfall_stand_inside_and_beside_their_bars(batch_sizes):
    figure = waterfall.draw(view(sample_run(batch_sizes)))
    figure.draw_without_rendering()
    for axes in figure.axes:
        window = axes.get_window_extent()
        for box, bars in texts_and_bars(axes):
            assert len(bars) == 1
            assert window.x0 <= box.x0
            assert box.x1 <= window.x1
            assert not any(box.x0 < bar.x1 and bar.x0 < box.x1 for bar in bars)


def test_a_waterfall_ends_at_twice_its_largest_speed_up_where_texts_have_room():
    shown = view(sample_run((1,)))
    largest = max(each.split.promise for each in shown.results if not shown.is_reference(each))
    ends = [axes.get_xlim()[1] for axes in waterfall.draw(shown).axes]
    assert ends == pytest.approx([2 * largest] * len(ends))


def test_the_reference_stands_beside_the_subject():
    axes = role_time.draw(view(sample_run((1,)))).axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()][::-1]
    assert names == ["efficientnet_b0", "resnet50", "mobilenetv2_100", "resnet18"]


def test_a_large_role_within_other_is_named():
    run = sample_run((1,), 1)

    def pooled(repeat):
        if repeat.cell.model != "timm/resnet18":
            return repeat
        seen = repeat.outcome.profile
        ops = tuple(replace(o, role="pool") if o.role == "dense conv" else o for o in seen.ops)
        return replace(repeat, outcome=replace(repeat.outcome, profile=replace(seen, ops=ops)))

    moved = view(replace(run, repeats=tuple(map(pooled, run.repeats))))
    seen = next(each for each in moved.results if each.label == "resnet18").part.profile
    share = seen.by(lambda op: op.role)["pool"] / seen.op_seconds
    for shown, expected in ((moved, [f"pool {percent(share)}"]), (view(run), [])):
        shares = panel(role_time.draw(shown), "batch 1: share of it")
        told = [text.get_text() for text in shares.texts]
        assert [text for text in told if "pool" in text] == expected


def test_texts_behind_stacks_end_where_the_axis_does():
    figure = role_time.draw(view(sample_run((1,))))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    end = max(Text.get_window_extent(text).x1 for text in axes.texts)
    assert 0 <= axes.get_window_extent().x1 - end < 20


def test_stacked_roles_reach_the_operators_time_and_one():
    shown = view(sample_run((1,)))
    figure = role_time.draw(shown)
    for title, ends in {
        "batch 1: time of the operators per image": [each.op_seconds for each in shown.results],
        "batch 1: share of it": [1.0],
    }.items():
        bars = panel(figure, title).patches
        rows = {round(bar.get_y(), 6) for bar in bars}
        reached = [
            max(b.get_x() + b.get_width() for b in bars if round(b.get_y(), 6) == row)
            for row in rows
        ]
        assert sorted(reached) == pytest.approx(sorted(ends) if len(ends) > 1 else [1.0] * 4)


def test_marks_lie_at_the_intensity_and_speed_of_their_role():
    shown = view(sample_run((1,)))
    found = {
        tuple(point.get_offsets()[0])
        for axes in roofline.draw(shown).axes
        for point in axes.collections
        if len(point.get_offsets()) == 1
    }
    part = result(shown, B0).part
    cost = part.cost.by_role["pointwise conv"]
    seconds = part.profile.by(lambda op: op.role)["pointwise conv"]
    expected = (cost.flops / cost.bytes_moved, cost.flops / seconds)
    assert any(point == pytest.approx(expected) for point in found)


def copies(**bandwidths):
    """Peaks of copies in the levels of memory of a CPU with these caches, in GB/s."""
    sizes = {"memory": "256 MiB", "L3": "8 MiB", "L2": "256 KiB", "L1": "8 KiB"}
    return tuple(
        Peak("copy", "bytes", sizes[level], speed * 1e9) for level, speed in bandwidths.items()
    )


def with_copies(run, **bandwidths):
    marks = run.invocation.fingerprint
    gating = marks.gating | {"caches": "L1d 32 KiB, L2 1 MiB, L3 32 MiB"}
    invocation = replace(run.invocation, fingerprint=replace(marks, gating=gating))
    products = tuple(peak for peak in run.peaks if peak.kind != "copy")
    return replace(run, invocation=invocation, peaks=(*products, *copies(**bandwidths)))


def strips(texts):
    """Where slanted texts lie across their slant, in pixels: their lower and upper sides."""
    for text in texts:
        angle, (x, y) = math.radians(text.get_rotation()), text.get_position()
        x, y = text.axes.transData.transform((x, y))
        level = Text(text=text.get_text(), fontsize=text.get_fontsize(), figure=text.figure)
        below = y * math.cos(angle) - x * math.sin(angle)
        yield below, below + level.get_window_extent().height


@pytest.mark.parametrize(
    ("bandwidths", "names"),
    [
        ({"memory": 12.3, "L3": 13.1, "L2": 80.0}, ["main memory, 12.3 GB/s; L3, 13.1 GB/s", "L2"]),
        ({"memory": 12.3, "L3": 11.9, "L2": 12.0}, ["L3, 11.9 GB/s; L2, 12.0 GB/s; main memory"]),
        ({"memory": 10.0, "L3": 40.0, "L2": 160.0}, ["main memory", "L3", "L2"]),
        *[({"memory": 10.0, "L3": 10.0 * f}, None) for f in (1.1, 1.2, 1.3, 1.4, 1.5, 1.7, 2.0)],
    ],
)
def test_names_of_bandwidths_do_not_lie_on_each_other(bandwidths, names):
    figure = roofline.draw(view(with_copies(sample_run((1,)), **bandwidths)))
    figure.draw_without_rendering()
    panels = [axes for axes in figure.axes if axes.get_title() == "counted by FLOPs"]
    assert panels
    for axes in panels:
        slanted = [text for text in axes.texts if text.get_rotation()]
        told = "; ".join(text.get_text() for text in slanted)
        assert told.count("B/s") == len(bandwidths)
        sides = sorted(strips(slanted))
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(sides))
        if names is not None:
            starts = zip([text.get_text() for text in slanted], names, strict=True)
            assert all(text.startswith(name) for text, name in starts)


def test_the_map_shows_every_regime_and_what_became_of_the_others():
    lost = replace(B0, batch_size=8)
    axes = regimes.draw(
        view(sample_run(SWEPT, outcomes={(lost, i): OUT_OF_MEMORY for i in range(3)}))
    ).axes
    texts = [text.get_text() for text in axes[0].texts]
    assert len(axes[0].patches) == 11
    assert texts.count("oom") == 1


def test_what_the_map_says_below_fits_however_long_a_name_is():
    long = "a_network_with_a_name_of_fifty_letters_that_nobody_says"

    def named(each):
        return replace(each, label=long if each.label == "resnet18" else each.label)

    figure = regimes.draw(changed(view(sample_run(SWEPT)), named))
    figure.draw_without_rendering()
    for text in figure.findobj(Text):
        box = text.get_window_extent()
        assert not text.get_text() or (box.x0 >= 0 and box.x1 <= figure.bbox.x1)


def test_a_close_call_is_hatched():
    run = sample_run(SWEPT, 1)
    done = next(r for r in run.repeats if r.cell == B0).outcome
    gap = 0.21 * done.profile.plain_seconds / len(done.profile.ops)
    close = replace(done, profile=profile(B0, done.profile.plain_seconds, gap))
    rows = tuple(replace(r, outcome=close) if r.cell == B0 else r for r in run.repeats)
    patches = regimes.draw(view(replace(run, repeats=rows))).axes[0].patches
    assert [patch.get_hatch() for patch in patches].count("///") == 1


def test_role_names_from_outside_are_drawn_as_text():
    run = sample_run((1,), 1)
    hostile = "fused ($x_{$)"
    rows = []
    for repeat in run.repeats:
        seen = repeat.outcome.profile
        ops = tuple(replace(op, role=hostile) if op.role == "norm" else op for op in seen.ops)
        outcome = replace(repeat.outcome, profile=replace(seen, ops=ops))
        rows.append(replace(repeat, outcome=outcome))
    costs = tuple(
        replace(
            cost,
            by_role={hostile if role == "norm" else role: c for role, c in cost.by_role.items()},
            kinds=tuple(
                replace(kind, role=hostile) if kind.role == "norm" else kind for kind in cost.kinds
            ),
        )
        for cost in run.costs
    )
    names = {
        p.name for p in draw_pictures(Page(Study(replace(run, repeats=tuple(rows), costs=costs))))
    }
    assert {"waterfall-infer-fp32.png", "roofline-infer-fp32.png"} <= names


def test_training_has_no_pictures_of_its_own_beside_inference(monkeypatch):
    monkeypatch.setattr(picture, "PICTURES", (waterfall.KIND,))
    run = sample_run((1,))
    trained = {cell: replace(cell, mode="train") for cell in run.invocation.cells}
    both = replace(
        run,
        invocation=replace(run.invocation, cells=(*run.invocation.cells, *trained.values())),
        costs=(*run.costs, *(replace(cost, mode="train") for cost in run.costs)),
        repeats=(*run.repeats, *(replace(r, cell=trained[r.cell]) for r in run.repeats)),
    )
    names = {picture.name for picture in draw_pictures(Page(Study(both)))}
    assert "waterfall-infer-fp32.png" in names
    assert "waterfall-train-fp32.png" not in names
    alone = replace(
        both,
        invocation=replace(run.invocation, cells=tuple(trained.values())),
        repeats=both.repeats[len(run.repeats) :],
    )
    assert "waterfall-train-fp32.png" in {p.name for p in draw_pictures(Page(Study(alone)))}


def test_an_absent_panel_says_so():
    lost = replace(B0, batch_size=8)
    figure = waterfall.draw(view(sample_run(outcomes={(lost, i): OUT_OF_MEMORY for i in range(3)})))
    axes = panel(figure, "efficientnet_b0, batch 8")
    assert "not split" in [text.get_text() for text in axes.texts]
    assert math.isfinite(axes.get_xlim()[1])
