"""Profiles as JSON: SI units, every operator, nothing rounded or left out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from effprof.analysis.profile_tables import (
    GATE,
    Part,
    RoleDifference,
    coverage,
    is_squeeze_excite,
    leaves,
    module_tree,
    op_rows,
    role_rows,
    role_share,
)
from effprof.analysis.split import Split
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.estimates import Absent, Estimate
from effprof.core.outcomes import Failure, Outcome
from effprof.core.profiles import UNATTRIBUTED, Profile

#: `profile_status` of a cell that was measured but not profiled.
MISSING_PROFILE = "missing"


def cell_document(
    cell: Cell, cost: StaticCost | None, outcome: Outcome, depth: int
) -> dict[str, Any]:
    """One cell: its axes, what became of it, and its profile where there is one."""
    macs = cost.total.macs if cost is not None else None
    document = {"cell": cell.key, **asdict(cell), "macs_per_step": macs}
    if isinstance(outcome, Failure):
        return document | {"status": outcome.kind, "reason": outcome.reason}
    document |= {
        "status": "measured",
        "reason": "",
        "valid": outcome.valid,
        "invalid_reasons": list(outcome.invalid_reasons),
        "notes": list(outcome.notes),
    }
    profile = outcome.profile
    if profile is None:
        reason = outcome.missing.get("profile", "")
        return document | {"profile_status": MISSING_PROFILE, "profile_reason": reason}
    return document | _profile_document(profile, cost, depth)


def comparison_document(one: Cell, other: Cell, rows: Sequence[RoleDifference]) -> dict[str, Any]:
    """Two cells by role; `difference_seconds` is the other less the one."""
    return {
        "one": one.key,
        "other": other.key,
        "by_role": [
            {
                "role": row.role,
                "one": asdict(row.one) if row.one else None,
                "other": asdict(row.other) if row.other else None,
                "difference_seconds": row.seconds,
            }
            for row in rows
        ],
    }


def split_document(split: Split | Absent) -> dict[str, Any]:
    """Where the speed-up of one cell over another went; every factor is that of one process."""
    if isinstance(split, Absent):
        return {"reason": split.reason}
    return {
        "cell": split.cell.key,
        "reference": split.reference.key,
        "promise": split.promise,
        "realised": split.realised.value,
        "factors": {
            cause: {
                "value": factor.whole.value,
                "by_role": _values(factor.by_role),
                "by_library": _values(factor.by_library),
            }
            for cause, factor in split.factors.items()
        },
    }


def _values(parts: Mapping[str, Estimate]) -> dict[str, float]:
    return {name: part.value for name, part in parts.items()}


def _profile_document(profile: Profile, cost: StaticCost | None, depth: int) -> dict[str, Any]:
    return {
        "profile_status": profile.status,
        "profile_reason": profile.reason,
        "method": profile.method,
        "steps": profile.steps,
        "step_seconds": profile.plain_seconds,
        "profiled_step_seconds": profile.wall_seconds,
        "profiler_overhead": profile.overhead,
        "op_seconds": profile.op_seconds if profile.ops else None,
        "coverage": coverage(profile),
        "flop_invisible_share": profile.flop_invisible_share,
        "squeeze_excite_share": role_share(profile, is_squeeze_excite),
        "gate_share": role_share(profile, lambda role: role == GATE),
        "unattributed_share": role_share(profile, lambda role: role == UNATTRIBUTED),
        "kernel_count": profile.kernel_count,
        "busy_seconds": profile.busy_seconds,
        "by_role": [
            {"role": row.role, **asdict(row.part), "macs_share": row.macs_share}
            for row in role_rows(profile, cost)
        ],
        "by_module": [
            _module(node.path, node.part) for node in leaves(module_tree(profile, depth))
        ],
        "by_kernel": [
            {"op": row.op, "role": row.role, "kernels": list(row.kernels), **asdict(row.part)}
            for row in op_rows(profile)
        ],
        "ops": [asdict(op) for op in profile.ops],
    }


def _module(path: str, part: Part) -> dict[str, Any]:
    return {"module": path, **asdict(part)}
