"""What the fork server imports once, so that a worker starts in a fraction of a second.

Only imports: CUDA must not be initialised and no thread pool started before the fork.
"""

import gc
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import timm
    import torch
    import torchvision

import effprof.cost
import effprof.device.fingerprint
import effprof.device.peaks
import effprof.measure.cell
import effprof.models.build
import effprof.sweep.tasks

# Without this a collection in the worker would touch, and so copy, every inherited page.
gc.freeze()

__all__ = ["effprof", "timm", "torch", "torchvision"]
