"""Operator micro-benchmarks for pytest-benchmark, with the fixture `effprof`."""
