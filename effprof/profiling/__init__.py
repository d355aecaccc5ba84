"""Where the time of a step goes: operators and kernels, their roles and their modules.

Importing this package loads torch; commands import it inside their function.
"""

from effprof.profiling.clock import profile_with_clock
from effprof.profiling.profile import CellProfiler
from effprof.profiling.record import keep_trace
from effprof.profiling.subject import Subject
from effprof.profiling.trace import profile_with_profiler

__all__ = [
    "CellProfiler",
    "Subject",
    "keep_trace",
    "profile_with_clock",
    "profile_with_profiler",
]
