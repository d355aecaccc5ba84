"""What the write-up is made from: runs, where their pages lie, and the scenes they hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from effprof.analysis.correlation import VARIANTS
from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.picking import pick
from effprof.claims.catalogue import CLAIMS
from effprof.claims.claim import Claim
from effprof.claims.evidence import evidence_of
from effprof.claims.quoted import Quotation
from effprof.claims.settle import ClaimVerdict, settle
from effprof.core.errors import BadInput
from effprof.core.estimates import Estimate
from effprof.models.registry import facts
from effprof.report.page import Page
from effprof.report.pictures import picture_name
from effprof.report.render import PAGE_NAME
from effprof.report.scene import Scene, scenes
from effprof.report.text import escape
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class Source:
    """The study of a run: the file or id it came from, the folder of its page and its pictures.

    `folder` is empty where the run has no page; both are relative to the write-up.
    """

    study: Study
    origin: str
    folder: str = ""
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """A source with its prepared page."""

    source: Source
    page: Page

    @property
    def device(self) -> str:
        """The device, and that others measured on it where they did."""
        name = self.page.run.invocation.device
        return f"{name} (published)" if self.page.imported else name

    @property
    def kind(self) -> str:
        """Kind of the device: cpu, cuda or none."""
        return self.page.run.invocation.fingerprint.gating.get("device kind", "none")

    @property
    def gating(self) -> str:
        """What must agree for numbers of two runs to be of one machine, in a text."""
        return repr(sorted(self.page.run.invocation.fingerprint.gating.items()))

    @property
    def reference(self) -> str:
        """The reference as its publication names it."""
        return title_of(self.page.run.invocation.reference, self.page.reference_label)

    def where(self, scene: Scene, batch_size: int | None = None) -> str:
        """Say on what device and how a scene was measured; on CPUs one thread is worth a word."""
        alone = self.kind == "cpu" and (scene.rows["threads"] == 1).all()
        words = [escape(self.device), "one thread" if alone else "", scene.setting]
        words += [] if batch_size is None else [f"batch {batch_size}"]
        return ", ".join(filter(None, words))

    @property
    def designed(self) -> bool:
        """Whether its networks are compared with one built from a description, not published."""
        return self.page.run.invocation.reference.startswith(VARIANTS)

    @property
    def linked(self) -> str:
        """The suite of the run, with a link to its page where there is one."""
        suite = escape(self.page.run.invocation.suite)
        folder = self.source.folder
        return f"[{suite}]({folder}/{PAGE_NAME})" if folder else suite

    def pictures(self, stem: str, scene: Scene) -> list[str]:
        """Link the picture of a kind that shows a way of running, if its page has it."""
        row = scene.rows.iloc[0]
        name = picture_name(stem, str(row["mode"]), str(row["precision"]))
        if name not in self.source.pictures:
            return []
        alt = f"{stem.replace('-', ' ')}: {scene.setting}, {escape(self.device)}"
        return [f"![{alt}]({self.source.folder}/{name})"]

    def scenes(self) -> Iterator[Scene]:
        """Yield the ways of running that this run measured."""
        yield from scenes(self.page)


@dataclass(frozen=True, slots=True)
class Book:
    """All runs of a write-up in the order given, and what they settle of the claims.

    `quotations` are what published measurements say; `by_runs` are the verdicts without them.
    """

    chapters: tuple[Chapter, ...]
    quotations: tuple[Quotation, ...]
    verdicts: tuple[ClaimVerdict, ...]
    by_runs: tuple[ClaimVerdict, ...]

    @classmethod
    def of(
        cls,
        sources: Sequence[Source],
        quotations: Sequence[Quotation] = (),
        claims: Sequence[Claim] = CLAIMS,
    ) -> "Book":
        """Prepare every run, and settle the claims on all of them together."""
        chapters = tuple(Chapter(source, Page.of(source.study)) for source in sources)
        evidence = evidence_of([chapter.page.study for chapter in chapters])
        quoted = [each for quotation in quotations for each in quotation.quoted]
        by_runs = settle(claims, evidence)
        verdicts = settle(claims, evidence, quoted) if quoted else by_runs
        return cls(chapters, tuple(quotations), verdicts, by_runs)

    @property
    def measured(self) -> tuple[Chapter, ...]:
        """Chapters with measurements, own ones first."""
        with_times = [chapter for chapter in self.chapters if not chapter.page.shown.empty]
        return tuple(sorted(with_times, key=lambda chapter: chapter.page.imported is not None))

    @property
    def own(self) -> tuple[Chapter, ...]:
        """Chapters that rest on measurements of one's own."""
        return tuple(chapter for chapter in self.measured if chapter.page.imported is None)

    @property
    def designed(self) -> tuple[Chapter, ...]:
        """Chapters about variants of one network."""
        return tuple(chapter for chapter in self.measured if chapter.designed)

    def scenes(self) -> Iterator[tuple[Chapter, Scene]]:
        """Yield every way of running published networks that any run measured.

        Batches at which another run has the same networks in more processes are left out.
        """
        told = [
            (chapter, scene)
            for chapter in self.measured
            if not chapter.designed
            for scene in chapter.scenes()
        ]
        for place, (chapter, scene) in enumerate(told):
            rivals = [
                other
                for rank, (owner, other) in enumerate(told)
                if rank != place
                and (owner.gating, owner.reference) == (chapter.gating, chapter.reference)
                and other.setting == scene.setting
            ]
            kept = [s for s in scene.batch_sizes if not any(_covers(r, scene, s) for r in rivals)]
            if kept:
                yield chapter, replace(scene, rows=scene.rows[scene.rows["batch_size"].isin(kept)])


def _covers(rival: Scene, scene: Scene, batch_size: int) -> bool:
    """Whether `rival` has every network that `scene` has at a batch, in more processes."""
    own, others = scene.at(batch_size), rival.at(batch_size)
    return {*own.index} <= {*others.index} and bool(
        others.loc[own.index, "repeats"].min() > own["repeats"].max()
    )


def fronts(chapter: Chapter, scene: Scene) -> pd.DataFrame:
    """Rank the networks of a scene's largest batch by quoted accuracy, with their fronts."""
    cells = chapter.page.study.candidates
    return pick(cells.loc[scene.at(scene.batch_sizes[-1]).index], (), "accuracy").frame


def title(row: pd.Series) -> str:
    """Name a network as its publication does; its label where the registry does not know it."""
    try:
        found = facts(str(row["model"]))
    except BadInput:  # an imported run may hold names that this version cannot read
        found = None
    return escape(found.title if found else str(row["label"]))


def title_of(model: str, otherwise: str) -> str:
    """Name a network by its model name, as `title` does."""
    return title(pd.Series({"model": model, "label": otherwise}))


def realised(row: pd.Series) -> Estimate:
    """Give the realised speed-up of a row, as it was estimated."""
    return estimate_of(row, "realised")
