"""The GPU that all tests here measure; without one they are skipped, with the reason."""

from dataclasses import replace

import pytest

from effprof.core.errors import NoDevice
from effprof.core.runs import MeasureOptions
from effprof.sweep import tasks


@pytest.fixture(scope="session")
def target(workers):
    try:
        return workers.call(tasks.find_targets, "0", False, timeout=120)[0][0]
    except NoDevice as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def options():
    """As exactly as sweeps measure; short access to a GPU leaves no time for more."""
    return MeasureOptions(target_width=0.005, allow_busy=True)


@pytest.fixture
def measure(workers, target, options):
    """Measure a cell in a fresh worker, as a sweep does; keywords replace options."""

    def measured(cell, **changes):
        return workers.call(tasks.measure, cell, target, replace(options, **changes), timeout=300)

    return measured
