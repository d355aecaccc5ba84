"""Studies: everything that is derived from one run, once, as values."""
