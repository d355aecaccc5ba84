"""The page of a whole zoo: what it shows, what it counts, and that nothing is made up."""

import re
from dataclasses import dataclass

import pytest

from effprof.report.render import render
from effprof.report.well_known import MAX_NETWORKS, well_known_results
from effprof.store.timm_benchmark import read_timm_benchmark
from effprof.study.study import Study

HEADER = (
    "model,infer_img_size,infer_samples_per_sec,infer_step_time,infer_batch_size,param_count,"
    "infer_gmacs,infer_macts\n"
)
KNOWN = (
    "resnet50,160,2000.0,32.0,64,25.56,2.1,5.67\n"
    "resnet50,224,1000.0,64.0,64,25.56,4.11,11.11\n"
    "efficientnet_b0,256,2000.0,32.0,64,5.29,0.52,8.81\n"
    "efficientnet_b0,224,2500.0,25.6,64,5.29,0.4,6.75\n"
    "tf_efficientnet_b0,224,2400.0,26.67,64,5.29,0.4,6.75\n"
)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """Make up a published file with the known networks and more than a page shows."""
    others = "".join(
        f"net{i},224,{1000 - i}.0,{64000 / (1000 - i):.3f},{64 if i % 9 else 32},9.0,1.0,5.0\n"
        for i in range(MAX_NETWORKS)
        if i % 9 or i > 9
    )
    path = tmp_path_factory.mktemp("zoo") / "benchmark-infer-amp-nchw-pt240-cu124-gpu.csv"
    path.write_text(HEADER + KNOWN + re.sub(r"(net\d+,224),[\d.]+,([\d.]+),32", _at_32, others))
    return read_timm_benchmark(path)


@dataclass
class Named:
    """What is read of a result."""

    model: str
    resolution: int = 224


def _at_32(row):
    return f"{row[1]},{32000 / float(row[2]):.2f},{row[2]},32"


@pytest.fixture(scope="module")
def report(zoo):
    return render(zoo)


def test_of_a_zoo_the_networks_of_the_registry_stay_at_their_published_size(zoo):
    shown = well_known_results(Study(zoo).results, "timm/resnet50")
    assert [(each.model, each.resolution) for each in shown] == [
        ("timm/efficientnet_b0", 224),
        ("timm/resnet50", 224),
        ("timm/resnet50", 160),  # the reference, which others are compared with at their size
    ]


def test_of_a_zoo_that_the_registry_does_not_know_all_stay():
    there = [Named(f"timm/net{i}") for i in range(999)]
    assert len(well_known_results(there, "timm/resnet50")) == 999
    assert len(well_known_results(there[:MAX_NETWORKS], "timm/resnet50")) == MAX_NETWORKS


def test_the_page_shows_them_and_counts_the_rest(zoo, report):
    tables = report.markdown.partition("## Results")[2].partition("## What predicts")[0]
    assert "efficientnet_b0@224" in tables
    assert "net17" not in tables
    assert f"{len(zoo.invocation.cells) - 3} further cells are in" in tables
    assert any(name.startswith("time-flops") for name in report.figures)


def test_the_page_invents_neither_interval_nor_process_nor_zero(report):
    page = report.markdown
    assert "one mean step time per network and no samples, so no intervals" in page
    assert "Fresh processes per cell" not in page
    assert "nan" not in page.lower()
    results = page.partition("## Results")[2]
    row = next(line for line in results.splitlines() if line.startswith("| efficientnet_b0@224"))
    assert "2500 |" in row
    assert "[" not in row
    assert "†" not in row
    assert " 0 " not in row


def test_no_table_holds_columns_that_nobody_measured(report):
    head = next(line for line in report.markdown.splitlines() if line.startswith("| model "))
    assert not {"reserved", "RSS", "J/image", "compile", "p50 / p90"} & set(
        re.split(r"\s*\|\s*", head)
    )
