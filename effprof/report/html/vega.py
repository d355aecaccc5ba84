"""The JavaScript that draws charts: Vega, Vega-Lite and Vega-Embed in one inlined script."""

import hashlib
import os
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import vl_convert
from platformdirs import user_cache_path

from effprof.report.pictures.charts.chart import vega_lite_version

#: What the libraries' licence asks to be kept with them.
_NOTICE = """/* Vega {}, Vega-Lite {}, Vega-Embed {}: Copyright University of Washington
Interactive Data Lab and other Vega developers. BSD-3-Clause,
https://github.com/vega/vega/blob/main/LICENSE */
"""

#: Under which name pages find Vega-Embed, which brings the others.
_EXPORTS = "window.vegaEmbed = vegaEmbed;"


@cache
def vega_script() -> str:
    """Give the libraries as one script that sets `vegaEmbed`.

    Bundling takes a second, so the script is kept in the user's cache, a file for each combination
    of versions; without a cache that can be written it is bundled every time.
    """
    kept = _kept_path()
    script = _read(kept)
    if script is None:
        script = _bundled()
        with suppress(OSError):
            _write(kept, script)
    return script


def start_bundling() -> "Future[str]":
    """Bundle in a thread, which needs no interpreter lock, while pictures are drawn."""
    with_one = ThreadPoolExecutor(max_workers=1)
    bundling = with_one.submit(vega_script)
    with_one.shutdown(wait=False)
    return bundling


def _versions() -> tuple[str, str, str]:
    """Give the versions of Vega, Vega-Lite and Vega-Embed."""
    return vl_convert.get_vega_version(), vega_lite_version(), vl_convert.get_vega_embed_version()


def _bundled() -> str:
    script = vl_convert.javascript_bundle(_EXPORTS, vl_version=vega_lite_version())
    return _NOTICE.format(*_versions()) + script


def _kept_path() -> Path:
    parts = ("vega", *_versions(), "by", version("vl-convert-python"))
    return user_cache_path("effprof") / f"{'-'.join(parts)}.js"


def _read(path: Path) -> str | None:
    """Read a kept script; None where there is none, or not what `_write` wrote."""
    try:
        digest, _, script = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return script.decode() if digest == _digest(script) else None


def _write(path: Path, script: str) -> None:
    """Keep a script below its digest. Whoever reads meanwhile finds the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = script.encode()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_digest(text) + b"\n" + text)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _digest(script: bytes) -> bytes:
    return hashlib.sha256(script).hexdigest().encode()
