"""Made-up nights: runs of the same suite on the same machine, a day apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from effprof.core.cells import Cell
from effprof.core.profiles import OpTime, Profile
from effprof.core.runs import Run
from effprof.sweep.sentinels import SENTINELS
from tests.runs import fingerprint, measurement, sample_run

FIRST_NIGHT = datetime(2026, 10, 1, 2, tzinfo=UTC)

B0 = Cell("timm/efficientnet_b0", 224)
RESNET = Cell("timm/resnet50", 224)
WATCHED = (B0, RESNET, Cell("timm/mobilenetv2_100", 224))
CELLS = (*WATCHED, *SENTINELS["cpu"])

#: Seconds of a step, by role.
ROLES = {"pointwise conv": 0.006, "depthwise conv": 0.004, "activation": 0.003, "norm": 0.002}


def night_id(night: int) -> str:
    return f"{FIRST_NIGHT + timedelta(days=night):%Y%m%d-%H%M%S}-{night:06x}"


def night_run(night, factors=None, roles=None, noise=0.006, repeats=3, outcomes=None, **fields):
    """The run of a night: `factors` slow cells down, `roles` single roles of them.

    Process medians spread by `noise` around a night's own centre, which spreads by half of it.
    """
    random = np.random.default_rng(night)
    rows = []
    for cell in CELLS:
        centre = (factors or {}).get(cell, 1.0) * np.exp(random.normal(0, noise / 2))
        for index in range(repeats):
            factor = float(centre * np.exp(random.normal(0, noise)))
            taken = _profile({r: s * factor for r, s in (roles or {}).get(cell, ROLES).items()})
            done = measurement(sum(op.seconds for op in taken.ops), 5, profile=taken)
            done = replace(done, conditions=replace(done.conditions, allocator="glibc, heap kept"))
            outcome = (outcomes or {}).get(cell, done)
            at = (FIRST_NIGHT + timedelta(days=night, minutes=index)).isoformat()
            rows.append((cell, index, outcome, at))
    base = sample_run((1,), 1)
    print_of_night = fields.pop("fingerprint", None) or fingerprint(**{"device kind": "cpu"})
    commit = {"git": f"{(night // 5):012x}"}
    invocation = replace(
        base.invocation,
        id=night_id(night),
        started_at=(FIRST_NIGHT + timedelta(days=night)).isoformat(),
        suite="nightly",
        cells=CELLS,
        repeats=repeats,
        fingerprint=replace(print_of_night, recorded=print_of_night.recorded | commit),
        **fields,
    )
    repeat = base.repeats[0]
    return Run(
        invocation,
        "complete",
        invocation.started_at,
        repeats=tuple(
            replace(repeat, cell=c, index=i, outcome=o, started_at=at) for c, i, o, at in rows
        ),
    )


def _profile(roles: dict[str, float]) -> Profile:
    ops = tuple(
        OpTime("op", "forward", role, "body", seconds, counted="conv" in role)
        for role, seconds in roles.items()
    )
    total = sum(roles.values())
    return Profile("dispatch clock", "profiled", 5, ops, total * 1.3, total, len(ops), total)
