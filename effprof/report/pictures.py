"""The pictures of a report: a table of drawings, each made once per mode and precision."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from textwrap import wrap

from effprof.analysis.roofline import product_peaks
from effprof.report.figures.flops import draw_time_against_flops
from effprof.report.figures.front import draw_front
from effprof.report.figures.memory import draw_memory
from effprof.report.figures.panel import Draw
from effprof.report.figures.predictors import draw_predictors
from effprof.report.figures.promise import draw_promise
from effprof.report.figures.regimes import draw_regimes
from effprof.report.figures.role_time import draw_flops_beside_time, draw_role_time
from effprof.report.figures.roofline import draw_roofline
from effprof.report.figures.style import house_style, png, short_text
from effprof.report.figures.throughput import draw_throughput
from effprof.report.figures.waterfall import draw_waterfall
from effprof.report.page import Page
from effprof.report.phrases import setting_words
from effprof.report.view import View
from effprof.report.well_known import well_known_results
from effprof.study.results import Result
from effprof.study.setting import Setting


@dataclass(frozen=True, slots=True)
class Drawing:
    """One kind of picture: file name stem, what it shows in words, and how it is drawn.

    With `inference` it is drawn of inference only, unless the run has nothing but training. Of a
    whole zoo it shows the well-known networks, with `crowd` all of them.
    """

    stem: str
    alt: str
    draw: Draw
    inference: bool = False
    crowd: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn picture: its file name, alternative text and PNG bytes."""

    name: str
    alt: str
    png: bytes


#: Every picture of a report; a new one is one row here.
DRAWINGS = (
    Drawing("promise", "Promised and realised speed-up", draw_promise),
    Drawing("time-flops", "Time per image against FLOPs", draw_time_against_flops, crowd=True),
    Drawing("waterfall", "Where the promised speed-up went", draw_waterfall, inference=True),
    Drawing("role-time", "Time of the operators by role", draw_role_time, inference=True),
    Drawing(
        "flops-beside-time", "Share of FLOPs and of time by role", draw_flops_beside_time, True
    ),
    Drawing("regimes", "What sets the pace, over batch size", draw_regimes, inference=True),
    Drawing("roofline", "Roles under the roofline", draw_roofline, inference=True),
    Drawing("front", "Quoted accuracy against measured speed", draw_front, crowd=True),
    Drawing("throughput", "Throughput over batch size", draw_throughput),
    Drawing("memory", "Peak memory", draw_memory),
    Drawing("predictors", "What predicts time per image", draw_predictors, crowd=True),
)


def draw_pictures(page: Page) -> tuple[Picture, ...]:
    """Draw what can be drawn: every drawing for the first configuration of mode and precision."""
    pictures = []
    inferred = any(each.valid and each.mode == "infer" for each in page.study)
    explained = "infer" if inferred else "train"
    with house_style():
        for setting in page.study.first_settings:
            if not setting.results:
                continue
            views = views_of(page, setting)
            for drawing in DRAWINGS:
                if drawing.inference and setting.mode != explained:
                    continue
                figure = drawing.draw(views.everything if drawing.crowd else views.well_known)
                if figure is not None:
                    name = picture_name(drawing.stem, setting.mode, setting.precision)
                    alt = f"{drawing.alt}: {setting_words(setting, within=True)}"
                    pictures.append(Picture(name, alt, png(figure)))
    return tuple(pictures)


def picture_name(stem: str, mode: str, precision: str) -> str:
    """Name the file of a picture.

    >>> picture_name("front", "infer", "amp-fp16")
    'front-infer-amp-fp16.png'
    """
    return f"{stem}-{re.sub(r'[^a-z0-9-]', '', f'{mode}-{precision}')}.png"


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
