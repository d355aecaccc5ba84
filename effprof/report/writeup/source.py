"""A source of the write-up: the study of a run, where it came from, and where its page lies."""

from dataclasses import dataclass

from effprof.report.phrases import setting_words
from effprof.report.pictures.picture import picture_name
from effprof.report.render import PAGE_NAME
from effprof.report.tables.cells import Cell, Link
from effprof.report.text import escape
from effprof.report.writeup.names import device_name
from effprof.study.setting import Setting
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class Source:
    """The study of a run: the file or id it came from, the folder of its page and its pictures.

    `folder` is empty where the run has no page; both are relative to the write-up.
    """

    study: Study
    origin: str
    folder: str = ""
    pictures: tuple[str, ...] = ()

    @property
    def linked(self) -> str:
        """The suite of the run, with a link to its page where there is one."""
        suite = escape(self.study.run.invocation.suite)
        return f"[{suite}]({self.page})" if self.page else suite

    @property
    def cell(self) -> Cell:
        """The same in a table."""
        suite = self.study.run.invocation.suite
        return Link(suite, self.page) if self.page else suite

    @property
    def page(self) -> str:
        """Where the page of the run lies; empty where there is none."""
        return f"{self.folder}/{PAGE_NAME}" if self.folder else ""

    def picture(self, stem: str, setting: Setting) -> str:
        """Link the picture of a kind that shows a setting; empty if its page has none."""
        name = picture_name(stem, setting.mode, setting.precision)
        if name not in self.pictures:
            return ""
        words, device = setting_words(setting, within=True), escape(device_name(self.study))
        return f"![{stem.replace('-', ' ')}: {words}, {device}]({self.folder}/{name})"
