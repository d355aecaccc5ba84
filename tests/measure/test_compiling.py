"""What torch.compile counts, and which of it means that nothing was compiled."""

import pytest

from effprof.measure.compiling import CompileCounts

dynamo = pytest.importorskip("torch._dynamo.utils")


@pytest.fixture
def counters(monkeypatch):
    from collections import Counter, defaultdict

    fresh = defaultdict(Counter)
    monkeypatch.setattr(dynamo, "counters", fresh)
    return fresh


def test_a_cold_compile_hits_no_cache_although_kernels_are_handed_over_by_one(counters):
    counters["stats"]["unique_graphs"] = 1
    counters["inductor"] |= {
        "async_compile_cache_hit": 30,
        "async_compile_cache_miss": 30,
        "fxgraph_cache_miss": 1,
        "generated_module_cache_hit": 2,
    }
    assert CompileCounts.now() == CompileCounts(graphs=1, graph_breaks=0, cache_hits=0)


@pytest.mark.parametrize(
    ("part", "name"), [("inductor", "fxgraph_cache_hit"), ("aot_autograd", "autograd_cache_hit")]
)
def test_a_graph_from_the_disk_is_a_hit(counters, part, name):
    counters[part][name] = 1
    assert CompileCounts.now().cache_hits == 1
