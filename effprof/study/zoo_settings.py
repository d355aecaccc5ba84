"""Zoo settings: where a machine ran most networks of known accuracy, and what is told of them."""

from collections.abc import Iterator

from effprof.study.collection import Collection, RunSetting, machine
from effprof.study.quoted_networks import quoted_networks

#: Networks with an accuracy that make a comparison of all worth a table, at least.
MIN_ZOO = 10


def zoo_settings(collection: Collection) -> Iterator[RunSetting]:
    """Yield for each machine the setting of own inference with the most networks, if enough.

    They are counted at its largest batch; of two with as many networks the first answers. The
    machine with the most of them comes first.
    """
    best: dict[frozenset[tuple[str, str]], tuple[int, RunSetting]] = {}
    for each in collection.settings:
        if each.study in collection.own and each.setting.mode == "infer" and each.setting.subject:
            networks = len(quoted_networks(each.setting.at(each.setting.batch_sizes[-1])))
            if networks > best.get(machine(each.study), (MIN_ZOO - 1,))[0]:
                best[machine(each.study)] = networks, each
    yield from (each for _, each in sorted(best.values(), key=lambda found: -found[0]))
