"""The pytest fixture `effprof`: micro-benchmarks of operators, on the device you name."""
