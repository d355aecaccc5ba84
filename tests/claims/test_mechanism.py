"""Group E on made-up devices, and the MACs of stages against the counted ones."""

import pytest

from effprof.claims.claim import NotMeasured
from effprof.claims.claim_verdicts import settle
from effprof.claims.mechanism import B4_SCALE, CLAIMS, CORNERS
from effprof.claims.stages import early_over_late, stage_macs
from effprof.core.cells import Cell
from effprof.core.outcomes import Memory
from effprof.core.profiles import OpTime, Profile
from effprof.cost import by_module, count_model
from effprof.models.scaling import Coefficients
from tests.evidence import CPU, CUDA, around, evidence, took

BY_ID = {claim.id: claim for claim in CLAIMS}
B4 = "effprof:efficientnet?width=1.4&depth=1.8&resolution=380"
SE, SILU = 1.10, 1.05


def parts(claim_id, *known):
    """The first row of every part, by its id."""
    (finding,) = settle([BY_ID[claim_id]], known)
    return {part.part.id: part.rows[0] for part in finding.parts}


def on_gpu(model, resolution=224, batch=64, **axes):
    return Cell(model, resolution, batch_size=batch, precision="amp-fp16", **axes)


# C22.


@pytest.mark.parametrize(
    ("scale", "name"),
    [
        (Coefficients(1.0, 1.0, 224), "effprof:efficientnet"),
        (B4_SCALE, B4),
        (Coefficients(2.2, 1.6, 456), "effprof:efficientnet?width=1.6&depth=2.2&resolution=456"),
    ],
)
def test_macs_of_stages_are_those_that_are_counted(scale, name):
    counted = by_module(count_model(name, scale.resolution).ops, depth=2)
    by_stage = tuple(counted[f"blocks.{number}"].macs for number in range(7))
    assert stage_macs(scale) == by_stage


def profiled(seconds):
    """A step with these seconds in each stage, half of each in the backward pass, and more."""
    ops = [
        OpTime("convolution", phase, "pointwise conv", f"blocks.{stage}.0.conv_pw", each / 2, True)
        for stage, each in enumerate(seconds)
        for phase in ("forward", "backward")
    ]
    ops.append(OpTime("convolution", "forward", "dense conv", "conv_stem", 9.0, True))
    ops.append(OpTime("addmm", "forward", "classifier", "classifier", 9.0, True))
    return took(1.0, profile=Profile("torch.profiler", "profiled", 5, tuple(ops), 1.0, 1.0))


def test_time_per_mac_of_early_stages_leaves_out_what_is_in_no_stage():
    macs = stage_macs(B4_SCALE)
    even = [each * 1e-12 for each in macs]
    assert early_over_late(B4_SCALE, profiled(even)) == pytest.approx(1.0)
    slow_early = [each * (3 if stage < 3 else 1) for stage, each in enumerate(even)]
    assert early_over_late(B4_SCALE, profiled(slow_early)) == pytest.approx(3.0)


def test_time_per_mac_needs_a_profile_of_every_stage():
    assert early_over_late(B4_SCALE, took(1.0)) is None
    assert early_over_late(B4_SCALE, profiled([0.1] * 6)) is None


def fused(stages, seconds):
    name = f"{B4}&fused={stages}" if stages else B4
    return {on_gpu(name, 380, 32, mode="train"): around(seconds)}


def test_c22_compares_fused_with_unfused_training():
    known = evidence(fused("", 1.0) | fused("1-3", 0.7) | fused("1-5", 0.68) | fused("1-7", 0.75))
    found = parts("C22", known)
    some = found["training_speed_fused_1_3"]
    every = found["training_speed_fused_1_7"]
    assert (some.verdict, some.answer.estimate.value) == ("supported", pytest.approx(1 / 0.7))
    assert (every.verdict, every.answer.estimate.value) == ("supported", pytest.approx(0.68 / 0.75))


# C23.


def test_c23_wants_v2_faster_on_a_gpu_and_hardly_on_a_cpu():
    names = (("timm/efficientnetv2_s", 384, 0.66), ("timm/efficientnet_b4", 380, 1.0))
    gpu = evidence({on_gpu(name, size): around(s) for name, size, s in names})
    cpu = evidence({Cell(name, size): around(1.0) for name, size, _ in names}, kind=CPU)
    (finding,) = settle([BY_ID["C23"]], [gpu, cpu])
    assert [part.verdict for part in finding.parts] == ["supported", "supported"]
    assert finding.verdict == "supported"


# C24.


def factorial(kind=CUDA, execution="eager", se=SE, silu=SILU, both=1.0):
    """B0's four corners: SE and SiLU slow down by factors, and together by one more."""
    return {
        (on_gpu(names[0], execution=execution) if kind == CUDA else Cell(names[0], 224)): around(
            0.1 * (se if has_se else 1) * (silu if has_silu else 1) * joint
        )[:: -1 if has_se else 1]
        for (has_se, has_silu), names in CORNERS.items()
        for joint in [both if has_se and has_silu else 1.0]
    }


@pytest.mark.parametrize("kind", [CUDA, CPU])
def test_c24_finds_both_main_effects(kind):
    found = parts("C24", evidence(factorial(kind), kind=kind))
    se = found["slowdown_se"].answer
    silu = found["slowdown_silu"].answer
    assert (se.estimate.value, silu.estimate.value) == (
        pytest.approx(SE, rel=1e-3),
        pytest.approx(SILU, rel=1e-3),
    )
    assert se.estimate.low < SE < se.estimate.high


def test_a_main_effect_is_the_geometric_mean_of_both_conditional_effects():
    found = parts("C24", evidence(factorial(both=1.21)))
    assert found["slowdown_se"].answer.estimate.value == pytest.approx(SE * 1.1, rel=1e-3)


def test_c24_falls_where_se_is_cheap():
    row = parts("C24", evidence(factorial(se=1.02)))["slowdown_se"]
    assert row.verdict == "refuted"


@pytest.mark.parametrize(("compiled", "verdict"), [(1.3, "supported"), (1.0, "refuted")])
def test_c24_compares_the_gap_compiled_and_eager(compiled, verdict):
    known = evidence(factorial() | factorial(execution="compile", se=compiled))
    row = parts("C24", known)["slowdown_compiled"]
    assert row.answer.estimate.value == pytest.approx(compiled / SE, rel=1e-3)
    assert row.verdict == verdict


def test_a_corner_that_is_missing_is_asked_for():
    cells = factorial()
    del cells[on_gpu("effprof:efficientnet?se=off")]
    answer = parts("C24", evidence(cells))["slowdown_se"].answer
    assert isinstance(answer, NotMeasured)
    assert ("effprof:efficientnet?se=off", 64) in {(w.model, w.batch_size) for w in answer.wanted}


def test_timms_b0_stands_in_for_the_corner_with_both():
    cells = factorial()
    cells[on_gpu("timm/efficientnet_b0")] = cells.pop(on_gpu("effprof:efficientnet"))
    answer = parts("C24", evidence(cells))["slowdown_se"].answer
    assert answer.note == "batch 64, timm/efficientnet_b0"


# C25.


@pytest.mark.parametrize(("slower", "verdict"), [(1.12, "supported"), (1.01, "refuted")])
@pytest.mark.parametrize("kind", [CUDA, CPU])
def test_c25_compares_paddings(kind, slower, verdict):
    names = {"timm/efficientnet_b0": 1.0, "timm/tf_efficientnet_b0": slower}
    cells = {
        (on_gpu(name) if kind == CUDA else Cell(name, 224)): around(0.1 * factor)
        for name, factor in names.items()
    }
    row = parts("C25", evidence(cells, kind=kind))["speed_padding"]
    assert (row.answer.estimate.value, row.verdict) == (pytest.approx(slower), verdict)


def training(act, gib):
    name = f"effprof:efficientnet?act={act}" if act else "effprof:efficientnet"
    used = Memory(peak_allocated_bytes=round(gib * 2**30), peak_reserved_bytes=2**40)
    return {on_gpu(name, mode="train"): [took(0.1, memory=used) for _ in range(3)]}


@pytest.mark.parametrize(
    ("recomputed", "fused", "verdicts"),
    [
        (7.5, 7.6, ("supported", "supported")),
        (9.5, 9.4, ("refuted", "supported")),
        (7.5, 8.5, ("supported", "refuted")),
    ],
)
def test_c25_compares_what_training_keeps(recomputed, fused, verdicts):
    known = evidence(
        training("silu_unfused", 10.0)
        | training("silu_recompute", recomputed)
        | training("", fused)
    )
    found = parts("C25", known)
    ids = ("memory_recomputed_silu", "memory_fused_silu")
    assert tuple(found[each].verdict for each in ids) == verdicts


def test_a_device_that_keeps_no_peak_is_not_measured():
    cells = {
        cell: around(0.1) for act in ("silu_unfused", "silu_recompute") for cell in training(act, 1)
    }
    row = parts("C25", evidence(cells))["memory_recomputed_silu"]
    assert row.answer.reason == "no peak of the allocator was taken"
