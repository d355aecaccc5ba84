"""A collection: the studies of several runs, and the settings by which they are told together."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from effprof.analysis.correlation import VARIANTS
from effprof.analysis.run_effects import ENOUGH_RUNS
from effprof.analysis.statistics import over_runs
from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.models.weights import KnownWeights
from effprof.study.results import Result
from effprof.study.setting import Setting
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class RunSetting:
    """A setting of one run."""

    study: Study
    setting: Setting

    @property
    def serial(self) -> bool:
        """Whether every cell was run by one CPU thread."""
        one = all(each.threads == 1 for each in self.setting.results)
        return one and self.study.device_kind == "cpu"

    @property
    def told(self) -> tuple[Result, ...]:
        """What is told of it: the subject's relatives, then its rivals."""
        return self.setting.relatives + self.setting.rivals


@dataclass(frozen=True)
class Collection:
    """Studies of several runs, in the order given."""

    studies: tuple[Study, ...]

    @cached_property
    def measured(self) -> tuple[Study, ...]:
        """Those with a valid measurement, own ones before imported ones."""
        there = (each for each in self.studies if any(result.valid for result in each.results))
        return tuple(sorted(there, key=is_imported))

    @cached_property
    def own(self) -> tuple[Study, ...]:
        """Those of them that were measured by effprof itself."""
        return tuple(each for each in self.measured if not is_imported(each))

    @cached_property
    def settings(self) -> tuple[RunSetting, ...]:
        """The first settings of published networks that any run measured.

        Batches at which another run has the same networks in as many processes, or more, are left
        out: of two that tell the same the first stays.
        """
        there = [each for each in self._first_settings() if not is_designed(each.study)]
        kept = (
            replace(each, setting=setting)
            for place, each in enumerate(there)
            if (setting := _without_repeated(each, there[:place], there[place + 1 :]))
        )
        return tuple(kept)

    @cached_property
    def designs(self) -> tuple[RunSetting, ...]:
        """The first settings of runs about variants of one network."""
        return tuple(each for each in self._first_settings() if is_designed(each.study))

    def speed_over(self, study: Study, above: Result, below: Result) -> Estimate | None:
        """Estimate images/s of one cell of a study over another's, on the machine of the study.

        Over its runs where enough of them have both; within this run where not. None where one of
        the cells has no valid repeat.
        """
        own = machine(study)
        ratios = [
            ratio.value
            for each in self.own
            if machine(each) == own and (ratio := _ratio(each, above.cell, below.cell))
        ]
        return over_runs(ratios) if len(ratios) >= ENOUGH_RUNS else above.speed_over(below)

    @property
    def weights(self) -> KnownWeights | None:
        """The weights whose accuracy is known to the first study; None are the packaged ones."""
        return next((each.weights for each in self.studies), None)

    @property
    def networks(self) -> tuple[Result, ...]:
        """The relatives and the reference of every setting: each network once, as first measured.

        A network at two sizes is two.
        """
        first: dict[tuple[str, int], Result] = {}
        for each in self.settings:
            references = (r for r in each.setting.results if r.model == each.setting.reference)
            for result in (*each.setting.relatives, *list(references)[:1]):
                first.setdefault((result.model, result.resolution), result)
        return tuple(first.values())

    def _first_settings(self) -> Iterator[RunSetting]:
        for study in self.measured:
            for setting in study.first_settings:
                if setting.results:
                    yield RunSetting(study, setting)


def is_imported(study: Study) -> bool:
    """Whether others took the numbers of a run, or a benchmark that no sweep made."""
    return study.run.imported is not None


def is_designed(study: Study) -> bool:
    """Whether its networks are compared with one built from knobs, and not with a published one."""
    return study.run.invocation.reference.startswith(VARIANTS)


def machine(study: Study) -> frozenset[tuple[str, str]]:
    """Give what must agree for the numbers of two runs to be of one machine."""
    return frozenset(study.run.invocation.fingerprint.gating.items())


def _ratio(study: Study, above: Cell, below: Cell) -> Estimate | None:
    """Give the ratio of two cells within a run; None where it has not both."""
    there = {each.cell: each for each in study.results if each.cell in (above, below)}
    return there[above].speed_over(there[below]) if len(there) > 1 else None


def _without_repeated(
    told: RunSetting, before: list[RunSetting], behind: list[RunSetting]
) -> Setting | None:
    """Leave out batches that another run tells, too; None if nothing is left."""
    setting = told.setting
    rivals = [
        (each.setting, first)
        for first, others in ((True, before), (False, behind))
        for each in others
        if _told_alike(each) == _told_alike(told)
    ]
    kept = {
        size
        for size in setting.batch_sizes
        if not any(
            _covers(rival, setting, size) and (first or not _covers(setting, rival, size))
            for rival, first in rivals
        )
    }
    planned = tuple(each for each in setting.planned if each.batch_size in kept)
    return replace(setting, planned=planned) if planned else None


def _told_alike(told: RunSetting) -> tuple[object, ...]:
    setting = told.setting
    return machine(told.study), setting.reference, setting.mode, setting.configuration


def _covers(rival: Setting, setting: Setting, batch_size: int) -> bool:
    """Whether `rival` has every network of `setting` at a batch, each in as many processes."""
    own = {each.cell: each.repeats for each in setting.at(batch_size)}
    theirs = {each.cell: each.repeats for each in rival.at(batch_size)}
    return all(theirs.get(cell, 0) >= repeats for cell, repeats in own.items())
