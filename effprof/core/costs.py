"""Static cost: what is known of a model without running it."""

from dataclasses import dataclass, field
from typing import Literal

from effprof.core.cells import Cell, Mode

Phase = Literal["forward", "backward", "optimizer"]

#: Name of our counter, which its version follows.
COUNTER_NAME = "effprof static cost"

#: Who counted timm's benchmark files, in M and G with two decimals.
PUBLISHED_COUNTER = "timm's file, rounded"

#: Counters of whose activations the outputs of all products are part, without the torch of theirs.
#: The first counter's were those of convolutions alone.
COUNTERS_OF_PRODUCTS = frozenset({f"{COUNTER_NAME} 2", PUBLISHED_COUNTER})


@dataclass(frozen=True, slots=True)
class Cost:
    """Additive work of some operators in one step of a whole batch.

    `macs` are multiply-accumulates of convolutions and matrix products, `activations` elements
    in their outputs (forward only; what a fused operator keeps to itself included),
    `bytes_read`/`bytes_written` the unfused traffic: every operand read once and every result
    written once per operator.
    """

    ops: int = 0
    macs: int = 0
    activations: int = 0
    bytes_read: int = 0
    bytes_written: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        """Costs add field by field."""
        return Cost(
            self.ops + other.ops,
            self.macs + other.macs,
            self.activations + other.activations,
            self.bytes_read + other.bytes_read,
            self.bytes_written + other.bytes_written,
        )

    @property
    def flops(self) -> int:
        """Floating-point operations: two per MAC, the multiplication and the addition."""
        return 2 * self.macs

    @property
    def bytes_moved(self) -> int:
        """Unfused reads plus writes, in bytes."""
        return self.bytes_read + self.bytes_written

    @property
    def arithmetic_intensity(self) -> float | None:
        """FLOPs per byte moved; None where nothing is moved."""
        return self.flops / self.bytes_moved if self.bytes_moved else None


@dataclass(frozen=True, slots=True)
class OpCost:
    """The cost of one operator call: what it is, where it stands, which part it plays.

    `unknown` says why nobody knows its MACs, which are 0 in the cost then; empty where they are
    known.
    """

    op: str
    phase: Phase
    role: str
    module: str
    cost: Cost
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class OpKind:
    """Operators of a step that cost the same and play the same role: `count` of them, `each`."""

    role: str
    phase: Phase
    count: int
    each: Cost


@dataclass(frozen=True, slots=True)
class StaticCost:
    """The static cost of one step of a model: totals, by role, and what was scored zero.

    It belongs to every cell with the same `model, resolution, mode, batch_size, dtype`.
    `uncounted` holds the operators that FLOP counters score zero though they move bytes,
    `kinds` all operators grouped by equal cost and role: what a per-operator roofline needs.
    `unknown` names the operators whose MACs nobody knows, with the reason: the totals are without
    them. `computed` says why real tensors had to be computed with; empty where shapes told all.
    """

    model: str
    resolution: int
    mode: Mode
    batch_size: int
    dtype: str
    parameters: int
    total: Cost
    by_role: dict[str, Cost] = field(default_factory=dict)
    by_phase: dict[str, Cost] = field(default_factory=dict)
    uncounted: dict[str, Cost] = field(default_factory=dict)
    kinds: tuple[OpKind, ...] = ()
    counter: str = ""
    unknown: dict[str, str] = field(default_factory=dict)
    computed: str = ""

    @property
    def activations(self) -> int | None:
        """Elements in the outputs of all convolutions and products, of the whole batch.

        None where the counter left some out: numbers that count unlike things never get together.
        What it did count stands in `total` and `by_role`.
        """
        whole = self.counted_by in COUNTERS_OF_PRODUCTS
        return self.total.activations if whole else None

    @property
    def counted_by(self) -> str:
        """Name and version of the counter, without the library that it took formulas from."""
        return self.counter.partition(" (")[0]

    @property
    def key(self) -> "CostKey":
        """What it belongs to; equal to `cost_key` of every such cell."""
        return self.model, self.resolution, self.mode, self.batch_size, self.dtype


#: Model, resolution, mode, batch size and element type.
CostKey = tuple[str, int, Mode, int, str]


def cost_key(cell: Cell) -> CostKey:
    """Name what of a cell its static cost depends on."""
    dtype = DTYPE_OF_PRECISION[cell.precision]
    return cell.model, cell.resolution, cell.mode, cell.batch_size, dtype


#: Element type whose width sets the bytes of a precision: autocast computes in the half type,
#: TF32 rounds inside the tensor cores but moves 32-bit words.
DTYPE_OF_PRECISION = {
    "fp32": "float32",
    "tf32": "float32",
    "amp-fp16": "float16",
    "amp-bf16": "bfloat16",
}
