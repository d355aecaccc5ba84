"""Pure functions on stored runs: statistics, frames, comparisons, correlations. Without torch."""
