"""The basis of the write-up: runs, what others measured, and what both settle of the claims."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from effprof.claims.catalogue import CLAIMS
from effprof.claims.claim import Claim
from effprof.claims.claim_verdicts import ClaimVerdict, settle
from effprof.claims.evidence import evidence_of
from effprof.claims.quotations import Quotation
from effprof.report.writeup.source import Source
from effprof.study.collection import Collection, RunSetting
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class Basis:
    """All sources in the order given, their runs together, and the verdicts.

    `quotations` are what published measurements say; `by_runs` are the verdicts without them.
    """

    sources: tuple[Source, ...]
    collection: Collection
    quotations: tuple[Quotation, ...]
    verdicts: tuple[ClaimVerdict, ...]
    by_runs: tuple[ClaimVerdict, ...]

    @classmethod
    def of(
        cls,
        sources: Sequence[Source],
        quotations: Sequence[Quotation] = (),
        claims: Sequence[Claim] = CLAIMS,
    ) -> "Basis":
        """Settle the claims on all runs together; what is only known roughly takes no part."""
        sources = [replace(source, study=source.study.quiet) for source in sources]
        collection = Collection(tuple(source.study for source in sources))
        evidence = evidence_of(collection.studies)
        quoted = [each for quotation in quotations for each in quotation.quoted]
        by_runs = settle(claims, evidence)
        verdicts = settle(claims, evidence, quoted) if quoted else by_runs
        return cls(tuple(sources), collection, tuple(quotations), verdicts, by_runs)

    def linked(self, told: RunSetting) -> str:
        """Name the suite of its run, with a link to its page where there is one."""
        return self.source_of(told.study).linked

    def picture(self, stem: str, told: RunSetting) -> str:
        """Link the picture of a kind that shows it; empty if its page has none."""
        return self.source_of(told.study).picture(stem, told.setting)

    def source_of(self, study: Study) -> Source:
        """Find the source of a study."""
        return next(source for source in self.sources if source.study is study)
