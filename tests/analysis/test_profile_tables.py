"""Rows made from a profile: by role, module and operator, each kind summing to the total."""

import pytest

from effprof.analysis.profile_tables import ITSELF, leaves, module_tree, op_rows, role_rows
from tests.small_profile import OPS, op, profile


def test_roles_modules_and_operators_sum_to_the_total():
    one = profile()
    expected = pytest.approx(one.op_seconds)
    assert sum(row.part.seconds for row in role_rows(one)) == expected
    assert sum(row.part.seconds for row in op_rows(one)) == expected
    for depth in (1, 2, 5):
        tree = module_tree(one, depth)
        assert tree.part.seconds == expected
        assert sum(leaf.part.seconds for leaf in leaves(tree)) == expected
        assert sum(leaf.part.calls for leaf in leaves(tree)) == len(OPS)
    assert sum(row.part.share for row in role_rows(one)) == pytest.approx(1)


def test_every_module_is_the_sum_of_its_children():
    def numbers(node):
        part = node.part
        return part.calls, part.seconds, part.share, node.squeeze_excite, node.invisible

    pending = [module_tree(profile(), 9)]
    while pending:
        node = pending.pop()
        pending += node.children
        if node.children:
            together = [sum(column) for column in zip(*map(numbers, node.children), strict=True)]
            assert together == pytest.approx(numbers(node))


def test_what_a_module_does_itself_is_a_child_of_its_own():
    tree = module_tree(profile(), 2)
    assert [child.name for child in tree.children] == ["stem", "stem_act", "blocks", "head", ITSELF]
    (block,) = tree.children[2].children
    assert (block.path, block.name, block.children) == ("blocks.0", "0", ())
    deeper = module_tree(profile(), 3).children[2].children[0]
    assert [child.path for child in deeper.children][-2:] == ["blocks.0.pw", "blocks.0"]
    assert deeper.children[-1].part.seconds == pytest.approx(0.3e-3)
    paths = [leaf.path for leaf in leaves(module_tree(profile(), 9))]
    assert len(paths) == len(set(paths))


def test_modules_that_are_nothing_but_se_are_highlighted():
    found = {leaf.path for leaf in leaves(module_tree(profile(), 3)) if leaf.highlighted}
    assert found == {"blocks.0.se"}


def test_a_module_whose_name_begins_as_its_neighbours_stays_apart():
    ops = (
        op("mul", "other", "act", 1),
        op("mul", "other", "act1.x", 2),
        op("mul", "other", "a", 4),
    )
    names = {leaf.path: leaf.part.seconds * 1e3 for leaf in leaves(module_tree(profile(ops), 1))}
    assert names == pytest.approx({"act": 1, "act1": 2, "a": 4})


def test_sigmoids_stand_out_wherever_they_are_and_log_sigmoid_is_none():
    ops = tuple(
        op(name, "activation", "m", 1)
        for name in ("sigmoid", "hardsigmoid_", "sigmoid_backward", "log_sigmoid", "silu")
    )
    marked = {row.op for row in op_rows(profile(ops)) if row.highlighted}
    assert marked == {"sigmoid", "hardsigmoid_", "sigmoid_backward"}


def test_operators_on_other_kernels_are_other_rows():
    rows = {(row.op, row.kernels): row.part.calls for row in op_rows(profile())}
    assert rows["convolution", ("onednn",)] == 1
    assert rows["convolution", ("onednn", "onednn")] == 1
    assert len([row for row in op_rows(profile()) if row.op == "convolution"]) == 4
