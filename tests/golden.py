"""Texts that are kept as they should read; `EFFPROF_REGENERATE_GOLDEN=1` writes them anew."""

import os
from pathlib import Path


def agrees(path: Path, text: str) -> None:
    """Compare a text with the kept one."""
    if os.environ.get("EFFPROF_REGENERATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
