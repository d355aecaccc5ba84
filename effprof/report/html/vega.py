"""The JavaScript that draws charts: Vega, Vega-Lite and Vega-Embed in one inlined script."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import vl_convert

from effprof.report.html.charts.chart import vega_lite_version

#: What the libraries' licence asks to be kept with them.
_NOTICE = """/* Vega {}, Vega-Lite {}, Vega-Embed {}: Copyright University of Washington
Interactive Data Lab and other Vega developers. BSD-3-Clause,
https://github.com/vega/vega/blob/main/LICENSE */
"""

#: Under which name pages find Vega-Embed, which brings the others.
_EXPORTS = "window.vegaEmbed = vegaEmbed;"


@cache
def vega_script() -> str:
    """Give the libraries as one script that sets `vegaEmbed`; takes a second."""
    version = vega_lite_version()
    embedded = vl_convert.get_vega_embed_version()
    notice = _NOTICE.format(vl_convert.get_vega_version(), version, embedded)
    return notice + vl_convert.javascript_bundle(_EXPORTS, vl_version=version)


def start_bundling() -> "Future[str]":
    """Bundle in a thread, which needs no interpreter lock, while pictures are drawn."""
    with_one = ThreadPoolExecutor(max_workers=1)
    bundling = with_one.submit(vega_script)
    with_one.shutdown(wait=False)
    return bundling
