"""The examples in docstrings are run."""

import doctest
import importlib
from pathlib import Path

import pytest

import effprof

HOME = Path(effprof.__file__).parent
MODULES = [
    ".".join(("effprof", *path.relative_to(HOME).with_suffix("").parts))
    for path in sorted(HOME.rglob("*.py"))
    if ">>> " in path.read_text("utf-8")
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_hold(module):
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted > 0
    assert result.failed == 0
