"""The pieces of a reference run on a GPU: one row each, and short access suffices for any.

Order is meaning: whether the instrument can be believed, then what the claims ask for, the cells of
a ratio always in one run, then the suites whole. A sweep is a suite with some axes replaced; every
value stands here as it is typed behind `effprof run`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from effprof.claims.claim import PUBLISHED_REPEATS
from effprof.claims.mechanism import B4_SCALE
from effprof.core.axes import AXES, read_flags
from effprof.core.cells import SYNTHETIC, Cell
from effprof.regressions.policies import MIN_NIGHTS
from effprof.sweep.plan import take_shard
from effprof.sweep.suite import apply_overrides, expand, load_suite

#: Seconds that a piece may take, everything included: what short access to a GPU allows at once.
LIMIT_SECONDS = 600

#: Of them, those before the first measurement (torch from a cold disk, static costs, peaks), and
#: those kept back for stopping, the report and the export.
START_SECONDS = 45
STOP_SECONDS = 60

#: Guesses of what one measurement takes on a GPU, start of the worker to outcome, in seconds: with
#: and without a profile, and what compiling and decoding JPEG files add.
PROFILED_SECONDS = 8
PLAIN_SECONDS = 6
COMPILING_SECONDS = 15
DECODING_SECONDS = 15

#: How often the suites that no claim waits for are repeated: the least that has an interval.
FEW_REPEATS = 3

#: The dry run: networks of a few layers, and flags that end each cell as soon as it has begun.
TINY_MODELS = "test_efficientnet,test_resnet"
TINY_REFERENCE = "test_resnet"
TINY_RESOLUTION = "64"

#: CPUs without units for it multiply numbers of 16 bits a hundred times slower: bfloat16 instead.
TINY_PRECISION = "amp-bf16"

TINY_FLAGS = (
    *("--target-width", "0.5", "--time-cap", "0.3", "--timeout", "120"),
    "--allow-busy",
)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A piece that measures cells and exports a run.

    `axes` replace those of the suite; `tiny` replaces models in the dry run where their names
    matter. Each of `shards` is a piece of its own.
    """

    name: str
    purpose: str
    suite: str
    axes: Mapping[str, str]
    repeats: int = PUBLISHED_REPEATS
    profile: bool = True
    reference: str | None = None
    shards: int = 1
    tiny: str = TINY_MODELS
    tiny_repeats: int = 1
    seconds: int = LIMIT_SECONDS

    def arguments(self, shard: int = 1, *, tiny: bool = False) -> list[str]:
        """Write what stands behind `effprof`; with `tiny` what dry-runs it on a CPU."""
        axes, reference = self._tiny() if tiny else (self.axes, self.reference)
        words = ["run", self.suite, *(("--cpu",) if tiny else ("--gpu", "0"))]
        for name, values in axes.items():
            words += [AXES[name].flag, values]
        if reference is not None:
            words += ["--reference", reference]
        words += ["--repeats", str(self.processes(tiny=tiny))]
        words.append("--profile" if self.profile else "--no-profile")
        if self.shards > 1:
            # Two tiny networks, one of them the reference, make one shard and no more.
            words += ["--shard", "1/1" if tiny else f"{shard}/{self.shards}"]
        return words + list(TINY_FLAGS if tiny else ())

    def processes(self, *, tiny: bool = False) -> int:
        """Say in how many fresh processes each cell is measured."""
        return self.tiny_repeats if tiny else self.repeats

    def _tiny(self) -> tuple[dict[str, str], str]:
        several = "," in self.axes["batch_size"]
        axes = {
            **self.axes,
            "model": self.tiny,
            "batch_size": "1,2" if several else "1",
            "resolution": TINY_RESOLUTION,
            "precision": "fp32" if self.axes.get("precision") == "fp32" else TINY_PRECISION,
        }
        return axes, TINY_REFERENCE if self.tiny == TINY_MODELS else self.tiny.split(",")[0]

    def cells(self, shard: int = 1, *, tiny: bool = False) -> tuple[Cell, ...]:
        """Expand the piece, or its dry run, to the cells that it measures; loads timm for names."""
        from effprof.sweep.tasks import LibraryResolver

        axes = self._tiny()[0] if tiny else self.axes
        suite = apply_overrides(load_suite(self.suite), read_flags(axes).values)
        expansion = expand(suite, LibraryResolver())
        if self.shards > 1 and not tiny:
            expansion = take_shard(expansion, shard, self.shards)
        return expansion.cells

    def estimate(self, cells: Iterable[Cell]) -> int:
        """Guess the seconds that measuring `cells` takes, all sittings together."""
        plain = PROFILED_SECONDS if self.profile else PLAIN_SECONDS
        each = (
            plain
            + COMPILING_SECONDS * (cell.execution == "compile")
            + DECODING_SECONDS * (cell.loader != SYNTHETIC)
            for cell in cells
        )
        return START_SECONDS + self.repeats * sum(each)

    def sittings(self, estimate: int) -> int:
        """Count how often the piece must be called: what is cut is gone on with by --resume."""
        return math.ceil((estimate - START_SECONDS) / (self.seconds - START_SECONDS - STOP_SECONDS))


@dataclass(frozen=True, slots=True)
class Check:
    """A piece that runs a program of the repository and keeps what it prints.

    `{out}` in an argument is the folder of results, `{name}` the name of this piece in it; `tiny`
    are the arguments of the dry run.
    """

    name: str
    purpose: str
    module: str
    arguments: tuple[str, ...] = ()
    tiny: tuple[str, ...] = ()
    seconds: int = LIMIT_SECONDS
    guess: int = field(default=0)


Piece = Sweep | Check

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


_GPU_TESTS = ("-v", "-m", "gpu", "tests/gpu", "--junitxml={out}/{name}.xml")
_CHECKS = (
    Check(
        "gpu-tests",
        "laws that only a GPU can show, but for compiled cells; JUnit beside the output",
        "pytest",
        (*_GPU_TESTS, "-k", "not compiled"),
        (*_GPU_TESTS, "-k", "not compiled"),
        guess=360,
    ),
    Check(
        "gpu-tests-compiled",
        "those of compiled and captured cells",
        "pytest",
        (*_GPU_TESTS, "-k", "compiled"),
        (*_GPU_TESTS, "-k", "compiled"),
        guess=240,
    ),
    Check(
        "fidelity",
        "step times beside a loop between CUDA events: 4 networks x 3 batches, interleaved",
        "tests.benchmarks.fidelity",
        ("--gpu", "0"),
        ("--tiny",),
        guess=420,
    ),
)
_CLAIMS = (
    Sweep(
        "crossover",
        "C9, C11, C12: B0 against ResNet-50, batch 1 to 256",
        "paper",
        _infer(_listed(_B0, _R50), _listed(*_BATCHES)),
    ),
    Sweep(
        "ratios",
        "C13, C14, C15, C17, C23, C25: pairs of networks at batch 128",
        "paper",
        _infer(
            _listed(
                *(_B0, "efficientnet_b1", "efficientnet_b4", "efficientnet_b5"),
                *("efficientnetv2_s", "tf_efficientnet_b0", _R50, "resnext101_32x8d"),
                *("regnety_004", "regnety_080"),
            ),
            "128",
        ),
    ),
    Sweep(
        "zoo",
        "C18 to C21: 36 networks at batch 64, one machine, two processes each",
        "paper",
        {name: text for name, text in _infer("", "64").items() if name != "model"},
        repeats=2,
        profile=False,
    ),
    Sweep(
        "graphs",
        "C11: B0, lite0 and ResNet-50 at batch 1, launched one by one and as CUDA graphs",
        "layout",
        _infer(_listed(_B0, "efficientnet_lite0", _R50), "1") | {"execution": "eager,cudagraph"},
    ),
    Sweep(
        "training",
        "C10, C24, C25: training at batch 64, its memory by the form of SiLU",
        "train",
        _infer(
            _listed(
                *(_B0, "efficientnet_b1", "efficientnet_lite0", _R50, _OWN_B0),
                *(f"{_OWN_B0}?act=silu_recompute", f"{_OWN_B0}?act=silu_unfused"),
            ),
            "64",
        )
        | {"mode": "train"},
        tiny=_listed(_OWN_B0, f"{_OWN_B0}?act=silu_recompute"),
    ),
    Sweep(
        "fused",
        "C22: B4 with more and more stages fused, training at batch 32",
        "variants",
        _infer(_listed(_B4, *(f"{_B4}&fused={s}" for s in ("1-3", "1-5", "1-7"))), "32")
        | {"mode": "train"},
        reference=_B4,
        tiny=_listed(_OWN_B0, f"{_OWN_B0}?fused=1-3"),
    ),
    Sweep(
        "variants",
        "C24: what SE, SiLU and padding cost B0 at batch 64",
        "variants",
        _infer(
            _listed(
                *(_OWN_B0, f"{_OWN_B0}?act=relu6", f"{_OWN_B0}?se=off", _BARE),
                *("efficientnet_lite0", "tf_efficientnet_b0"),
                *(f"{_OWN_B0}?se={width}" for width in ("0.0625", "0.125", "0.5", "1")),
                *(f"{_OWN_B0}?act=silu_unfused", f"{_OWN_B0}?pad=same"),
            ),
            "64",
        ),
        tiny=_listed(_OWN_B0, _BARE),
    ),
    Sweep(
        "compiled",
        "C24: the ends of that factorial and lite0, eager and compiled",
        "variants",
        _infer(_listed(_OWN_B0, _BARE, "efficientnet_lite0"), "64")
        | {"execution": "eager,compile"},
        tiny=TINY_REFERENCE,
    ),
    Sweep(
        "loader",
        "C16: fed from JPEG files by two processes, and not fed at all",
        "loader",
        _infer(_listed(_B0, _R50), "64") | {"loader": "synthetic,jpeg-2w"},
        profile=False,
    ),
)
_NOISE = (
    Sweep(
        "aa",
        "ten cells in twelve rounds, nothing changed",
        "nightly",
        _infer(
            _listed(_B0, "efficientnet_b4", _R50, "mobilenetv3_large_100", "regnety_004"), "1,64"
        ),
        repeats=MIN_NIGHTS,
        tiny=TINY_REFERENCE,
        tiny_repeats=MIN_NIGHTS,
    ),
    Check(
        "aa-floor",
        "noise floor per metric and false alarms, from the run of the piece aa",
        "tests.benchmarks.nothing_changed",
        ("{out}/aa.jsonl.gz",),
        ("{out}/aa-tiny.jsonl.gz", "--orders", "2"),
        guess=60,
    ),
    Check(
        "timm-protocol",
        "wall time and interval beside timm's protocol: fresh process, 10 + 40 waited-for steps",
        "tests.benchmarks.timm_protocol",
        ("--gpu", "0"),
        ("--tiny",),
        guess=450,
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
    piece.name: piece for piece in (*_CHECKS, *_CLAIMS, *_NOISE, *_LAYOUT, *_SHAPES, *_WHOLE)
}
