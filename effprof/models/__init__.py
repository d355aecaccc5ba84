"""Models: names, published facts, compound scaling and builders.

`names`, `registry`, `scaling` and `variants` load no torch; `build` loads it inside its functions.
"""
