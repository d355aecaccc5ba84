"""Splits: where the rest of the promise goes, factor by factor."""

from collections.abc import Iterator

from effprof.analysis.split import Split
from effprof.report.blocks import Block
from effprof.report.losses import sentence
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import where
from effprof.study.collection import RunSetting

_SPLIT = (
    "The loss is split exactly, into three measured factors against the reference, none of which "
    "needs a ceiling. *Slower arithmetic*: a FLOP takes longer. *Uncounted work*: more time goes "
    "to operators that count no FLOPs. What is left is the time between operators: the *framework* "
    "on a CPU, *launches* on a GPU. Brackets are 95 % intervals over rounds. In parentheses the "
    "kinds of operators that move a factor most; those of others may go against it. They compare "
    "with the reference: what a network would win without its norms stands on the page of its run."
)

#: What is said where no profile was taken.
NO_PROFILE = "It takes a profile to tell: `effprof run quick --cpu --profile`."


def where_it_goes(basis: Basis) -> Iterator[Block]:
    """Tell the split of the subject at the ends of the batch sizes, with the picture."""
    told = [(each, lines) for each in basis.collection.settings if (lines := _splits(each))]
    yield _SPLIT if told else NO_PROFILE
    for each, lines in told:
        yield "\n".join(lines)
        yield basis.picture("waterfall", each)


def _splits(told: RunSetting) -> list[str]:
    lines = [
        f"- {where(told, each.batch_size)}: "
        f"{sentence(each.label, told.study.reference_label, each.split)}"
        for each in told.setting.subject
        if isinstance(each.split, Split)
    ]
    return lines[:1] + lines[1:][-1:]
