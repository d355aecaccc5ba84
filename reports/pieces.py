"""The pieces of a reference run on a GPU: one row each, and short access suffices for any.

Order is meaning: what the first half hour is for, then what more time is worth: what the claims ask
for, how much numbers move when nothing changed, whether the instrument can be believed, the suites
whole. A sweep is a suite with some axes replaced; every value stands here as it is typed behind
`effprof run`.
"""

from piece import TINY_MODELS, TINY_REFERENCE, Check, Piece, Series, Sweep

from effprof.claims.claim import PUBLISHED_REPEATS
from effprof.claims.mechanism import B4_SCALE
from effprof.regressions.policies import MIN_NIGHTS

#: How often the suites that no claim waits for are repeated: the least that has an interval.
FEW_REPEATS = 3

_B0, _R50 = "efficientnet_b0", "resnet50"
_OWN_B0 = "effprof:efficientnet"
_BARE = f"{_OWN_B0}?se=off&act=relu6"
_B4 = f"{_OWN_B0}?width={B4_SCALE.width}&depth={B4_SCALE.depth}&resolution={B4_SCALE.resolution}"
_BATCHES = ("1", "8", "32", "64", "128", "256")


def _listed(*names: str) -> str:
    return ",".join(names)


def _infer(models: str, batches: str) -> dict[str, str]:
    """Inference as the claims ask for it: half precision, images as torch lays them out, eager."""
    return {
        "model": models,
        "batch_size": batches,
        "resolution": "paper",
        "mode": "infer",
        "precision": "amp-fp16",
        "memory_format": "nchw",
        "execution": "eager",
    }


def _tests(name: str, purpose: str, guess: int, chosen: str) -> Check:
    """Choose tests that need a GPU by words in their names; in a dry run they are skipped."""
    words = ("-v", "-m", "gpu", "tests/gpu", "-p", "no:cacheprovider", "-k", chosen)
    return Check(name, purpose, "pytest", words, guess, words)


#: What can go wrong on a GPU and nowhere else, in two minutes: words in the names of tests.
SMOKE_TESTS = (
    *("uuid", "known_length", "clock_of_the_host", "unsynchronised", "peak_memory", "nvml"),
    *("energy", "captured_step_is", "asserting", "parts_of", "three_phases", "steps_are_profiled"),
)

_SMOKE = (
    Series(
        "smoke",
        "the three below: is the machine fit, does effprof run on it, how fast is it",
        ("doctor", "smoke-tests", "smoke-cells"),
        seconds=360,
    ),
    Check(
        "doctor",
        "what stands between this machine and good numbers",
        "effprof",
        ("doctor",),
        20,
        ("doctor",),
    ),
    _tests("smoke-tests", "the laws that a GPU breaks first", 100, " or ".join(SMOKE_TESTS)),
    Sweep(
        "smoke-cells",
        "B0 and ResNet-50 at batch 1 and 64, launched one by one and as CUDA graphs: the pace",
        "layout",
        _infer(_listed(_B0, _R50), "1,64") | {"execution": "eager,cudagraph"},
        repeats=1,
    ),
)
_FIRST = (
    Sweep(
        "gpu-first",
        "C9 to C15, C17, C23, C25, C24 eager: a round a call",
        "gpu_first",
        {},
        rounds=True,
        tiny_repeats=2,
        seconds=330,
    ),
    Sweep(
        "b0-profile",
        "C12: the share of B0's step at batch 1 in which the device is busy",
        "paper",
        _infer(_B0, "1"),
        profiled=PUBLISHED_REPEATS,
        energy=0,
        reference=_B0,
        tiny=TINY_REFERENCE,
    ),
)
_MORE = (
    Sweep(
        "zoo",
        "C18 to C21: 36 networks at batch 64, one process each",
        "paper",
        {name: text for name, text in _infer("", "64").items() if name != "model"},
        repeats=1,
        profiled=0,
        energy=0,
    ),
    Sweep(
        "loader",
        "C16: fed from JPEG files by two processes, and not fed at all",
        "loader",
        _infer(_listed(_B0, _R50), "64") | {"loader": "synthetic,jpeg-2w"},
        profiled=0,
        energy=0,
    ),
    Sweep(
        "compiled",
        "C9, C24: B0 with and without SE and SiLU, lite0 and ResNet-50, eager and compiled",
        "variants",
        _infer(_listed(_OWN_B0, _BARE, "efficientnet_lite0", _B0, _R50), "64")
        | {"execution": "eager,compile"},
        energy=0,
        tiny=TINY_REFERENCE,
    ),
    Sweep(
        "fused",
        "C22: B4 with more and more stages fused, training at batch 32",
        "variants",
        _infer(_listed(_B4, *(f"{_B4}&fused={s}" for s in ("1-3", "1-5", "1-7"))), "32")
        | {"mode": "train"},
        profiled=PUBLISHED_REPEATS,
        reference=_B4,
        tiny=_listed(_OWN_B0, f"{_OWN_B0}?fused=1-3"),
    ),
    Sweep(
        "aa",
        "ten cells in twelve rounds, nothing changed",
        "nightly",
        _infer(
            _listed(_B0, "efficientnet_b4", _R50, "mobilenetv3_large_100", "regnety_004"), "1,64"
        ),
        repeats=MIN_NIGHTS,
        energy=0,
        tiny=TINY_REFERENCE,
        tiny_repeats=MIN_NIGHTS,
    ),
    Check(
        "aa-floor",
        "noise floor per metric and false alarms, from the run of the piece aa",
        "tests.benchmarks.nothing_changed",
        ("{out}/aa.jsonl.gz",),
        60,
        ("{out}/aa-tiny.jsonl.gz", "--orders", "2"),
    ),
)
_INSTRUMENT = (
    _tests(
        "gpu-tests", "laws that only a GPU can show, but for compiled cells", 360, "not compiled"
    ),
    _tests("gpu-tests-compiled", "those of compiled and captured cells", 240, "compiled"),
    Check(
        "fidelity",
        "step times beside a loop between CUDA events: 4 networks x 3 batches, interleaved",
        "tests.benchmarks.fidelity",
        ("--gpu", "0"),
        420,
        ("--tiny",),
    ),
    Check(
        "timm-protocol",
        "wall time and interval beside timm's protocol: fresh process, 10 + 40 waited-for steps",
        "tests.benchmarks.timm_protocol",
        ("--gpu", "0"),
        450,
        ("--tiny",),
    ),
)
_PARTS = (
    Sweep(
        "variants",
        "what SE's width, the form of SiLU and padding cost B0 at batch 64, and lite0",
        "variants",
        _infer(
            _listed(
                *(_OWN_B0, f"{_OWN_B0}?act=silu_unfused", f"{_OWN_B0}?pad=same"),
                *(f"{_OWN_B0}?se={width}" for width in ("0.0625", "0.125", "0.5", "1")),
                "efficientnet_lite0",
            ),
            "64",
        ),
        repeats=FEW_REPEATS,
        tiny=_listed(_OWN_B0, _BARE),
    ),
)
_LAYOUT = tuple(
    Sweep(
        f"layout-{title}b{batch}",
        f"nchw and nhwc, {told}, batch {batch}",
        "layout",
        {"batch_size": batch, "execution": execution},
        repeats=FEW_REPEATS,
        tiny=tiny,
    )
    for title, told, execution, tiny in (
        ("", "eager and CUDA graphs", "eager,cudagraph", TINY_MODELS),
        ("compiled-", "compiled", "compile", TINY_REFERENCE),
    )
    for batch in ("1", "64", "256")
)
_SHAPES = tuple(
    Sweep(f"{suite.replace('_', '-')}-b{batch}", told, suite, {"batch_size": batch}, shards=shards)
    for suite, told, shards in (
        ("gpu_friendly", "EfficientNets shaped for GPUs", 2),
        ("scaled_down", "below B0, beside MobileNets", 1),
        ("resnet_d", "ResNet-D beside ResNet", 1),
    )
    for batch in ("1", "256")
)
_WHOLE = (
    *(
        Sweep(
            f"train-b{batch}",
            f"the suite train at batch {batch}",
            "train",
            {"batch_size": batch},
            repeats=FEW_REPEATS,
            shards=2,
        )
        for batch in ("32", "128")
    ),
    *(
        Sweep(
            f"paper-{precision}-b{batch}",
            f"the suite paper, {precision}, at batch {batch}",
            "paper",
            {"batch_size": batch, "precision": precision},
            repeats=FEW_REPEATS,
            shards=3,
        )
        for precision in ("amp-fp16", "fp32")
        for batch in _BATCHES
    ),
)

#: Every piece, by name, in the order in which they are worth their minutes.
PIECES: dict[str, Piece] = {
    piece.name: piece
    for piece in (
        *(*_SMOKE, *_FIRST, *_MORE, *_INSTRUMENT),
        *(*_PARTS, *_LAYOUT, *_SHAPES, *_WHOLE),
    )
}
