"""Sweeps as TOML files, shipped inside the wheel as `effprof.suites`."""
