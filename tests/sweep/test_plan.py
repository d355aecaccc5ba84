"""Plans: what may be resumed, what is left, and how long it may take."""

from dataclasses import replace

import pytest

from effprof.core.cells import Cell
from effprof.core.errors import NotComparable
from effprof.core.machines import machine_differences
from effprof.core.runs import MeasureOptions, Run
from effprof.device.target import Target
from effprof.sweep.estimate import Estimator
from effprof.sweep.plan import Plan, next_rounds, refuse_other_machine, refuse_other_suite
from effprof.sweep.suite import Expansion, Suite
from tests.runs import earlier_cpu, fingerprint, identified, sample_run, static_cost

INVOCATION = sample_run().invocation
SUITE = Suite("quick", "", "resnet50", INVOCATION.repeats, INVOCATION.options, ())
EXPANSION = Expansion(INVOCATION.cells, INVOCATION.reference)


def test_the_same_machine_and_software_may_resume():
    refuse_other_machine(INVOCATION, fingerprint())


def test_another_machine_or_torch_is_refused_naming_both_values():
    with pytest.raises(NotComparable, match="host: laptop then, desk now"):
        refuse_other_machine(INVOCATION, fingerprint(host="desk"))
    other = replace(fingerprint(), recorded={"torch": "2.16.0", "timm": "1.0.31"})
    with pytest.raises(NotComparable, match=r"torch: 2\.15\.0 then, 2\.16\.0 now"):
        refuse_other_machine(INVOCATION, other)


def test_another_card_of_the_same_model_may_not_resume():
    first, second = (
        replace(fingerprint(), recorded=fingerprint().recorded | {"uuid": f"GPU-{n}"})
        for n in range(2)
    )
    begun = replace(INVOCATION, fingerprint=first)
    refuse_other_machine(begun, first)
    assert machine_differences(first, second) == {}
    with pytest.raises(NotComparable, match="uuid: GPU-0 then, GPU-1 now"):
        refuse_other_machine(begun, second)


def test_only_the_very_same_machine_goes_on():
    begun = replace(INVOCATION, fingerprint=identified())
    refuse_other_machine(begun, identified("renamed"))
    with pytest.raises(NotComparable, match="machine id: 0123456789abcdef then, ffff now"):
        refuse_other_machine(begun, identified(machine="ffff"))
    with pytest.raises(NotComparable, match=r"model: 17 then, 68 now"):
        refuse_other_machine(begun, identified(model="68"))


def test_without_an_id_a_run_goes_on_where_the_host_is_the_same():
    begun = replace(INVOCATION, fingerprint=earlier_cpu())
    refuse_other_machine(begun, identified())
    with pytest.raises(NotComparable, match="host: laptop then, desk now"):
        refuse_other_machine(begun, identified("desk"))


def test_the_same_suite_may_resume():
    refuse_other_suite(INVOCATION, SUITE, EXPANSION)


def test_another_suite_is_refused_naming_what_differs():
    fewer = replace(EXPANSION, cells=EXPANSION.cells[1:])
    with pytest.raises(NotComparable, match=r"cells: .*resnet50@224 infer b1"):
        refuse_other_suite(INVOCATION, SUITE, fewer)
    with pytest.raises(NotComparable, match="repeats: 3 then, 5 now"):
        refuse_other_suite(INVOCATION, replace(SUITE, repeats=5), EXPANSION)
    hasty = replace(SUITE, options=MeasureOptions(min_samples=5))
    with pytest.raises(NotComparable, match="options"):
        refuse_other_suite(INVOCATION, hasty, EXPANSION)


def test_the_next_rounds_are_what_is_pending_of_them_and_only_the_last_ends_the_run():
    cut = Run(INVOCATION, "interrupted", repeats=sample_run().repeats[:1]).missing
    plan = Plan(INVOCATION, Target("cpu", "this CPU", "asked for"), cut, ())
    taken = []
    while plan.pending:
        now = next_rounds(plan, 1)
        assert len({index for _, index in now.pending}) == 1
        assert now.ends == (len(taken) + len(now.pending) == len(cut))
        taken += now.pending
        plan = replace(plan, pending=cut[len(taken) :])
    assert tuple(taken) == cut
    plan = replace(plan, pending=cut)
    assert next_rounds(plan, INVOCATION.repeats) == plan


def seconds_of(cell, device="cpu", options=None):
    costs = {static_cost(cell).key: static_cost(cell)}
    return Estimator(device, options or MeasureOptions(), costs).seconds(cell, 0)


def test_a_larger_cell_is_expected_to_take_longer():
    small, large = (Cell("timm/resnet50", 224, batch_size=b) for b in (1, 8))
    assert seconds_of(small) < seconds_of(large)


def test_a_profile_is_expected_to_take_its_time():
    cell = Cell("timm/resnet50", 224)
    plain, profiled = (
        seconds_of(cell, options=MeasureOptions(profile=asked)) for asked in (False, True)
    )
    assert profiled >= plain + 1.5


def test_what_others_disturb_is_expected_to_be_timed_again():
    cell, options = (
        Cell("timm/resnet18", 224),
        MeasureOptions(time_cap_seconds=8.0, min_seconds=8.0),
    )
    quiet, busy = (Estimator("cpu", options, busy=each).seconds(cell, 0) for each in (False, True))
    assert busy == pytest.approx(quiet + 8.0)


def test_a_fed_cell_is_expected_to_wait_for_its_files_and_to_have_no_profile():
    cell = Cell("timm/resnet18", 224, batch_size=64)
    options = MeasureOptions(profile=True)
    alone, one, four = (
        seconds_of(replace(cell, loader=loader), "cuda", options)
        for loader in ("synthetic", "jpeg-1w", "jpeg-4w")
    )
    # A round is a batch of each process: one of four takes as long as one of one.
    assert one == pytest.approx(four)
    assert one > alone
    unprofiled = replace(options, profile=False)
    fed = replace(cell, loader="jpeg-1w")
    assert one == seconds_of(fed, "cuda", unprofiled)
