"""What to do: the fastest network for an accuracy, the ways of running that gain, successors."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from effprof.core.units import estimate_text, times
from effprof.report.blocks import Block
from effprof.report.findings import sentences
from effprof.report.text import escape, listed
from effprof.report.variations import variation_words
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name, title, where
from effprof.report.writeup.picks import picks
from effprof.report.writeup.quotations import quoted_lines
from effprof.study.collection import RunSetting, machine
from effprof.study.findings import kept_heaps
from effprof.study.results import Result
from effprof.study.successors import Successor, successors
from effprof.study.variations import Variations, variations
from effprof.study.zoo_settings import zoo_settings

#: The claim whose quoted quantities tell of V2 on devices that were not measured here.
SUCCESSOR_CLAIM = "C23"

#: Axes of which one may choose a value; of the allocator more is told, and a size is no choice.
_CHOSEN = frozenset({"batch_size", "memory_format", "execution", "threads"})

_COMMANDS = (
    "On your own machine: `effprof run` measures, `effprof profile efficientnet_b0 --compare "
    "resnet50` splits the loss, `effprof pick --latency-ms 30 --min-top1 77` chooses within limits."
)


def what_to_do(basis: Basis) -> Iterator[Block]:
    """Name the fastest network for an accuracy, what makes the subject faster, and successors."""
    for each in islice(zoo_settings(basis.collection), 1):
        yield from picked(each)
    lines = [
        *(line for each in variations(basis.collection) for line in _gains(each)),
        *_heaps(basis),
        *(
            _succeeded(each, found)
            for each in basis.collection.settings
            for found in successors(each.setting)
        ),
        *(f"**V2 instead of V1**, {line}" for line in quoted_lines(basis, SUCCESSOR_CLAIM)),
        _COMMANDS,
    ]
    yield "\n".join(f"- {line}" for line in lines)


def picked(told: RunSetting) -> Iterator[Block]:
    """Give the table of the fastest network for an accuracy on one machine."""
    yield f"The fastest network of at least some accuracy ({where(told)}):"
    yield picks(told)


def _gains(found: Variations) -> Iterator[str]:
    """Tell which single changes make the subject faster, and which slower."""
    device, name = escape(device_name(found.base.study)), title(found.base.result)
    gains = [
        (variation_words(each.changed), gain)
        for each in found.single
        if (gain := each.subject_gain) and each.changed.keys() <= _CHOSEN
    ]
    faster = [(words, gain) for words, gain in gains if gain.low > 1]
    slower = [(words, gain) for words, gain in gains if gain.high < 1]
    for word, there in (("more", faster), ("fewer", slower)):
        if there:
            told = [f"{escape(words)} ({estimate_text(gain, 'x')})" for words, gain in there]
            yield f"**{device}**: {name} does {word} images/s with {listed(told, len(told))}."


def _heaps(basis: Basis) -> Iterator[str]:
    """Tell what keeping freed memory brings the subject on each machine that tried it."""
    told: dict[frozenset[tuple[str, str]], str] = {}
    for study in basis.collection.own:
        models = {each.model for setting in study.first_settings for each in setting.subject}
        first = {setting.configuration for setting in study.first_settings}
        own = [each for each in study.results if each.model in models and _kept(each) in first]
        for line in sentences(kept_heaps(own), study):
            told.setdefault(machine(study), f"**{escape(device_name(study))}**: {line}")
    yield from told.values()


def _kept(result: Result) -> str:
    """Call the configuration of a cell as if freed memory were kept."""
    return replace(result.cell, allocator="kept").configuration


def _succeeded(told: RunSetting, found: Successor) -> str:
    own, elder, ratios = found.network, found.elder, found.ratios
    return (
        f"**V2 instead of V1**, {where(told, own.result.batch_size)}: {title(own.result)} "
        f"({own.top1:.1f} %) has {times(ratios.of('flops'))} the FLOPs of {title(elder.result)} "
        f"({elder.top1:.1f} %) and is {estimate_text(ratios.speed, 'x')} as fast."
    )
