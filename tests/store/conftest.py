"""Stores for tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from effprof.store.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store."""
    with open_store(str(tmp_path / "store.sqlite")) as opened:
        yield opened
