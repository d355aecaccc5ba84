"""What was counted of registered networks once: for estimates that are to load no torch.

The rows of `counted.toml` are checked against the counter by a test, which also writes them.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from effprof.core.cells import Mode
from effprof.core.costs import Cost, CostKey, StaticCost
from effprof.models.registry import facts

#: Bytes of a number by its type; what is kept was counted of the first.
_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}
_WIDTH = _BYTES["float32"]

#: How often a step reads and writes all weights, whatever its images: a training step is that of
#: SGD with momentum, and of the gradients.
_OF_WEIGHTS: dict[Mode, tuple[int, int]] = {"infer": (1, 0), "train": (7, 4)}


@dataclass(frozen=True, slots=True)
class CountedNetwork:
    """One step of one fp32 image of `resolution` pixels; `native` is the size of the library."""

    native: int
    resolution: int
    parameters: int
    steps: dict[Mode, Cost]


def counted(name: str) -> CountedNetwork | None:
    """Look up a network by its canonical name; of its names in other libraries there is one row."""
    found = facts(name)
    if found is None or name not in found.names:
        return None
    return _rows().get(found.names[0])


def kept_cost(key: CostKey) -> StaticCost | None:
    """Scale what was counted to other images: activations grow with them, weights do not.

    Traffic and arithmetic of a step are estimates, within a few per cent of what is counted.
    """
    model, resolution, mode, batch_size, dtype = key
    row = counted(model)
    if row is None:
        return None
    step, images = row.steps[mode], batch_size * (resolution / row.resolution) ** 2
    width = _BYTES[dtype] / _WIDTH
    read, written = (_WIDTH * row.parameters * times for times in _OF_WEIGHTS[mode])
    total = Cost(
        ops=step.ops,
        macs=round(step.macs * images),
        bytes_read=round(width * (read + (step.bytes_read - read) * images)),
        bytes_written=round(width * (written + (step.bytes_written - written) * images)),
    )
    return StaticCost(model, resolution, mode, batch_size, dtype, row.parameters, total)


@cache
def _rows() -> dict[str, CountedNetwork]:
    text = files("effprof.models").joinpath("counted.toml").read_text(encoding="utf-8")
    return {
        name: CountedNetwork(
            native=row["native"],
            resolution=row["resolution"],
            parameters=row["parameters"],
            steps={mode: Cost(**row[mode]) for mode in ("infer", "train")},
        )
        for name, row in tomllib.loads(text).items()
    }
