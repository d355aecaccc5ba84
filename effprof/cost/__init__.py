"""Static cost from shapes: MACs, activations, bytes, by role and module.

Importing this package loads torch; commands import it inside their function.
"""

from effprof.cost.count import CountedModel, by_module, count_cost, count_model, count_ops

__all__ = ["CountedModel", "by_module", "count_cost", "count_model", "count_ops"]
