"""Settings of a page as they are drawn: texts that can be drawn, and the networks known well."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from textwrap import wrap

from effprof.analysis.roofline import product_peaks
from effprof.report.page import Page
from effprof.report.phrases import setting_words
from effprof.report.pictures.style import short_text
from effprof.report.view import View
from effprof.report.well_known import well_known_results
from effprof.study.results import Result
from effprof.study.setting import Setting


@dataclass(frozen=True, slots=True)
class Views:
    """A setting as it is drawn: with all its networks, and of a whole zoo with those known well."""

    everything: View
    well_known: View


def views_of(page: Page, setting: Setting, drawable: Callable[[str], str] | None = None) -> Views:
    """Prepare a setting for drawing, see `view_of`."""
    everything = view_of(page, setting, drawable)
    known = well_known_results(everything.setting.planned, setting.reference)
    return Views(everything, replace(everything, setting=Setting(setting.reference, known)))


def view_of(page: Page, setting: Setting, drawable: Callable[[str], str] | None = None) -> View:
    """Prepare all cells of a setting for drawing.

    Texts are made `drawable`; without that as pictures need them, with `short_text`.
    """
    invocation, reference = page.run.invocation, page.study.reference_label
    drawable = drawable or partial(short_text, reference=reference)
    first = setting.planned[0]
    return View(
        setting=Setting(
            setting.reference, tuple(_drawn(each, drawable) for each in setting.planned)
        ),
        caption=_caption(setting_words(setting, within=True), drawable(invocation.device)),
        reference_label=drawable(reference),
        peak=product_peaks(page.run).get((first.precision, first.threads)),
        families=tuple(dict.fromkeys(drawable(each.family) for each in page.study)),
        weights=page.study.weights,
    )


#: Characters of a title that fit a line of the narrowest picture.
TITLE_WIDTH = 80


def _caption(words: str, device: str) -> str:
    r"""Say how and on what was measured, in one line or, under a long name of the device, in two.

    >>> _caption("inference, fp32", "AMD EPYC")
    'inference, fp32; AMD EPYC'
    >>> long = "AMD EPYC, family 25 model 17 (Zen 4), 2 cores of a virtual machine"
    >>> _caption("inference, fp32", long) == f"{long}\ninference, fp32"
    True
    """
    line = f"{words}; {device}"
    return line if len(line) <= TITLE_WIDTH else "\n".join((*wrap(device, TITLE_WIDTH), words))


def _drawn(result: Result, drawable: Callable[[str], str]) -> Result:
    """Make the texts of a result drawable."""
    family = drawable(result.family)
    return replace(result, label=drawable(result.label), values={**result.values, "family": family})
