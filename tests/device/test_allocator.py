"""The allocator of host memory: who decides its policy, and what is said of it."""

import platform

import pytest

from effprof.device.allocator import KEPT_HEAP, allocator, no_policy

CHOICES = (
    "MALLOC_MMAP_MAX_",
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TOP_PAD_",
    "GLIBC_TUNABLES",
    "LD_PRELOAD",
)


@pytest.fixture
def setting(monkeypatch):
    """Set variables of a process of glibc that has no others which choose a policy."""

    def set_variables(libc="glibc", **variables):
        monkeypatch.setattr(platform, "libc_ver", lambda: (libc, "2.41"))
        for name in CHOICES:
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_variables


def test_a_plain_process_shows_the_default_policy(setting):
    setting(MALLOC_ARENA_MAX="2", GLIBC_TUNABLES="glibc.malloc.tcache_count=0")
    assert no_policy("default", "cpu") is None
    assert allocator() == "glibc, default"


@pytest.mark.parametrize(
    ("variables", "named", "said"),
    [
        (KEPT_HEAP, "MALLOC_MMAP_MAX_=0, MALLOC_TRIM_THRESHOLD_=", "glibc, heap kept"),
        ({"MALLOC_TOP_PAD_": "9"}, "MALLOC_TOP_PAD_=9", "glibc, MALLOC_TOP_PAD_=9"),
        (
            {"GLIBC_TUNABLES": "glibc.malloc.mmap_max=0"},
            "GLIBC_TUNABLES=glibc.malloc.mmap_max=0",
            "glibc, GLIBC_TUNABLES=glibc.malloc.mmap_max=0",
        ),
        (
            {"LD_PRELOAD": "/lib/libtcmalloc_minimal.so.4"},
            "LD_PRELOAD=/lib/libtcmalloc_minimal.so.4",
            "tcmalloc (default)",
        ),
    ],
)
def test_what_the_environment_chooses_is_named_and_no_default(setting, variables, named, said):
    setting(**variables)
    refused = no_policy("default", "cpu")
    assert named in refused
    assert "unset it" in refused
    assert allocator() == said
    assert no_policy("kept", "cpu") is None


def test_where_no_policy_can_be_chosen_the_axis_says_so(setting):
    setting()
    assert "torch keeps what a step frees on a GPU" in no_policy("default", "cuda")
    setting(libc="musl")
    assert "which this system does not use" in no_policy("default", "cpu")
    assert no_policy("kept", "cpu") is no_policy("kept", "cuda") is None
