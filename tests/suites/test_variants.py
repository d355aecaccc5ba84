"""Suites of variants: what they sweep is what they say, and they can be planned on any device."""

import pytest

from effprof.core.cells import Cell
from effprof.cost import count_cost
from effprof.sweep.suite import Expansion, load_suite
from effprof.sweep.tasks import resolve_suite

SUITES = ("variants", "gpu_friendly", "scaled_down", "resnet_d")
B0 = "effprof:efficientnet"


def expansion(name: str) -> Expansion:
    return resolve_suite(load_suite(name), lambda _: None)


def static(model: str, resolution: int = 224):
    return count_cost(model, resolution)


@pytest.mark.parametrize("name", SUITES)
def test_every_setting_has_the_reference_to_compare_with(name):
    planned = expansion(name)

    def setting(cell: Cell):
        return cell.mode, cell.batch_size, cell.precision, cell.execution

    settings = {setting(cell) for cell in planned.cells}
    assert settings == {setting(c) for c in planned.cells if c.model == planned.reference}
    assert planned.notes == ()


@pytest.mark.parametrize("name", SUITES)
def test_published_verdicts_can_rest_on_them(name):
    assert load_suite(name).repeats == 5
    assert load_suite(name).options.profile


@pytest.mark.parametrize("name", ["variants", "gpu_friendly"])
def test_they_are_planned_on_a_cpu_in_single_precision(here, name):
    few = ("--models", f"{B0},resnet50", "--batch-sizes", "2")
    planned = here("run", name, "--cpu", "--precision", "fp32", *few, "--dry-run", "--json")
    assert planned.returncode == 0, planned.stderr
    assert "fp32" in planned.stdout
    assert "amp" not in planned.stdout


def test_friendly_widths_cost_parameters_and_flops_and_a_smaller_expansion_pays_for_them():
    b0, wide = static(B0), static(f"{B0}?divisor=64")
    paid = static(f"{B0}?divisor=32&expand=4")
    assert 1.1 < wide.parameters / b0.parameters < 1.2
    assert wide.total.macs > 3 * b0.total.macs
    assert paid.total.macs == pytest.approx(b0.total.macs, rel=0.1)
    assert paid.total.activations == pytest.approx(b0.total.activations, rel=0.1)
    models = {cell.model for cell in expansion("gpu_friendly").cells}
    assert {f"{B0}?divisor=64", f"{B0}?divisor=32&expand=4"} <= models


def test_scaled_down_goes_below_b0_step_by_step():
    sizes = {c.model: c.resolution for c in expansion("scaled_down").cells if B0 in c.model}
    macs = [static(model, size).total.macs for model, size in sizes.items()]
    assert macs == sorted(macs, reverse=True)
    assert len(macs) == 5
    assert macs[0] > 5 * macs[-1]


def test_every_resnet_d_stands_beside_its_resnet():
    models = {cell.model for cell in expansion("resnet_d").cells}
    with_d = {model for model in models if model.endswith("d")}
    assert len(with_d) == 6
    assert {model.removesuffix("d") for model in with_d} == models - with_d


@pytest.mark.parametrize("pair", [("silu_recompute", "silu_unfused"), ("silu", "silu_recompute")])
def test_implementations_of_silu_compute_the_same(pair):
    one, other = (static(f"{B0}?act={act}" if act != "silu" else B0) for act in pair)
    assert one.total.macs == other.total.macs
    assert one.parameters == other.parameters
