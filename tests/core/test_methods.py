"""A change of the method moves some numbers of some cells, and no others."""

from dataclasses import replace

import pytest

from effprof.core.cells import Cell
from effprof.core.formats import BENCHMARK, TIMM
from effprof.core.methods import (
    BATCH_NORMS,
    CHANGES,
    METHOD_VERSION,
    is_version,
    method_of,
    method_of_count,
    said_of,
)
from effprof.core.metrics import METRICS
from effprof.core.outcomes import Conditions
from effprof.cost.count import counter
from tests.runs import measurement, profile, static_cost

INFERENCE = measurement(0.1)
PLAIN = replace(INFERENCE, timing=replace(INFERENCE.timing, forward=(0.03,)))  # training
GIVEN = {BATCH_NORMS: "49 given statistics"}
SETTLED = replace(PLAIN, settings=GIVEN | {"autocast": "off"})
SETTLED_HALVES = replace(PLAIN, settings=GIVEN | {"autocast": "bfloat16"})
CAST = replace(PLAIN, settings={"autocast": "bfloat16"})
CLOCKED = replace(INFERENCE, conditions=Conditions(allocator="glibc, heap kept"))
ON_GPU = replace(PLAIN, profile=profile(Cell("timm/resnet50", 224), 0.1))
SPEEDS = {"step_seconds", "latency_p50_seconds", "joules_per_image"}
NAMES = {*METRICS, "role_seconds:norm"}


def moved(done, method="2"):
    return {name for name in NAMES if method_of(method, name, done) == "2"}


@pytest.mark.parametrize(
    ("done", "names"),
    [
        (PLAIN, set()),  # training, or a network without batch norms
        (None, set()),  # counted
        (SETTLED, SPEEDS | {"role_seconds:norm"}),
        (SETTLED_HALVES, SPEEDS | {"role_seconds:norm", "peak_rss_bytes"}),
        (CAST, {"role_seconds:norm"}),
        (CLOCKED, {"role_seconds:norm"}),
        (ON_GPU, {"role_seconds:norm"}),
    ],
)
def test_version_2_moves_the_speed_of_networks_that_were_given_statistics(done, names):
    assert moved(done) == names


@pytest.mark.parametrize("done", [PLAIN, SETTLED, CAST, ON_GPU, None])
def test_numbers_of_version_1_stay_of_version_1(done):
    assert moved(done, "1") == set()
    assert {method_of("1", name, done) for name in NAMES} == {"1"}


@pytest.mark.parametrize("method", [BENCHMARK.method, TIMM.method])
def test_methods_of_others_stay_what_they_are(method):
    assert not is_version(method)
    assert method_of(method, "step_seconds", SETTLED) == method


def test_versions_rise_and_say_what_they_changed():
    versions = [change.version for change in CHANGES]
    assert versions == sorted(versions)
    assert str(versions[-1]) == METHOD_VERSION
    assert all(said_of(str(version)) for version in versions)
    assert said_of("1") == ""


def profiled(role, op):
    done = replace(INFERENCE, profile=profile(Cell("timm/resnet50", 224), 0.1))
    (first, *others) = done.profile.ops
    ops = (replace(first, role=role, op=op), *others)
    return replace(done, profile=replace(done.profile, ops=ops))


def test_version_3_counts_products():
    moved = {name for name in METRICS if method_of("3", name, None) == "3"}
    assert moved == {"macs", "activations"}


@pytest.mark.parametrize(
    ("method", "counter", "version"),
    [
        ("2", "effprof static cost 1 (formulas of torch 2.9)", "1"),
        ("2", "effprof static cost 2 (formulas of torch 2.9)", "3"),  # counted anew
        ("3", "effprof static cost 1 (formulas of torch 2.9)", "1"),
        ("3", "effprof static cost 2 (formulas of torch 2.9)", "3"),
        ("3", "", "1"),
        (TIMM.method, "timm's file, rounded", TIMM.method),
    ],
)
def test_a_count_is_of_the_version_of_its_counter_whatever_that_of_its_run(
    method, counter, version
):
    counted = replace(static_cost(Cell("timm/resnet50", 224)), counter=counter)
    assert method_of_count(method, "activations", counted) == version
    if is_version(method):
        assert method_of_count(method, "params", counted) == "1"


def test_the_counter_of_today_came_with_a_method_and_counts_products():
    counted = replace(static_cost(Cell("timm/resnet50", 224)), counter=counter())
    assert method_of_count("1", "macs", counted) == "3"
    assert counted.activations is not None


@pytest.mark.parametrize(
    ("role", "op", "version"),
    [
        ("recurrent", "sigmoid_", "3"),
        ("attention", "_transformer_encoder_layer_fwd", "3"),
        ("dense conv", "deform_conv2d", "3"),
        ("attention", "_scaled_dot_product_flash_attention_for_cpu", "2"),
        ("attention", "bmm", "2"),
        ("linear", "addmm", "2"),
    ],
)
def test_version_3_moves_the_roles_of_networks_with_operators_that_it_names(role, op, version):
    found = method_of("3", "role_seconds:other", profiled(role, op))
    assert found == version
