"""A GPU that is not there: real steps of this CPU, recorded as if kernels had run for them."""

import json
import warnings
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

from effprof.models.operators import is_free
from tests.profiling.rows import kernel, launch


class Sessions:
    """Sessions of torch.profiler that were opened, by whether each states shapes.

    Each gives a `warning`, where one is set.
    """

    def __init__(self, monkeypatch):
        self.shapes = []
        self.warning = ""
        monkeypatch.setattr("effprof.profiling.record.profile", self._open)
        monkeypatch.setattr(torch.accelerator, "synchronize", lambda device: None)

    def _open(self, *, activities, record_shapes):
        self.shapes.append(record_shapes)
        if self.warning:
            warnings.warn(self.warning, stacklevel=2)
        on_gpu = ProfilerActivity.CUDA in activities
        return (_GpuSession if on_gpu else profile)(
            activities=[ProfilerActivity.CPU], record_shapes=record_shapes
        )


class _GpuSession(profile):
    def export_chrome_trace(self, path):
        super().export_chrome_trace(path)
        document = json.loads(Path(path).read_text())
        document["traceEvents"] += _kernels_of(document["traceEvents"])
        Path(path).write_text(json.dumps(document))


def _kernels_of(rows):
    """One kernel for every operator that calls no other: as long as it, at the same time."""
    ops = sorted(filter(_works, rows), key=lambda row: (row["ts"], -row["dur"]))
    added = []
    for number, (row, after) in enumerate(zip(ops, [*ops[1:], None], strict=True), 1):
        start, end = row["ts"], row["ts"] + row["dur"]
        if after is None or after["ts"] >= end:
            call = launch(start, number, thread=row["tid"])
            added.append(call | {"pid": row["pid"], "dur": 0})
            added.append(kernel(f"kernel of {row['name']}", start, end, number))
    return added


def _works(row):
    """Whether a row is an operator that is neither a view nor an allocation."""
    namespace, _, name = row["name"].partition("::")
    if row.get("cat") != "cpu_op" or namespace != "aten" or name == "resize_":
        return False
    packet = getattr(torch.ops.aten, name)
    return not is_free(getattr(packet, packet.overloads()[0]))
