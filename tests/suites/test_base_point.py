"""Suites about the way of running: one change of the base point at a time, and grids."""

from dataclasses import replace
from pathlib import Path

import pytest

from effprof.core.cells import DEFAULTS, Cell
from effprof.sweep.suite import expand, load_suite, suite_names
from tests.sweep.test_suite import AnyZoo

PAGE = Path(__file__).resolve().parents[2] / "docs" / "suites.md"

GRIDS = [name for name in suite_names() if name.startswith("cpu_grid_")]
SINGLE = [name for name in suite_names() if name.startswith("cpu_") and name not in GRIDS]
PAIR = {"efficientnet_b0", "resnet50"}


def cells_of(name):
    return expand(load_suite(name), AnyZoo()).cells


def changed(cell):
    """The axes of a way of running that are not at the base point."""
    return {axis for axis, value in DEFAULTS.items() if getattr(cell, axis) != value}


@pytest.mark.parametrize("name", SINGLE)
def test_one_axis_is_changed_at_a_time(name):
    cells = cells_of(name)
    axes = set().union(*map(changed, cells))
    assert all(len(changed(cell)) <= 1 for cell in cells)
    assert len(axes) == (0 if name == "cpu_resolution" else 1)


@pytest.mark.parametrize("name", [*SINGLE, *GRIDS])
def test_the_base_point_of_both_networks_is_in_every_run(name):
    base = {cell.model for cell in cells_of(name) if not changed(cell)}
    assert base >= PAIR
    assert load_suite(name).repeats == 4


@pytest.mark.parametrize("name", GRIDS)
def test_grids_are_of_two_networks(name):
    assert {cell.model for cell in cells_of(name)} == PAIR


@pytest.mark.parametrize("batch", [1, 8])
def test_grids_hold_every_combination(batch):
    suites = [name for name in GRIDS if f"cpu_grid_{batch}" in (name, name.rpartition("_")[0])]
    ways = {cell.setting for name in suites for cell in cells_of(name)}
    base = Cell("", 0, batch_size=batch)
    assert ways >= {
        replace(base, execution=execution, memory_format=layout, allocator=allocator, threads=count)
        for execution in ("eager", "compile", "bn-folded")
        for layout in ("nchw", "nhwc")
        for allocator in ("kept", "default")
        for count in (1, 2)
    }


def test_the_subject_comes_first():
    assert all(cells_of(name)[0].model == "efficientnet_b0" for name in [*SINGLE, *GRIDS])


@pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not beside the tests")
def test_the_page_of_suites_names_each_of_them():
    text = PAGE.read_text("utf-8")
    assert [name for name in suite_names() if f"`{name}`" not in text] == []
