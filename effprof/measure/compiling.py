"""What torch.compile has done in this process so far: graphs compiled, graphs broken."""

import sys
from dataclasses import dataclass

#: What rises when a whole graph comes from the disk instead of being compiled. Not all that ends in
#: "cache_hit": processes that compile kernels hand them over through a cache of their own, which is
#: hit in a cold compile too.
_CACHED_GRAPHS = (("inductor", "fxgraph_cache_hit"), ("aot_autograd", "autograd_cache_hit"))


@dataclass(frozen=True, slots=True)
class CompileCounts:
    """Counters of torch._dynamo; a rise of `graphs` inside a timed window is a recompile.

    `cache_hits` counts what inductor took from the disk instead of compiling it.
    """

    graphs: int
    graph_breaks: int
    cache_hits: int

    @classmethod
    def now(cls) -> "CompileCounts":
        """Read the counters; zero where nothing was ever compiled (the module is not loaded)."""
        dynamo = sys.modules.get("torch._dynamo.utils")
        if dynamo is None:
            return cls(0, 0, 0)
        return cls(
            graphs=dynamo.counters["stats"]["unique_graphs"],
            graph_breaks=sum(dynamo.counters["graph_break"].values()),
            cache_hits=sum(dynamo.counters[part][name] for part, name in _CACHED_GRAPHS),
        )
