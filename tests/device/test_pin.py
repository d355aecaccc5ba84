"""Which CPUs a worker is bound to: the last ones that nobody else keeps busy."""

import os

import psutil
import pytest

from effprof.device import cpu


@pytest.mark.parametrize(
    ("threads", "busy", "chosen"),
    [
        (1, (0, 0, 0, 0), (3,)),
        (1, (0, 0, 0, 90), (2,)),
        (1, (0, 0, 0, 20), (3,)),
        (1, (90, 90, 90, 90), (3,)),
        (2, (0, 0, 60, 0), (1, 3)),
        (3, (0, 90, 90, 0), (0, 2, 3)),
    ],
)
def test_a_worker_is_bound_to_the_last_cpus_that_are_quiet(monkeypatch, threads, busy, chosen):
    bound = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, cpus: bound.append(cpus), raising=False)
    monkeypatch.setattr(psutil, "cpu_percent", lambda **_: list(busy))
    assert cpu.pin(threads) == chosen
    assert bound == [chosen]


def test_nobody_looks_where_there_is_no_choice(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {4, 5}, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None, raising=False)
    monkeypatch.setattr(psutil, "cpu_percent", lambda **_: pytest.fail("looked"))
    assert cpu.pin(2) == (4, 5)
