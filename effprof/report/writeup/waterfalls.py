"""Waterfalls: where the rest of the promise goes, factor by factor."""

from collections.abc import Iterator

from effprof.analysis.waterfall import Waterfall
from effprof.report.blocks import Block
from effprof.report.losses import sentence
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import where
from effprof.study.collection import RunSetting

_WATERFALL = (
    "The loss is split exactly, factor by factor. *Low arithmetic intensity*: the network moves "
    "more numbers per FLOP, so that memory and not arithmetic sets the least possible time. "
    "*Inefficient kernels*: operators stay further above that least time. *An idle device*: "
    "nothing runs between operators. In parentheses the kinds of operators that move a factor "
    "most; those of others may go against it. The factors compare with the reference and with an "
    "ideal device at the peaks that were measured: *norm 1.26x* does not mean that the network "
    "would be that much faster without its norms, whose share of the time stands in the next "
    "section. Factors have no interval of their own; one that lies within that of the realised "
    "speed-up may be noise."
)

#: What is said where no profile was taken.
NO_PROFILE = "It takes a profile to tell: `effprof run quick --cpu --profile`."


def where_it_goes(basis: Basis) -> Iterator[Block]:
    """Tell the waterfall of the subject at the ends of the batch sizes, with the picture."""
    told = [(each, lines) for each in basis.collection.settings if (lines := _falls(each))]
    yield _WATERFALL if told else NO_PROFILE
    for each, lines in told:
        yield "\n".join(lines)
        yield basis.picture("waterfall", each)


def _falls(told: RunSetting) -> list[str]:
    lines = [
        f"- {where(told, each.batch_size)}: "
        f"{sentence(each.label, told.study.reference_label, each.fall)}"
        for each in told.setting.subject
        if isinstance(each.fall, Waterfall)
    ]
    return lines[:1] + lines[1:][-1:]
