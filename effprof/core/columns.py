"""The columns of frames, `--json`, CSV and pages: one table, SI units, snake_case names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name everywhere, its SI unit, its label on a page, and what it means."""

    name: str
    unit: str
    label: str
    meaning: str


_TABLE = (
    Column("model", "", "model", "canonical model name"),
    Column("family", "", "family", "model family of the registry, or the provider"),
    Column("resolution", "px", "size", "height and width of the input image"),
    Column("mode", "", "mode", "infer: forward pass; train: forward, loss, backward, optimizer"),
    Column("batch_size", "images", "batch", "images per step"),
    Column("precision", "", "precision", "fp32, tf32, amp-fp16 or amp-bf16"),
    Column("memory_format", "", "layout", "nchw (contiguous) or nhwc (channels_last)"),
    Column("execution", "", "execution", "eager, compile or cudagraph"),
    Column("threads", "", "threads", "CPU threads of the worker"),
    Column("loader", "", "loader", "synthetic, or the JPEG loader whose batches are waited for"),
    Column("device", "", "device", "the device that was measured"),
    Column("status", "", "status", "measured, or the kind of failure"),
    Column("reason", "", "reason", "why a cell failed or is invalid, and what to do"),
    Column("repeats", "processes", "n", "fresh processes whose samples are used"),
    Column("params", "", "params", "parameters"),
    Column("macs", "MAC", "MACs", "multiply-accumulates of one image, conv and matmul"),
    Column("flops", "FLOP", "FLOPs", "2 x MACs of one image"),
    Column("activations", "", "acts", "elements in the outputs of convolutions, one image"),
    Column("bytes_moved", "B", "bytes", "unfused reads and writes of all operators, one image"),
    Column("images_per_second", "images/s", "images/s", "batch size over median step time"),
    Column("images_per_second_low", "images/s", "low", "lower end of the 95 % interval"),
    Column("images_per_second_high", "images/s", "high", "upper end of the 95 % interval"),
    Column("step_seconds", "s", "step", "median time of one step"),
    Column("latency_p50_seconds", "s", "p50", "median latency of a step that is waited for"),
    Column("latency_p90_seconds", "s", "p90", "90th percentile of latency, from 64 samples on"),
    Column("forward_seconds", "s", "forward", "median forward part of a training step"),
    Column("backward_seconds", "s", "backward", "median backward part of a training step"),
    Column("optimizer_seconds", "s", "optimizer", "median optimizer part of a training step"),
    Column("first_step_seconds", "s", "first step", "time of the very first step"),
    Column("compile_seconds", "s", "compile", "time spent compiling before the first result"),
    Column("within_spread", "", "within", "median over processes of IQR / median in one process"),
    Column("between_spread", "", "between", "standard deviation over mean of process medians"),
    Column("peak_allocated_bytes", "B", "allocated", "peak bytes given out by the allocator"),
    Column("peak_reserved_bytes", "B", "reserved", "peak bytes held by the allocator"),
    Column("device_used_bytes", "B", "device", "bytes the device lost while the cell ran"),
    Column("device_held_bytes", "B", "held", "the same with what the allocator keeps for later"),
    Column("peak_rss_bytes", "B", "RSS", "growth of the worker's resident set, weights included"),
    Column("joules_per_image", "J", "J/image", "energy of the device per image"),
    Column("flops_per_second", "FLOP/s", "FLOP/s", "FLOPs of a step over its time"),
    Column("peak_share", "", "of peak", "achieved FLOP/s over the measured peak"),
    Column("promise", "x", "promise", "FLOPs of the reference over FLOPs of this model"),
    Column("realised", "x", "realised", "speed of this model over speed of the reference"),
    Column("realised_low", "x", "low", "lower end of the 95 % interval of realised"),
    Column("realised_high", "x", "high", "upper end of the 95 % interval of realised"),
    Column("realised_efficiency", "", "arrived", "realised / promise"),
    Column("regime", "", "regime", "launch-, memory- or compute-bound, told from the profile"),
    Column(
        "flop_invisible_share", "", "invisible", "share of time in operators that count no FLOPs"
    ),
    Column("op_seconds", "s", "operators", "time of all operators of a step, from the profile"),
    Column("roofline_seconds", "s", "roofline", "sum over operators of their roofline bound"),
    Column("valid", "", "valid", "whether the samples may be believed"),
)

#: Every column by name, in the order of presentation.
COLUMNS: dict[str, Column] = {column.name: column for column in _TABLE}
