"""What a run says: its findings as sentences."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from effprof.core.units import estimate_text, hundredths, times
from effprof.device.allocator import KEPT_HEAP
from effprof.report.markup import MARKDOWN, Markup
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS, setting_words
from effprof.report.text import escape, listed
from effprof.study.findings import (
    EQUAL_ACCURACY,
    CostPredicts,
    Crossover,
    FastestConfiguration,
    Finding,
    FlopsPredict,
    HeapGain,
    HeapKept,
    Kind,
    NoSubstitute,
    Substitute,
)
from effprof.study.quoted_networks import QuotedNetwork
from effprof.study.results import Result
from effprof.study.setting import realised_of
from effprof.study.study import Study

#: What may predict better than FLOPs, as subject and verb of a sentence.
_COSTS = {
    "activations": "activations predict",
    "bytes moved": "bytes moved predict",
    "roofline": "the roofline of the operators predicts",
}


def findings(page: Page) -> str:
    """List what the first configuration of each mode and precision says, and the best ones."""
    return "\n".join(f"- {sentence}" for sentence in sentences(page.study.findings, page.study))


def sentences(found: Iterable[Finding], study: Study) -> list[str]:
    """Write findings of a run, each as a sentence of Markdown."""
    return [_SENTENCES[each.kind](each, study) for each in found]


def _flops_predict(found: FlopsPredict, study: Study) -> str:
    side = "faster" if found.line.faster else "slower"
    return (
        f"{setting_words(found.setting)}, batch {found.batch_size}: on average 10x the FLOPs cost "
        f"**{estimate_text(found.growth, 'x')} the time** ({len(found.networks)} networks; R² of "
        f"the logarithms {estimate_text(found.explained, write=hundredths)}); the worst outlier, "
        f"{escape(found.worst.label)}, is {times(found.line.off)} {side} than the fit."
    )


def _cost_predicts(found: CostPredicts, study: Study) -> str:
    return (
        f"{setting_words(found.setting)}, batch {found.batch_size}: {_COSTS[found.cost]} time "
        f"**{'better' if found.gain.low > 0 else 'worse'}** than FLOPs: R² differs by "
        f"{estimate_text(found.gain, write=hundredths)} over {found.gain.n} networks."
    )


def _crossover(found: Crossover, study: Study) -> str:
    name, rival = escape(found.by_batch[0].label), escape(study.reference_label)
    ratios = ", ".join(
        f"{estimate_text(realised_of(each), 'x')} at batch {each.batch_size}"
        for each in found.by_batch
    )
    sizes = [each.batch_size for each in found.by_batch]
    return (
        f"{setting_words(found.setting)}: {name} is "
        f"**{crossed_text(found.faster, found.slower, sizes)}** {rival} "
        f"({ratios}; n = {_processes(*found.by_batch)} processes)."
    )


def _substitute(found: Substitute, study: Study) -> str:
    own, better = found.network.result, found.better.result
    return (
        f"{setting_words(found.setting)}, batch {own.batch_size}: instead of "
        f"{_quoted(found.network)} take **{_quoted(found.better)}**: "
        f"{estimate_text(found.ratio, 'x')} as fast "
        f"(n = {_processes(own, better)} processes; the fastest of {found.near} within "
        f"{EQUAL_ACCURACY} points of quoted top-1)."
    )


def _no_substitute(found: NoSubstitute, study: Study) -> str:
    named = [f"{escape(each.label)} ({count} compared)" for each, count in found.unbeaten]
    alone = [escape(each.label) for each in found.alone]
    rest = f"; for {listed(alone)} none is that close" if alone else ""
    return (
        f"{setting_words(found.setting)}, batch {found.batch_size}: within {EQUAL_ACCURACY} points "
        f"of quoted top-1 no measured network is faster, beyond its interval, than "
        f"{listed(named)}{rest}."
    )


def _configuration(found: FastestConfiguration, study: Study) -> str:
    first, best = found.first, found.best
    return (
        f"{MODE_WORDS[first.mode].capitalize()}, batch {first.batch_size}: {escape(first.label)} "
        f"is fastest as **{best.cell.configuration}**: {estimate_text(found.ratio, 'x')} as fast "
        f"as {first.cell.configuration} (n = {_processes(first, best)} processes; the best of "
        f"{found.believed} configurations)."
    )


def heap_text(found: HeapKept, markup: Markup = MARKDOWN) -> str:
    """Say what to set in the environment of one's own program, and what a network gains by it."""
    first = found.gains[0].kept
    told = {each.told for each in found.gains}
    variables = " and ".join(markup.command(f"{name}={value}") for name, value in KEPT_HEAP.items())
    if "faster" in told:
        lead = f"set {variables} in the environment of your program, and"
    else:
        lead = (
            f"{'with or without' if told == {'equal'} else 'with'} {variables} in its environment,"
        )
    gains = " and ".join(_gain(each, markup) for each in found.gains)
    return (
        f"{MODE_WORDS[first.mode].capitalize()}, {first.cell.configuration}: {lead} "
        f"{markup.outside(first.label)} is {gains} (n = {_processes(*found.cells)} processes)."
    )


def _gain(gain: HeapGain, markup: Markup) -> str:
    ratio, batch = estimate_text(gain.ratio, "x"), f"at batch {gain.kept.batch_size}"
    if gain.told == "faster":
        return f"{markup.strong(f'{ratio} as fast')} {batch}"
    return f"{markup.strong(_GAINS[gain.told])} {batch} ({ratio})"


#: What is said of a speed that does not gain.
_GAINS = {
    "equal": "as fast either way",
    "slower": "slower",
    "untold": "not told apart",
}


#: Kind of finding -> how its sentence is written; a new kind is one row here.
_SENTENCES: Mapping[Kind, Callable[[Any, Study], str]] = {
    FlopsPredict.kind: _flops_predict,
    CostPredicts.kind: _cost_predicts,
    Crossover.kind: _crossover,
    Substitute.kind: _substitute,
    NoSubstitute.kind: _no_substitute,
    FastestConfiguration.kind: _configuration,
    HeapKept.kind: lambda found, _: heap_text(found),
}


def crossed_text(faster: list[int], slower: list[int], sizes: list[int]) -> str:
    """Word at which batches one network is faster than another.

    >>> crossed_text([8, 32], [1], [1, 8, 32]), crossed_text([], [1, 8], [1, 8])
    ('slower at batch 1 and faster from batch 8 on than', 'slower at every measured batch than')
    """
    if sizes in (faster, slower):
        word, where = ("faster" if faster else "slower"), "every measured batch"
        return f"{word} at {where if len(sizes) > 1 else f'batch {sizes[0]}'} than"
    from_on = next((size for size in faster if {*sizes[sizes.index(size) :]} <= {*faster}), None)
    parts = []
    if slower:
        parts.append(f"slower at batch {listed([str(size) for size in slower])}")
    if faster:
        where = f"from batch {from_on} on" if from_on else f"at batch {listed([*map(str, faster)])}"
        parts.append(f"faster {where}")
    return (
        f"{' and '.join(parts)} than" if parts else "at no measured batch told apart in speed from"
    )


def _processes(*results: Result) -> int:
    """Count the processes that a ratio of cells rests on."""
    return min(each.repeats for each in results)


def _quoted(network: QuotedNetwork) -> str:
    return f"{escape(network.result.label)} ({network.top1:.1f} %)"
