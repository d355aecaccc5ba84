"""The pictures of a report: a table of drawings, each made once per mode and precision."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd

from effprof.analysis.roofline import product_peaks
from effprof.report.figures.flops import draw_time_against_flops
from effprof.report.figures.front import draw_front
from effprof.report.figures.memory import draw_memory
from effprof.report.figures.panel import Draw, View
from effprof.report.figures.predictors import draw_predictors
from effprof.report.figures.promise import draw_promise
from effprof.report.figures.regimes import draw_regimes
from effprof.report.figures.role_time import draw_flops_beside_time, draw_role_time
from effprof.report.figures.roofline import draw_roofline
from effprof.report.figures.style import house_style, looks, png, short_text
from effprof.report.figures.throughput import draw_throughput
from effprof.report.figures.waterfall import draw_waterfall
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS
from effprof.report.well_known import well_known


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
    explained = "infer" if (page.shown["mode"] == "infer").any() else "train"
    with house_style():
        for mode, configuration, group in page.first_settings():
            view = view_of(page, mode, configuration, group)
            if view.frame.empty:
                continue
            known = well_known(group, page.run.invocation.reference)
            fewer = view if len(known) == len(group) else view_of(page, mode, configuration, known)
            precision = str(group["precision"].iloc[0])
            for drawing in DRAWINGS:
                if drawing.inference and mode != explained:
                    continue
                figure = drawing.draw(view if drawing.crowd else fewer)
                if figure is not None:
                    name = picture_name(drawing.stem, mode, precision)
                    alt = f"{drawing.alt}: {MODE_WORDS[mode]}, {configuration}"
                    pictures.append(Picture(name, alt, png(figure)))
    return tuple(pictures)


def picture_name(stem: str, mode: str, precision: str) -> str:
    """Name the file of a picture.

    >>> picture_name("front", "infer", "amp-fp16")
    'front-infer-amp-fp16.png'
    """
    return f"{stem}-{re.sub(r'[^a-z0-9-]', '', f'{mode}-{precision}')}.png"


def view_of(
    page: Page,
    mode: str,
    configuration: str,
    group: pd.DataFrame,
    drawable: Callable[[str], str] | None = None,
) -> View:
    """Prepare the cells of one mode and configuration for drawing.

    Texts are made `drawable`; without that as pictures need them, with `short_text`.
    """
    drawable = drawable or partial(short_text, reference=page.reference_label)
    drawn = group.assign(label=group["label"].map(drawable), family=group["family"].map(drawable))
    families = page.frame["family"].map(drawable)
    first = group.iloc[0]
    device = drawable(page.run.invocation.device)
    return View(
        frame=drawn[drawn["valid"]],
        lost=drawn[~drawn["valid"]],
        setting=f"{MODE_WORDS[mode]}, {configuration}; {device}",
        reference=page.run.invocation.reference,
        reference_label=drawable(page.reference_label),
        peak=product_peaks(page.run).get((str(first["precision"]), int(first["threads"]))),
        looks=looks(families),
        parts=page.parts,
        falls={str(row.name): fall for row, fall in page.waterfalls_of(drawn)},
    )
