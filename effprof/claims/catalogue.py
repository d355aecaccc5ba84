"""All claims, group by group: a further group is one row here."""

from effprof.claims import cpu, gpu, growth, mechanism, predictors, static
from effprof.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = (
    *static.CLAIMS,
    *growth.CLAIMS,
    *cpu.CLAIMS,
    *gpu.CLAIMS,
    *predictors.CLAIMS,
    *mechanism.CLAIMS,
)
