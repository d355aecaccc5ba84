"""The quantities of effprof: one row is a column, a heading, a format, a metric and a limit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from effprof.core.units import byte_size, duration, percent, si, significant, times

#: What a column holds. `count` is a whole number that is always there, `whole` one that may be
#: missing, `flag` yes or no.
Kind = Literal["number", "whole", "count", "text", "flag"]

#: Which way is good.
Better = Literal["less", "more", "neither"]

Write = Callable[[Any], str]

#: Unit -> how its numbers are written, where the row of a quantity names no other way.
WRITERS: Mapping[str, Write] = {
    "s": duration,
    "B": byte_size,
    "x": times,
    **{unit: partial(si, unit=unit) for unit in ("J", "MAC", "FLOP", "FLOP/s")},
}


@dataclass(frozen=True, slots=True)
class Limited:
    """How a quantity is limited: the word for the limit, what a sentence calls it, the option.

    `unit` is how many SI units one unit of the option is, `highest` the largest value that can be.
    """

    name: str
    words: str
    flag: str
    help: str
    unit: float = 1.0
    highest: float = float("inf")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity: its id everywhere, its SI unit, its label on a page, and what it means.

    `writer` writes a value where the unit alone does not say how. `interval` says what the ends of
    an estimate enclose, empty for what is not estimated. `of` says where it is: known of each
    cell, or added where networks are chosen; `limit` is there for what they can be chosen by.
    """

    id: str
    unit: str
    label: str
    meaning: str
    better: Better = "neither"
    kind: Kind = "number"
    writer: Write | None = None
    interval: str = ""
    of: Literal["cell", "choice"] = "cell"
    limit: Limited | None = None

    def write(self, value: float | None) -> str:
        """Write a value for people, with its unit."""
        return (self.writer or WRITERS.get(self.unit, significant))(value)


_INTERVAL = "the 95 % interval"
_WITHIN = f"{_INTERVAL} within this run"

#: In the order of presentation.
_TABLE = (
    Quantity("model", "", "model", "canonical model name", kind="text"),
    Quantity("family", "", "family", "model family of the registry, or the provider", kind="text"),
    Quantity("resolution", "px", "size", "height and width of the input image", kind="count"),
    Quantity(
        "mode",
        "",
        "mode",
        "infer: forward pass; train: forward, loss, backward, optimizer",
        kind="text",
    ),
    Quantity("batch_size", "images", "batch", "images per step", kind="count"),
    Quantity("precision", "", "precision", "fp32, tf32, amp-fp16 or amp-bf16", kind="text"),
    Quantity(
        "memory_format", "", "layout", "nchw (contiguous) or nhwc (channels_last)", kind="text"
    ),
    Quantity("execution", "", "execution", "eager, compile, cudagraph or bn-folded", kind="text"),
    Quantity("threads", "", "threads", "CPU threads of the worker", kind="count"),
    Quantity(
        "loader",
        "",
        "loader",
        "synthetic, or the JPEG loader whose batches are waited for",
        kind="text",
    ),
    Quantity(
        "allocator",
        "",
        "allocator",
        "CPU memory that a step frees: kept for the next step, or default as plain programs run",
        kind="text",
    ),
    Quantity("device", "", "device", "the device that was measured", kind="text"),
    Quantity("status", "", "status", "measured, or the kind of failure", kind="text"),
    Quantity(
        "reason", "", "reason", "why a cell failed or is invalid, and what to do", kind="text"
    ),
    Quantity(
        "repeats",
        "processes",
        "n",
        "fresh processes whose samples are used",
        better="more",
        kind="count",
    ),
    Quantity("params", "", "params", "parameters", better="less", kind="whole", writer=si),
    Quantity(
        "macs",
        "MAC",
        "MACs",
        "multiply-accumulates of one image, conv and matmul",
        better="less",
        kind="whole",
    ),
    Quantity("flops", "FLOP", "FLOPs", "2 x MACs of one image", better="less", kind="whole"),
    Quantity(
        "activations",
        "",
        "acts",
        "elements in the outputs of convolutions and products, one image",
        better="less",
        kind="whole",
        writer=si,
    ),
    Quantity(
        "bytes_moved",
        "B",
        "bytes",
        "unfused reads and writes of all operators, one image",
        better="less",
        kind="whole",
    ),
    Quantity(
        "images_per_second",
        "images/s",
        "images/s",
        "batch size over median step time",
        better="more",
        interval=_WITHIN,
        limit=Limited("speed", "images/s", flag="--images-per-second", help="Speed at least."),
    ),
    Quantity(
        "next_images_per_second",
        "images/s",
        "on this machine",
        "the same; another run on this machine should find it in its interval",
        better="more",
        interval=f"{_INTERVAL} on this machine",
    ),
    Quantity("step_seconds", "s", "step", "median time of one step", better="less"),
    Quantity(
        "latency_p50_seconds",
        "s",
        "p50",
        "median latency of a step that is waited for",
        better="less",
        limit=Limited(
            "latency",
            "median latency",
            flag="--latency-ms",
            help="Median latency of a step at most, in ms.",
            unit=0.001,
        ),
    ),
    Quantity(
        "latency_p90_seconds",
        "s",
        "p90",
        "90th percentile of latency, from 64 samples on",
        better="less",
        limit=Limited(
            "p90", "p90 latency", flag="--p90-ms", help="p90 latency at most, in ms.", unit=0.001
        ),
    ),
    Quantity(
        "forward_seconds", "s", "forward", "median forward part of a training step", better="less"
    ),
    Quantity(
        "backward_seconds",
        "s",
        "backward",
        "median backward part of a training step",
        better="less",
    ),
    Quantity(
        "optimizer_seconds",
        "s",
        "optimizer",
        "median optimizer part of a training step",
        better="less",
    ),
    Quantity("first_step_seconds", "s", "first step", "time of the very first step", better="less"),
    Quantity(
        "compile_seconds",
        "s",
        "compile",
        "time spent compiling before the first result",
        better="less",
    ),
    Quantity(
        "within_spread",
        "",
        "within",
        "median over processes of IQR / median in one process",
        better="less",
        writer=percent,
    ),
    Quantity(
        "between_spread",
        "",
        "between",
        "standard deviation over mean of process medians",
        better="less",
        writer=percent,
    ),
    Quantity(
        "peak_allocated_bytes",
        "B",
        "allocated",
        "peak bytes given out by the allocator",
        better="less",
        kind="whole",
    ),
    Quantity(
        "peak_reserved_bytes",
        "B",
        "reserved",
        "peak bytes held by the allocator",
        better="less",
        kind="whole",
    ),
    Quantity(
        "device_used_bytes",
        "B",
        "device",
        "bytes the device lost while the cell ran",
        better="less",
        kind="whole",
    ),
    Quantity(
        "device_held_bytes",
        "B",
        "held",
        "the same with what the allocator keeps for later",
        better="less",
        kind="whole",
    ),
    Quantity(
        "peak_rss_bytes",
        "B",
        "RSS",
        "growth of the worker's resident set, weights included",
        better="less",
        kind="whole",
    ),
    Quantity(
        "memory_bytes",
        "B",
        "memory",
        "the most telling memory number that was taken",
        better="less",
        of="choice",
        limit=Limited(
            "memory", "memory", flag="--memory-mib", help="Peak memory at most, in MiB.", unit=2**20
        ),
    ),
    Quantity(
        "joules_per_image",
        "J",
        "J/image",
        "energy of the device per image",
        better="less",
        limit=Limited(
            "energy",
            "energy per image",
            flag="--joules-per-image",
            help="Energy per image at most, in J.",
        ),
    ),
    Quantity(
        "flops_per_second", "FLOP/s", "FLOP/s", "FLOPs of a step over its time", better="more"
    ),
    Quantity(
        "peak_share",
        "",
        "of peak",
        "achieved FLOP/s over the measured peak",
        better="more",
        writer=percent,
    ),
    Quantity(
        "promise", "x", "promise", "FLOPs of the reference over FLOPs of this model", better="more"
    ),
    Quantity(
        "realised",
        "x",
        "realised",
        "speed of this model over speed of the reference",
        better="more",
        interval=f"{_INTERVAL} of realised",
    ),
    Quantity(
        "realised_efficiency", "", "arrived", "realised / promise", better="more", writer=percent
    ),
    Quantity(
        "regime",
        "",
        "regime",
        "what sets the pace: launch-, framework-, memory- or compute-bound, or not told",
        kind="text",
    ),
    Quantity(
        "flop_invisible_share",
        "",
        "invisible",
        "share of time in operators that count no FLOPs",
        better="less",
        writer=percent,
    ),
    Quantity(
        "op_seconds",
        "s",
        "operators",
        "time of all operators of a step, from the profile",
        better="less",
    ),
    Quantity(
        "roofline_seconds",
        "s",
        "roofline",
        "sum over operators of their bound with operands in main memory",
        better="less",
    ),
    Quantity("valid", "", "valid", "whether the samples are valid", kind="flag"),
    Quantity(
        "rough",
        "",
        "rough",
        "whether the machine was never quiet: what steps would have taken without waiting",
        kind="flag",
    ),
    Quantity(
        "top1",
        "%",
        "top-1 %",
        "ImageNet top-1 accuracy of the publication, quoted and never measured",
        better="more",
        of="choice",
        limit=Limited(
            "accuracy",
            "top-1",
            flag="--min-top1",
            help="Quoted ImageNet top-1 at least, in per cent (see --accuracy).",
            highest=100.0,
        ),
    ),
    Quantity(
        "top1_today",
        "%",
        "today %",
        "the same of the best weights of today trained on ImageNet-1k alone",
        better="more",
        of="choice",
    ),
    Quantity(
        "top1_more_data",
        "%",
        "more data %",
        "the same of the best weights of today, whatever data trained them",
        better="more",
        of="choice",
    ),
)

#: Every quantity by id.
QUANTITIES: dict[str, Quantity] = {quantity.id: quantity for quantity in _TABLE}

#: Those of a cell, each a column of every frame.
OF_CELLS = {name: quantity for name, quantity in QUANTITIES.items() if quantity.of == "cell"}

#: What can be limited, by the word for the limit: first what may be at most so large.
LIMITED = {
    each.limit.name: each
    for better in ("less", "more")
    for each in QUANTITIES.values()
    if each.limit is not None and each.better == better
}
