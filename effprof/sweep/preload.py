"""What the fork server imports once, so that a worker starts in a fraction of a second.

Only imports: CUDA must not be initialised and no thread pool started before the fork.
"""

import atexit
import gc

import effprof.cost
import effprof.device.calibration
import effprof.device.examine_gpu
import effprof.device.fingerprint
import effprof.device.peaks
import effprof.measure.cell
import effprof.models.build
import effprof.models.preload
import effprof.profiling
import effprof.sweep.tasks

# Without this a collection in the worker would touch, and so copy, every inherited page.
gc.freeze()
# And with it a server that ends would report all that Triton's bindings hold as leaked.
atexit.register(gc.unfreeze)

__all__ = ["effprof"]
