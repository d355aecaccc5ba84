"""The pictures of a report: each kind is drawn once per mode and precision."""

import re
from dataclasses import dataclass

from effprof.report.page import Page
from effprof.report.phrases import setting_words
from effprof.report.pictures.kinds import PICTURES
from effprof.report.pictures.style import house_style, png
from effprof.report.pictures.views import views_of


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn picture: its file name, alternative text and PNG bytes."""

    name: str
    alt: str
    png: bytes


def draw_pictures(page: Page) -> tuple[Picture, ...]:
    """Draw what can be drawn: every kind for the first configuration of mode and precision."""
    pictures = []
    inferred = any(each.valid and each.mode == "infer" for each in page.study)
    explained = "infer" if inferred else "train"
    with house_style():
        for setting in page.study.first_settings:
            if not setting.results:
                continue
            views = views_of(page, setting)
            for kind in PICTURES:
                if kind.inference and setting.mode != explained:
                    continue
                figure = kind.draw(views.everything if kind.crowd else views.well_known)
                if figure is not None:
                    name = picture_name(kind.stem, setting.mode, setting.precision)
                    alt = f"{kind.alt}: {setting_words(setting, within=True)}"
                    pictures.append(Picture(name, alt, png(figure)))
    return tuple(pictures)


def picture_name(stem: str, mode: str, precision: str) -> str:
    """Name the file of a picture.

    >>> picture_name("front", "infer", "amp-fp16")
    'front-infer-amp-fp16.png'
    """
    return f"{stem}-{re.sub(r'[^a-z0-9-]', '', f'{mode}-{precision}')}.png"
