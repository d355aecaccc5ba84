"""Loads the model libraries ahead of their first use, for a process that will be forked."""

import warnings

with warnings.catch_warnings():
    # Their deprecation warnings are no news to a user of effprof.
    warnings.simplefilter("ignore")
    import timm
    import torchvision

__all__ = ["timm", "torchvision"]
