"""A collection: the studies of several runs, and the settings by which they are told together."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from effprof.analysis.correlation import VARIANTS
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
    def processes(self) -> int:
        """The most processes that any of its cells has."""
        return max(each.repeats for each in self.setting.results)

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

        Batches at which another run has the same networks in more processes are left out.
        """
        there = [each for each in self._first_settings() if not is_designed(each.study)]
        kept = (
            replace(each, setting=setting)
            for each in there
            if (setting := _without_repeated(each, [o for o in there if o is not each]))
        )
        return tuple(kept)

    @cached_property
    def designs(self) -> tuple[RunSetting, ...]:
        """The first settings of runs about variants of one network."""
        return tuple(each for each in self._first_settings() if is_designed(each.study))

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


def _without_repeated(told: RunSetting, others: list[RunSetting]) -> Setting | None:
    """Leave out batches that another run has too, in more processes; None if nothing is left."""
    rivals = [each for each in others if _told_alike(each) == _told_alike(told)]
    kept = {
        size
        for size in told.setting.batch_sizes
        if not any(_covers(each.setting, told.setting, size) for each in rivals)
    }
    planned = tuple(each for each in told.setting.planned if each.batch_size in kept)
    return replace(told.setting, planned=planned) if planned else None


def _told_alike(told: RunSetting) -> tuple[object, ...]:
    setting = told.setting
    return machine(told.study), setting.reference, setting.mode, setting.configuration


def _covers(rival: Setting, setting: Setting, batch_size: int) -> bool:
    """Whether `rival` has every network that `setting` has at a batch, in more processes."""
    own = {each.cell: each.repeats for each in setting.at(batch_size)}
    theirs = {each.cell: each.repeats for each in rival.at(batch_size)}
    return own.keys() <= theirs.keys() and min(theirs[cell] for cell in own) > max(own.values())
