"""The allocator of host memory: what becomes of what a step frees, and who decides that."""

import os
import platform
import re
from collections.abc import Mapping

from effprof.core.cells import Allocator

#: Environment under which glibc keeps freed activations in the heap. Without it every large
#: tensor goes back to the system and each step pays the page faults again (B0, batch 16: 2x).
#: mmap is switched off as a whole because its threshold cannot exceed 32 MiB.
KEPT_HEAP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**46)}

#: Allocators that people load instead of that of the C library.
_OTHERS = ("jemalloc", "tcmalloc", "mimalloc")

#: What decides whether glibc keeps freed memory. Whoever sets one of them, to whatever value, also
#: stops glibc from adapting its thresholds to the program.
_VARIABLES = (
    *("MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_"),
    *("MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_"),
)
_TUNABLES = re.compile(r"glibc\.malloc\.(mmap_max|trim_threshold|mmap_threshold|top_pad)=")


def policy_variables(policy: Allocator, environment: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that a process needs for a policy, beside those of an environment.

    What the user has chosen there stands whole: it is never mixed with ours.
    """
    return {} if policy == "default" or _chosen(environment) else dict(KEPT_HEAP)


def no_policy(policy: Allocator, device_kind: str) -> str | None:
    """Say why this process cannot show a policy on a kind of device, or None where it can.

    What a run gets unless it asks for another policy, `kept`, is always shown as it is.
    """
    if policy == "kept":
        return None
    if device_kind != "cpu":
        return (
            f"allocator {policy} is about a CPU's memory; torch keeps what a step frees on a GPU"
            " either way"
        )
    if chosen := _chosen(os.environ):
        return (
            f"allocator {policy} cannot be measured where the environment decides:"
            f" {', '.join(chosen)}; unset it, and both policies can be compared"
        )
    if not _is_glibc():
        return (
            f"allocator {policy} is about glibc, which this system does not use: programs run"
            " under its own policy either way"
        )
    return None


def allocator() -> str:
    """Say which allocator policy this process runs under, e.g. `glibc, heap kept`."""
    preload = os.environ.get("LD_PRELOAD", "")
    for name in _OTHERS:
        if name in preload:
            return f"{name} ({os.environ.get('MALLOC_CONF', 'default')})"
    libc = platform.libc_ver()[0] or "unknown libc"
    if all(os.environ.get(name) == value for name, value in KEPT_HEAP.items()):
        return f"{libc}, heap kept"
    return f"{libc}, {', '.join(_chosen(os.environ)) or 'default'}"


def _is_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"


def _chosen(environment: Mapping[str, str]) -> tuple[str, ...]:
    """List what an environment says of the policy, such as `MALLOC_TRIM_THRESHOLD_=0`."""
    found = [f"{name}={environment[name]}" for name in _VARIABLES if name in environment]
    tunables, preload = (environment.get(name, "") for name in ("GLIBC_TUNABLES", "LD_PRELOAD"))
    if _TUNABLES.search(tunables):
        found.append(f"GLIBC_TUNABLES={tunables}")
    if any(name in preload for name in _OTHERS):
        found.append(f"LD_PRELOAD={preload}")
    return tuple(found)
