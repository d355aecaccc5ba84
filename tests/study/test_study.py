"""A study: every part is made once, from one run, and rendering changes none of it."""

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pandas as pd
import pytest

from effprof.core.cells import Cell
from effprof.regressions.compare import compare_runs
from effprof.regressions.nights import load_night
from effprof.report.page import Page
from effprof.report.render import render_page
from effprof.report.writeup.render import render_writeup
from effprof.report.writeup.source import Source
from effprof.store.store import open_store
from effprof.study import study as studies
from effprof.study.study import Study
from tests.runs import sample_run

PACKAGE = Path(studies.__file__).parents[1]
B0, R50 = "timm/efficientnet_b0", "timm/resnet50"


@pytest.fixture
def pooled(monkeypatch):
    """Count the runs that are pooled."""
    seen = []

    def pool(run):
        seen.append(run.invocation.id)
        return plain(run)

    plain = studies.pool
    monkeypatch.setattr(studies, "pool", pool)
    return seen


def test_a_page_pools_its_run_once(pooled):
    render_page(Page(Study(sample_run())))
    assert len(pooled) == 1


def test_a_write_up_and_the_page_beside_it_pool_a_run_once(pooled):
    study = Study(sample_run())
    render_page(Page(study))
    render_writeup([Source(study, "a file")])
    assert len(pooled) == 1


def test_comparing_and_judging_pool_a_run_once(pooled, tmp_path):
    old, new = (Study(sample_run(id=name)) for name in ("20261121-old", "20261122-new"))
    with open_store(str(tmp_path / "store.sqlite")) as store:
        store.add_runs([old.run, new.run])
        for _ in range(2):
            compare_runs(old, new)
            load_night(store, new)
    assert sorted(pooled) == ["20261121-old", "20261122-new"]


def test_only_a_study_pools():
    pooling = re.compile(r"import .*\bpool\b")
    sources = {path.name: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    assert [name for name, text in sources.items() if pooling.search(text)] == ["study.py"]


def test_every_part_is_made_once_and_none_when_it_is_not_asked_for(pooled):
    study = Study(sample_run())
    assert not pooled
    for part in ("pooled", "by_key", "costs", "ceilings", "parts", "splits", "frame", "candidates"):
        assert getattr(study, part) is getattr(study, part)
    assert len(pooled) == 1
    with pytest.raises(FrozenInstanceError):
        study.run = sample_run()


def test_rendering_leaves_the_frames_as_they_were():
    study = Study(sample_run())
    before = study.frame.copy(), study.candidates.copy()
    render_page(Page(study))
    pd.testing.assert_frame_equal(study.frame, before[0])
    pd.testing.assert_frame_equal(study.candidates, before[1])


def test_a_ratio_of_speeds_counts_images_whatever_the_batches():
    study = Study(sample_run(batch_sizes=(1, 8)))
    alone, together, reference = (
        study.result(cell.key)
        for cell in (Cell(B0, 224), Cell(B0, 224, batch_size=8), Cell(R50, 224))
    )
    found, back = together.speed_over(alone), alone.speed_over(together)
    speeds = study.frame["images_per_second"]
    assert found.value == pytest.approx(speeds[together.cell.key] / speeds[alone.cell.key])
    assert (found.method, found.n) == ("paired", 3)
    assert back.value == pytest.approx(1 / found.value)
    assert alone.speed_over(reference).value == pytest.approx(alone.realised.value)
