"""A study as notebooks show it: what the page says first, and its table of results."""

from markupsafe import Markup

from effprof.report import counted, results
from effprof.report.html.blocks import html_of_blocks
from effprof.report.html.markdown import html_of
from effprof.report.page import Page
from effprof.report.verdict import banners, verdict
from effprof.study.study import Study

#: Notebooks are light or dark, and say so each in its own way: nothing here has a colour but that
#: of the text around it.
_STYLE = Markup("""<style>
.effprof { font-variant-numeric: tabular-nums; }
.effprof p, .effprof blockquote { max-width: 75ch; }
.effprof blockquote { margin: .5em 0; padding: 0 1em; border-left: 4px solid; }
.effprof h3 { margin: 1em 0 .25em; font-size: 1em; }
.effprof .table { overflow-x: auto; }
.effprof table { border-collapse: collapse; margin: .25em 0 1em; font-size: .9em; color: inherit; }
.effprof tr { background: none; }
.effprof th, .effprof td { padding: .2em .6em; text-align: left; white-space: nowrap; }
.effprof thead th { border-bottom: 1px solid; }
.effprof tbody th { font-weight: normal; }
.effprof th.number, .effprof td.number { text-align: right; }
.effprof td.prose { white-space: normal; min-width: 18em; }
</style>""")


def notebook_html(study: Study) -> str:
    """Write a study as HTML that stands by itself: warnings, verdict, and the results tables.

    Of a run that measured nothing the table is that of static costs.
    """
    page = Page(study)
    blocks = counted.static_costs(page) if page.counted else results.results(page)
    said = (
        html_of(banners(page)),
        html_of(verdict(page)),
        html_of_blocks("Results", tuple(blocks)),
    )
    return Markup('{}\n<div class="effprof">\n{}</div>\n').format(_STYLE, Markup().join(said))
