"""The page of profiles: modules as boxes, to one scale, in the colours of their roles."""

import re

import pytest

from effprof.analysis.profile_tables import role_tree
from effprof.report.groups import ROLE_GROUPS
from effprof.report.html.icicle import icicle
from effprof.report.html.profile import Sheet, Side, render_profiles
from tests.small_profile import OPS, op, profile

COLOURS = {group.name: group.colour for group in ROLE_GROUPS}

#: The same network in half of the time.
FAST = profile(tuple(op(o.op, o.role, o.module, o.seconds * 500, o.counted) for o in OPS))


def walked(node):
    yield node
    for child in node.children:
        yield from walked(child)


def test_every_box_is_as_wide_as_those_below_it_and_the_lowest_play_one_role():
    root = role_tree(profile())
    assert root.seconds == pytest.approx(profile().op_seconds)
    for node in walked(root):
        assert bool(node.role) == (not node.children)
        if node.children:
            assert node.seconds == pytest.approx(sum(child.seconds for child in node.children))
    roles = {}
    for node in walked(root):
        if node.role:
            roles[node.role] = roles.get(node.role, 0.0) + node.seconds
    assert roles == pytest.approx(profile().by_role)


def test_modules_stand_in_the_order_of_execution_with_what_they_do_themselves():
    block = next(node for node in walked(role_tree(profile())) if node.path == "blocks.0")
    assert [child.name for child in block.children] == ["dw", "se", "pw", "residual add"]
    (se,) = (child for child in block.children if child.name == "se")
    assert [child.name for child in se.children] == [
        *("SE squeeze", "reduce", "expand", "gate", "SE scale")
    ]


def test_a_box_has_its_share_of_the_one_above_and_the_colour_of_its_role():
    text = icicle(role_tree(profile()), "timm/net", 0.02, 0.01)
    # The whole took half of the scale.
    assert text.startswith(
        '<ul class="icicle"><li style="width:50%"><span title="timm/net, 10.0 ms'
    )
    (stem,) = re.findall(
        r'<li style="width:([^"]*)"><span title="stem: ([^"]*)"([^>]*)>stem<', text
    )
    width, told, rest = stem
    assert (width, told) == ("20%", "dense conv, 2.00 ms, 20 %")
    assert f"background:{COLOURS['dense conv']};color:#fff" in rest


def test_two_models_are_drawn_on_one_scale():
    sides = (Side("timm/net", "slow", profile()), Side("timm/fast", "fast", FAST))
    page = render_profiles("Some CPU", "effprof profile ...", [Sheet(sides, (), ())])
    widths = re.findall(r'<ul class="icicle"><li style="width:([\d.]+)%"', page)
    assert list(map(float, widths)) == pytest.approx([100, 50])
    alone = render_profiles("Some CPU", "", [Sheet((side,), (), ()) for side in sides])
    assert re.findall(r'<ul class="icicle"><li style="width:([\d.]+)%"', alone) == ["100", "100"]


def test_a_model_without_a_profile_says_why_in_its_place():
    side = Side("timm/net", "timm/net@32: oom: out of memory", None)
    page = render_profiles("Some CPU", "", [Sheet((side, Side("b", "b", FAST)), (), ())])
    assert "<h2>timm/net@32: oom: out of memory</h2>" in page
    assert page.count('class="icicle"') == 1


def test_names_from_outside_stay_text():
    hostile = '"><img/src=x>'
    ops = (op("mul", hostile, hostile, 1.0), op("add", "other", "", 1.0))
    page = render_profiles(
        hostile, hostile, [Sheet((Side(hostile, hostile, profile(ops)),), (), ())]
    )
    assert "<img" not in page
