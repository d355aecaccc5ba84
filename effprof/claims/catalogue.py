"""All claims, group by group: a further group is one row here."""

from effprof.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = ()
