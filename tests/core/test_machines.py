"""Machines of one kind, of another, and of a kind that an earlier run does not tell."""

from dataclasses import replace

import pytest

from effprof.core.machines import (
    MOST_PEAK_RATIO,
    Likeness,
    likeness,
    machine_differences,
    machine_labels,
    place_of,
    states,
)
from effprof.core.runs import Fingerprint, Peak
from tests.runs import (
    IDENTITY,
    calibrations,
    earlier_cpu,
    fingerprint,
    identified,
    sample_run,
)

PEAKS = (
    Peak("matmul", "fp32", "1024", 100e9),
    Peak("conv3x3", "fp32", "256x14x14 b16", 250e9),
    Peak("conv3x3", "fp32", "64x56x56 b16", 230e9),
    Peak("copy", "fp32", "256 MiB", 38e9),
)


def run(marks, scale=1.0, run_id="first", peaks=PEAKS):
    made = sample_run((1,), 1, id=run_id, fingerprint=marks)
    return replace(made, peaks=tuple(replace(peak, value=peak.value * scale) for peak in peaks))


def gpu(host="pod-1", **gating):
    kind = {"device": "NVIDIA H200", "device kind": "cuda", "method": "1"}
    known = {"memory": "140 GiB", "power limit": "700 W"}
    return Fingerprint(kind | known | gating, {"host": host, "uuid": f"GPU-{host}"})


def test_machines_of_one_kind_are_alike_whatever_their_names():
    one, other = identified(), identified("runner-7", machine="fedcba9876543210")
    assert likeness(run(one), run(other, 0.4)) == likeness(run(one), run(one))
    assert likeness(run(one), run(other)).differing == {}
    assert machine_differences(gpu(), gpu("pod-2")) == {}
    assert place_of(one) == place_of(other) != place_of(identified(device="Another CPU"))


@pytest.mark.parametrize("name", IDENTITY)
def test_every_field_of_the_identity_tells_kinds_apart(name):
    other = identified(**{name: "another"})
    found = likeness(run(identified()), run(other))
    assert found.differing == {name: (IDENTITY[name], "another")}
    assert found.remark == ""


def calibrated(factor=1.0, run_id="first", **factors):
    made = run(identified(), run_id=run_id)
    return replace(made, calibrations=calibrations("start", factor, **factors))


def test_a_machine_of_one_kind_that_is_twice_as_slow_is_another():
    found = states(calibrated(), calibrated(2.0, "second"))
    assert found.differing == {
        "square roots (neutral sentinel)": ("1.80 µs", "3.59 µs"),
        "cache copy (neutral sentinel)": ("1.60 µs", "3.19 µs"),
        "memory copy (neutral sentinel)": ("18.0 ms", "35.9 ms"),
    }
    only = states(calibrated(), calibrated(run_id="second", memory_copy=0.7))
    assert list(only.differing) == ["memory copy (neutral sentinel)"]


def test_a_machine_that_moved_a_little_is_said_and_compared():
    found = states(calibrated(), calibrated(1.02, "second", cache_copy=1.12))
    assert found.differing == {}
    said = "the machine itself was 1.12x slower in run second, by its cache copy"
    assert found.remark == said
    back = states(calibrated(1.02, "second", cache_copy=1.12), calibrated())
    assert back.remark == "the machine itself was 1.12x faster in run first, by its cache copy"


def test_a_steady_machine_and_one_that_was_not_measured_are_told_nothing_of():
    assert states(calibrated(), calibrated(1.04, "second")).remark == ""
    assert states(calibrated(), run(identified(), run_id="second")) == Likeness({})


def test_a_busy_moment_makes_no_other_machine():
    quiet, busy = calibrated(), calibrated(run_id="second", memory_copy=1.5)
    waited = replace(busy, calibrations=(*busy.calibrations, *calibrations("end")))
    found = states(quiet, waited)
    assert found.differing == {}
    assert found.remark.startswith("the machine itself was 1.22x slower in run second, by its mem")
    assert likeness(quiet, busy) == Likeness({})


def test_the_words_that_name_a_cpu_may_change():
    named = identified(device="Some CPU, family 25 model 17, with AVX-512, 2 cores")
    assert machine_differences(identified(), named) == {}
    other = replace(named, recorded=named.recorded | {"cpu": "Other CPU"})
    assert machine_differences(identified(), other) == {"device": ("Some CPU", "Other CPU")}


def test_a_gpu_is_told_by_its_memory_and_its_limit_of_power():
    assert machine_differences(gpu(), gpu(**{"power limit": "500 W"})) == {
        "power limit": ("700 W", "500 W")
    }
    assert set(machine_differences(gpu(), gpu(memory="80 GiB"))) == {"memory"}


@pytest.mark.parametrize("then", [earlier_cpu(), earlier_cpu(host="elsewhere")])
@pytest.mark.parametrize("now", [identified(), earlier_cpu()])
def test_where_the_identity_is_unknown_peaks_decide(then, now):
    near = likeness(run(then), run(now, 1 / 1.29, "second"))
    assert near.differing == {}
    lacking = "first" if "maker" in now.gating else "first and second"
    assert near.remark == f"identity unknown of run {lacking}; compared by measured peaks"
    far = likeness(run(then), run(now, 0.5, "second"))
    assert far.differing["conv3x3 peak (identity unknown)"] == ("240 GFLOP/s", "120 GFLOP/s")
    assert far.differing["copy peak (identity unknown)"] == ("35.4 GiB/s", "17.7 GiB/s")
    assert likeness(run(now, 0.5), run(then)).differing.keys() == far.differing.keys()


def test_one_peak_among_several_of_its_kind_is_no_other_machine():
    """A disturbed moment slows one of them down; a kind moves as a whole."""
    slowed = (PEAKS[0], replace(PEAKS[1], value=PEAKS[1].value / 1.5), *PEAKS[2:])
    assert likeness(run(earlier_cpu()), run(identified(), peaks=slowed)).differing == {}
    assert 1.5**0.5 < MOST_PEAK_RATIO < 1.5


def test_without_common_peaks_the_product_alone_is_compared():
    found = likeness(run(earlier_cpu(), peaks=()), run(identified()))
    assert found.differing == {}
    assert found.remark == "identity unknown of run first; there are no peaks to compare by"
    other = likeness(run(earlier_cpu(device="Other CPU"), peaks=()), run(identified()))
    assert other.differing == {"device": ("Other CPU", "Some CPU")}


def test_a_field_that_one_side_does_not_know_is_unknown_and_not_different():
    partly = identified()
    partly = replace(partly, gating={n: t for n, t in partly.gating.items() if n != "caches"})
    found = likeness(run(identified()), run(partly, run_id="second"))
    assert found.differing == {}
    assert found.remark == "caches unknown of run second; compared by measured peaks"
    # What neither shows, as a guest without caches does, leaves nothing open.
    assert likeness(run(partly), run(partly)).remark == ""


def test_other_gating_fields_stay_what_they_were():
    kept, plain = earlier_cpu(allocator="glibc, heap kept"), earlier_cpu(allocator="glibc, default")
    assert machine_differences(kept, plain) == {"allocator": ("glibc, heap kept", "glibc, default")}
    assert machine_differences(fingerprint(), fingerprint(host="b")) == {}
    assert set(machine_differences(fingerprint(), fingerprint(device="B"))) == {"device"}


class TestLabels:
    def test_equal_ids_are_one_machine_whatever_its_name(self):
        assert machine_labels(identified("a"), identified("b")) == {}

    def test_other_ids_are_other_machines_whatever_their_name(self):
        assert machine_labels(identified(machine="1"), identified(machine="2")) == {
            "machine id": ("1", "2")
        }

    @pytest.mark.parametrize("then", [earlier_cpu(), identified(machine="")])
    def test_without_an_id_the_host_stands_for_it(self, then):
        assert machine_labels(then, identified()) == {}
        assert machine_labels(then, identified("desk")) == {"host": ("laptop", "desk")}

    def test_cards_are_told_by_their_uuid(self):
        assert machine_labels(gpu(), gpu("pod-2")).keys() == {"uuid", "host"}


def test_series_of_earlier_runs_keep_their_host():
    assert place_of(earlier_cpu()) == ("Some CPU", "laptop")
    assert place_of(identified()) == (identified().gating["device"], "")
    assert place_of(Fingerprint({"device": "RTX", "method": "x"}, {})) is None
