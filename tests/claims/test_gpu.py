"""Group C on made-up GPUs: each part stands and falls where it should; and the published files."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from effprof.analysis.pareto import pareto_front
from effprof.claims.claim import REPLICATED, NotMeasured
from effprof.claims.claim_verdicts import settle
from effprof.claims.evidence import Evidence, evidence_of
from effprof.claims.fronts import drawn_fronts, share_of_front
from effprof.claims.gpu import CLAIMS
from effprof.claims.zoo import GPU_POOL
from effprof.core.cells import Cell
from effprof.core.outcomes import Memory
from effprof.core.profiles import Profile
from effprof.store.timm_benchmark import read_timm_benchmark
from effprof.store.timm_origin import Told
from effprof.study.study import Study
from tests.claims.zoos import FACTS, zoo_of
from tests.evidence import CPU, CUDA, around, evidence, took

FILES = Path(__file__).resolve().parents[3] / "shared" / "timm_results"
needs_files = pytest.mark.skipif(not FILES.is_dir(), reason="the published files are not here")

BY_ID = {claim.id: claim for claim in CLAIMS}
NAMES = {
    "B0": ("timm/efficientnet_b0", 224),
    "B1": ("timm/efficientnet_b1", 240),
    "B4": ("timm/efficientnet_b4", 380),
    "B5": ("timm/efficientnet_b5", 456),
    "R50": ("timm/resnet50", 224),
    "RX101": ("timm/resnext101_32x8d", 224),
    "RY4": ("timm/regnety_004", 224),
    "RY80": ("timm/regnety_080", 224),
}


def cell(name, batch=64, precision="amp-fp16", **axes):
    return Cell(*NAMES[name], batch_size=batch, precision=precision, **axes)


def rows(claim_id, *known: Evidence):
    """The first device's row of every part of a claim."""
    (finding,) = settle([BY_ID[claim_id]], known)
    return [part.rows[0] for part in finding.parts]


def speeds(times, **axes):
    """Evidence of networks that take so many seconds for a step, of 64 images if none is said."""
    # The second network drifts the other way, so that the pairs differ.
    return evidence(
        {
            cell(name, **axes): around(seconds)[:: (-1) ** place]
            for place, (name, seconds) in enumerate(times.items())
        }
    )


@pytest.mark.parametrize(
    ("place", "networks", "axes", "threshold", "claimed"),
    [
        (("C9", 0), ("B0", "R50"), {}, 3.0, "below"),
        (("C9", 1), ("B0", "R50"), {"execution": "compile"}, 3.0, "below"),
        (("C10", 0), ("B0", "R50"), {"mode": "train"}, 1.5, "below"),
        (("C10", 1), ("B1", "R50"), {"mode": "train"}, 1.1, "below"),
        (("C11", 0), ("B0", "R50"), {"batch": 1}, 1.0, "below"),
        (("C11", 2), ("B0", "R50"), {"batch": 1, "execution": "cudagraph"}, 1.0, "above"),
        (("C13", 0), ("B4", "R50"), {}, 0.35, "below"),
        (("C14", 0), ("B4", "RX101"), {}, 1.0, "below"),
        (("C15", 0), ("RY80", "B5"), {}, 3.0, "above"),
        (("C15", 1), ("RY4", "B0"), {}, 1.3, "above"),
        (("C16", 1), ("B0", "R50"), {}, 1.5, "above"),
    ],
)
def test_a_speed_ratio_stands_on_its_side_of_the_threshold(
    place, networks, axes, threshold, claimed
):
    (claim_id, part), (above, below) = place, networks
    for factor, side in ((0.8, "below"), (1.25, "above")):
        times = {above: 0.1 / (threshold * factor), below: 0.1}
        row = rows(claim_id, speeds(times, **axes))[part]
        assert row.answer.estimate.value == pytest.approx(threshold * factor, rel=0.01)
        assert row.verdict == ("supported" if side == claimed else "refuted")
        assert (row.answer.estimate.n, row.answer.of) == (5, "processes")
    both = rows(claim_id, speeds({above: 0.1 / threshold, below: 0.1}, **axes))[part]
    assert both.verdict == "inconclusive"


def test_four_processes_are_too_few():
    few = {cell("B4"): around(1.0, 4), cell("R50"): around(0.1, 4)}
    (row,) = rows("C13", evidence(few))
    assert (row.verdict, row.reason.text) == ("inconclusive", "4 processes; at least 5 are needed")


def test_small_batches_do_not_count_as_large():
    answer = rows("C13", evidence({cell(name, 32): around(0.1) for name in ("B4", "R50")}))[
        0
    ].answer
    assert isinstance(answer, NotMeasured)
    assert {wanted.batch_size for wanted in answer.wanted} == {64, 256}


def test_a_port_from_tensorflow_stands_in_and_is_named():
    port = Cell("timm/tf_efficientnet_b4", 380, batch_size=64, precision="amp-fp16")
    (row,) = rows("C13", evidence({port: around(1.0), cell("R50"): around(0.1)}))
    assert row.verdict == "supported"
    assert row.answer.note == "batch 64, timm/tf_efficientnet_b4"


def test_c14_needs_both_devices():
    gpu = speeds({"B4": 0.2, "RX101": 0.1})
    cpu = {cell("B4", 1, "fp32"): around(0.1), cell("RX101", 1, "fp32"): around(0.2)}
    (finding,) = settle([BY_ID["C14"]], [gpu])
    assert finding.verdict == "not measured"
    (finding,) = settle([BY_ID["C14"]], [gpu, evidence(cpu, kind=CPU)])
    assert finding.verdict == "supported"


def test_c12_reads_latency_by_step_and_not_by_image():
    def step(queued, waited):
        return [took(queued * (1 + i / 500), latency=waited * (1 + i / 500)) for i in range(5)]

    known = evidence({cell("B0", 1): step(0.008, 0.010), cell("B0", 64): step(0.012, 0.012)})
    assert rows("C12", known)[0].answer.estimate.value == pytest.approx(1.2)


def busy(share, step=0.01):
    """Five processes in which the device was busy for a share of the plain step."""
    return [
        took(
            step,
            profile=Profile(
                *("torch.profiler", "profiled", 5, ()),
                wall_seconds=step * 1.4,
                plain_seconds=step,
                busy_seconds=step * share * (1 + i / 100),
            ),
        )
        for i in range(5)
    ]


@pytest.mark.parametrize(("share", "expected"), [(0.3, "supported"), (0.7, "refuted")])
def test_c12_takes_the_busy_share_of_the_plain_step(share, expected):
    row = rows("C12", evidence({cell("B0", 1): busy(share)}))[1]
    assert row.answer.estimate.value == pytest.approx(share, rel=0.05)
    assert row.verdict == expected


def test_c12_without_a_profile_is_not_measured():
    answer = rows("C12", evidence({cell("B0", 1): around(0.01)}))[1].answer
    assert isinstance(answer, NotMeasured)
    assert answer.reason == "no device time was taken"
    assert answer.wanted[0].profile


def memory(held, allocated):
    """Memory of five processes; a step that starts with an empty cache needs what is allocated."""
    lost = Memory(allocated, allocated, device_used_bytes=allocated, device_held_bytes=held)
    return [took(0.1, memory=lost) for _ in range(5)]


@pytest.mark.parametrize(("factor", "expected"), [(2.2, "supported"), (1.2, "refuted")])
def test_c17_compares_what_the_device_lost(factor, expected):
    gib = 2**30
    known = evidence(
        {
            cell("B1", 128): memory(int(factor * gib), gib),
            cell("R50", 128): memory(gib, gib),
        }
    )
    nvml, allocator = rows("C17", known)
    assert (nvml.verdict, nvml.answer.estimate.value) == (expected, pytest.approx(factor))
    assert (allocator.verdict, allocator.answer.estimate.value) == ("supported", pytest.approx(1.0))


def test_c17_without_nvml_is_not_measured():
    known = evidence({cell("B1", 128): around(0.1), cell("R50", 128): around(0.1)})
    assert all(isinstance(row.answer, NotMeasured) for row in rows("C17", known))


# C18: fronts.


def test_fronts_of_many_draws_equal_the_front_of_each():
    rng = np.random.default_rng(2)
    gains, pains = rng.integers(0, 9, 25).astype(float), rng.integers(0, 9, (60, 25)).astype(float)
    marked = drawn_fronts(gains, pains)
    for marks, pain in zip(marked, pains, strict=True):
        frame = pd.DataFrame({"gain": gains, "pain": pain})
        assert set(np.flatnonzero(marks)) == set(pareto_front(frame, "gain", "pain"))


def by_macs(gmacs, macts, depthwise):
    return 1e-3 * gmacs


def punished(gmacs, macts, depthwise):
    return 1e-3 * gmacs * (30 if depthwise else 1)


def share(law, noise=0.02, **more):
    known = zoo_of(law, noise=noise, **more)
    return share_of_front("EfficientNet", GPU_POOL, tuple(FACTS), 25)(known)


def test_where_macs_set_the_pace_the_fronts_are_equal():
    found = share(by_macs, noise=0.0)
    assert found.estimate.value == pytest.approx(1.0, abs=0.02)
    assert found.estimate.low <= 1.0 <= found.estimate.high


def test_where_depthwise_networks_are_slow_the_family_loses_its_share():
    found = share(punished)
    assert found.estimate.high < 1
    assert found.estimate.value == pytest.approx(_slowly(zoo_of(punished)), rel=0.1)
    assert found.estimate.low < found.estimate.value < found.estimate.high
    (row,) = rows("C18", zoo_of(punished))
    assert (row.answer.estimate.value, row.answer.of) == (found.estimate.value, "networks")


def test_the_share_is_the_middle_of_what_errors_allow_and_not_an_end_of_it():
    """An error that lifts a network onto the front counts: speeds as they stand are one draw."""
    rng = np.random.default_rng(3)
    stands, drawn = [], []
    for _ in range(40):
        times = {e.cell: e.breakdown.wall for e in zoo_of(punished, noise=0.0).cells}
        noisy = {
            cell: tuple(wall * math.exp(rng.normal(0, 0.05)) for _ in range(5))
            for cell, wall in times.items()
        }
        known = evidence(noisy, [e.cost for e in zoo_of(punished).cells])
        found = share_of_front("EfficientNet", GPU_POOL, tuple(FACTS), 25)(known).estimate
        assert found.low < found.value < found.high
        stands.append(_slowly(known))
        drawn.append(found.low <= _slowly(zoo_of(punished, noise=0.0)) <= found.high)
    assert np.mean(drawn) >= 0.9
    assert np.std(stands) > 0


def _slowly(known):
    """Shares of both fronts, network against network."""
    shares = {}
    for what in ("macs", "seconds"):
        points = []
        for each in known.cells:
            row = next(row for row in FACTS.values() if each.cell.model in row.names)
            seconds = math.exp(np.mean([math.log(s[0]) for s in each.samples.values()]))
            pain = {"macs": each.cost.total.macs, "seconds": seconds}[what]
            points.append((row.top1, pain, row.family))
        front = [
            family
            for top1, pain, family in points
            if not any(t >= top1 and p <= pain and (t, p) != (top1, pain) for t, p, _ in points)
        ]
        shares[what] = front.count("EfficientNet") / len(front)
    return shares["seconds"] / shares["macs"]


def test_one_process_gives_the_share_without_an_interval():
    cells = {each.cell: (each.breakdown.wall,) for each in zoo_of(punished).cells}
    costs = [each.cost for each in zoo_of(punished).cells]
    found = share_of_front("EfficientNet", GPU_POOL, tuple(FACTS), 25)(evidence(cells, costs))
    assert found.estimate.value == pytest.approx(_slowly(evidence(cells, costs)))
    assert found.estimate.value < 1
    assert math.isnan(found.estimate.low)


def test_networks_away_from_the_size_of_their_accuracy_do_not_count():
    known = zoo_of(by_macs)
    moved = {
        Cell(e.cell.model, e.cell.resolution + 32, batch_size=64, precision="amp-fp16"): (0.1, 0.1)
        for e in known.cells
    }
    answer = share_of_front("EfficientNet", GPU_POOL, tuple(FACTS), 25)(evidence(moved))
    assert isinstance(answer, NotMeasured)


@needs_files
def test_published_files_settle_what_they_can():
    """Every file at hand, of both layouts and of all years, is judged by itself, and as a range."""
    names = sorted(file.name for file in FILES.glob("benchmark-*.csv"))
    told_of = {name: Told(threads=14) if "i9" in name else None for name in names}
    known = evidence_of(
        [Study(read_timm_benchmark(FILES / name, told)) for name, told in told_of.items()]
    )
    found = {finding.claim.id: finding for finding in settle(CLAIMS, known)}
    told = {name: finding.verdict for name, finding in found.items()}
    # Compiled on a GPU nobody measured; what there is, is of the author of the statement.
    assert told["C9"] == "not measured"
    parts = {part.part.id: part for part in found["C9"].parts}
    for name in ("speed_eager", "speed_cpu_compiled"):
        assert parts[name].verdict == REPLICATED
        assert [each.id for each in parts[name].reasons] == ["same_source"]
    assert told["C13"] == REPLICATED
    # nchw trains 1.77x as fast as ResNet-50, nhwc 1.44x: one above what is claimed, one not.
    assert told["C10"] == "inconclusive"
    (training, _) = found["C10"].parts
    (row,) = training.rows
    assert [name for name, _ in row.answer.takes] == ["nchw, torch 1.12", "nhwc, torch 1.12"]
    assert [each.value for _, each in row.answer.takes] == pytest.approx([1.77, 1.44], abs=0.01)
    assert row.reason.id == "takes_disagree"
    # Within the error of the files half of what the author states is open.
    assert {told[name] for name in ("C14", "C15", "C18")} == {"inconclusive"}
    assert {told[name] for name in ("C11", "C12", "C16", "C17")} == {"not measured"}
    (ratio,) = found["C13"].parts[0].rows
    assert ratio.published
    assert ratio.answer.of == "pairs of twins or more in each of 4 files"
    # The published pairs, by hand: images/s in the files.
    takes = dict(ratio.answer.takes)
    for name, file in {
        "nchw, torch 2.4.0": "benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv",
        "nhwc, torch 2.4.0": "benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv",
    }.items():
        by_hand = _by_hand(file, "tf_efficientnet_b4", "resnet50")
        assert takes[name].value == pytest.approx(by_hand, rel=0.01)


def _by_hand(file, above, below):
    frame = pd.read_csv(FILES / file)
    size = {"resnet50": 224, "tf_efficientnet_b4": 380}
    one, other = (
        frame[(frame["model"] == name) & (frame["infer_img_size"] == size[name])]
        for name in (above, below)
    )
    return one["infer_samples_per_sec"].iloc[0] / other["infer_samples_per_sec"].iloc[0]


def test_kinds_of_devices_are_those_that_the_claims_speak_of():
    kinds = {part.kind for claim in CLAIMS for part in claim.parts}
    assert kinds == {CUDA, CPU, "none"}
