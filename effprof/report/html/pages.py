"""Templates, and what all pages in a browser share: one file, no network."""

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from effprof.core.errors import StorageError

#: Characters that could end a script element or open another one inside its text.
_IN_SCRIPTS = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("effprof.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def embedded_json(value: object) -> Markup:
    r"""Write JSON that is harmless inside a script element, whatever its texts hold.

    >>> print(embedded_json({"name": "</script>"}))
    {"name":"\u003c/script\u003e"}
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(_IN_SCRIPTS))


def page_of(template: str, scripts: Sequence[str], **values: object) -> str:
    """Fill in a template; only the `scripts` given may run on the page, and nothing is fetched."""
    trusted = [_script(name) if name.endswith(".js") else name for name in scripts]
    page = _environment().get_template(template)
    return page.render(policy=_policy(trusted), scripts=[Markup(s) for s in trusted], **values)


def write_page(text: str, path: Path) -> None:
    """Write a page. Raises `StorageError` where that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}; choose another --out"
        ) from error


def _script(name: str) -> str:
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), name)[0]


def _policy(scripts: Sequence[str]) -> str:
    """Allow exactly these scripts, and styles of the page itself; no connection of any kind."""
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'"
    )
