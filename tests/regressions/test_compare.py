"""Two runs compared: verdicts, when they are withheld, and what stands beside them."""

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from effprof.core.cells import Cell
from effprof.core.errors import NotComparable
from effprof.core.methods import BATCH_NORMS, said_of
from effprof.core.outcomes import Memory, Timing
from effprof.core.reasons import text_of
from effprof.core.runs import EarlierRun
from effprof.regressions.compare import compare_runs
from effprof.regressions.comparison import Line
from effprof.regressions.ranks import ALPHA, rank_p, repeats_needed, smallest_p
from effprof.regressions.run_ratio import run_ratio
from effprof.regressions.verdicts import SMALLEST_EFFECT, Unsettled, judged
from effprof.report.comparison import headline
from effprof.study.study import Study
from effprof.sweep.suite import load_suite
from tests.runs import (
    CRASHED,
    MODELS,
    OUT_OF_MEMORY,
    calibrations,
    earlier_cpu,
    fingerprint,
    identified,
    measurement,
    profile,
    sample_run,
)

B0 = Cell("timm/efficientnet_b0", 224)
RESNET = Cell("timm/resnet50", 224)

#: Spread of process medians around their centre; no two are equal.
SPREAD = (-0.010, 0.004, 0.011, -0.003, 0.007, -0.006, 0.001)


def run(factors=None, repeats=5, offset=0.0, outcomes=None, **fields):
    """A run whose cells take `factors` (by cell) of their usual time.

    It knows three runs before it that found the usual time: whole runs of its machine agree.
    """
    made = {}
    for model in MODELS:
        for index in range(repeats):
            cell = Cell(model, 224)
            seconds = MODELS[model][3] * (1 + SPREAD[index] + offset) * (factors or {}).get(cell, 1)
            made[cell, index] = measurement(seconds, profile=profile(cell, seconds))
    fields = {"id": "20261121-080000-aaaaaa"} | fields
    return with_history(sample_run((1,), repeats, made | (outcomes or {}), **fields), 1.0, 1.0, 1.0)


def with_history(made, *factors):
    """A run that knows earlier ones, in which every step took `factors` of its usual time."""
    steps = {Cell(model, 224).key: facts[3] for model, facts in MODELS.items()}
    earlier = tuple(
        EarlierRun(str(index), "2026-11-20", {key: s * factor for key, s in steps.items()})
        for index, factor in enumerate(factors)
    )
    return replace(made, earlier=earlier)


OLD = run()


def new(*arguments, offset=0.0002, **fields):
    return run(*arguments, offset=offset, **{"id": "20261122-080000-bbbbbb"} | fields)


def compare(old, new, across=False, smallest=SMALLEST_EFFECT):
    return compare_runs(Study(old), Study(new), across, smallest)


def lines(comparison, metric="step_seconds"):
    return {line.cell: line for line in comparison.lines if line.metric == metric}


def test_a_run_that_only_drifted_by_its_noise_shows_no_change():
    compared = compare(OLD, new())
    assert {line.verdict for line in lines(compared).values()} == {"no change"}
    assert compared.counts["regression"] == compared.counts["improvement"] == 0


def test_what_got_slower_and_what_got_faster_is_named_by_effect_size():
    everything = {Cell(model, 224): 1.5 for model in MODELS} | {B0: 1.2, RESNET: 0.8}
    compared = compare(OLD, new(everything))
    slower = [line for line in compared.having("regression") if line.metric == "step_seconds"]
    assert slower[-1].cell == B0.key
    assert slower[-1].change.relative == pytest.approx(0.2, abs=0.001)
    assert slower[-1].change.estimate.low < 0.2 < slower[-1].change.estimate.high
    assert slower[-1].change.n == (5, 5)
    assert [line.effect for line in slower] == sorted((x.effect for x in slower), reverse=True)
    assert {line.cell for line in compared.having("improvement")} == {RESNET.key}


EVERY_CELL = tuple(Cell(model, 224) for model in MODELS)


@pytest.mark.parametrize(
    ("factor", "verdict", "reason"),
    [
        (1.01, "no change", ""),
        (1.025, "cannot tell", "it changed, but perhaps by less than 3 %"),
        (1.04, "regression", ""),
    ],
)
def test_no_change_is_said_only_where_the_whole_interval_lies_within_the_smallest_effect(
    factor, verdict, reason
):
    compared = compare(OLD, new(dict.fromkeys(EVERY_CELL, factor)))
    for line in lines(compared).values():
        assert (line.verdict, text_of(line.reason)) == (verdict, reason)
        within = line.change.estimate.low > -0.03 and line.change.estimate.high < 0.03
        assert within == (verdict == "no change")


def test_a_wide_interval_around_no_change_cannot_be_told_and_says_how_many_repeats_would():
    """What was called no change: -2.5 % [-17.8, +15.7]."""
    noisy = {(B0, i): measurement(0.017 * f) for i, f in enumerate((0.88, 1.1, 0.98, 1.07, 0.9))}
    line = lines(compare(OLD, new(outcomes=noisy)))[B0.key]
    assert (line.verdict, line.reason.id) == ("cannot tell", "too_wide")
    assert line.needed > 40


def test_the_smallest_effect_of_interest_can_be_asked_for():
    later = new(dict.fromkeys(EVERY_CELL, 1.04))
    assert {line.verdict for line in lines(compare(OLD, later, smallest=0.1)).values()} == {
        "no change"
    }


def test_a_step_whose_latency_is_the_same_samples_has_one_line():
    assert lines(compare(OLD, new()), "latency_p50_seconds") == {}
    apart = {}
    for cell in EVERY_CELL:
        for index in range(5):
            done = measurement(MODELS[cell.model][3] * (1 + SPREAD[index]))
            latency = tuple(2 * sample for sample in done.timing.latency)
            apart[cell, index] = replace(done, timing=replace(done.timing, latency=latency))
    found = lines(compare(OLD, new(outcomes=apart)), "latency_p50_seconds")
    assert {line.verdict for line in found.values()} == {"regression"}


def test_three_repeats_against_three_are_likely_and_say_how_many_would_do():
    compared = compare(run(repeats=3), new({B0: 2.0}, repeats=3))
    line = lines(compared)[B0.key]
    assert line.verdict == "likely regression"
    assert "3 against 3 repeats cannot give p below 0.1" in line.reason.text
    assert compared.counts["regression"] == 0
    needed = repeats_needed()
    assert line.needed == needed
    assert f"--repeats {needed} or more" in line.reason.text
    enough = compare(run(repeats=needed), new({B0: 2.0}, repeats=needed))
    assert lines(enough)[B0.key].verdict == "regression"


def zoo(random, noise, factors, run_id, repeats=5):
    """A run of a cell for every factor, whose process medians spread lognormally by `noise`."""
    cells = [Cell(f"effprof:efficientnet?depth={i}", 224) for i in range(1, len(factors) + 1)]
    steps = 0.02 * np.exp(random.normal(0, noise, (len(cells), repeats))) * factors[:, None]
    made = tuple(
        replace(OLD.repeats[0], cell=cell, index=i, outcome=measurement(float(steps[c, i]), 3))
        for c, cell in enumerate(cells)
        for i in range(repeats)
    )
    invocation = replace(OLD.invocation, id=run_id, cells=tuple(cells), repeats=repeats)
    return replace(OLD, invocation=invocation, repeats=made, costs=(), calibrations=calibrations())


def test_one_slow_cell_among_many_is_found():
    random = np.random.default_rng(1)
    plain = np.ones(40)
    slow = np.where(np.arange(40) == 7, 1.10, 1.0)
    compared = compare(zoo(random, 0.01, plain, "a"), zoo(random, 0.01, slow, "b"))
    found = [line for line in compared.having("regression") if line.metric == "step_seconds"]
    assert [line.cell for line in found] == [
        "effprof:efficientnet?depth=8@224 infer b1 fp32 nchw eager"
    ]


def test_unchanged_cells_with_much_noise_raise_few_alarms():
    # 4 % between processes: far beyond the minimum effect, so that only the tests hold it back.
    random = np.random.default_rng(2)
    alarms = 0
    for _ in range(40):
        compared = compare(*(zoo(random, 0.04, np.ones(20), name) for name in "ab"))
        changed = (*compared.having("regression"), *compared.having("improvement"))
        alarms += any(line.metric == "step_seconds" for line in changed)
    assert alarms <= 4  # 5 % of 40 comparisons are 2; P(more than 4) = 5 %, and the seed is fixed


def test_what_is_certain_alone_may_be_chance_among_many():
    moved, still = (1.035, 1.08, 1.05, 1.03, 1.095), (1.0, 1.01, 0.99, 1.02, 1.025)
    assert rank_p(still, moved) <= ALPHA
    line = Line("cell", "step_seconds", "cannot tell", p=0.008)
    alone = Unsettled(line, run_ratio(still, moved))
    assert judged([alone], SMALLEST_EFFECT)[0].verdict == "regression"
    others = [Unsettled(replace(line, cell=str(i)), run_ratio(still, still)) for i in range(39)]
    first = judged([alone, *others], SMALLEST_EFFECT)[0]
    assert (first.verdict, first.reason.id) == ("cannot tell", "chance_among_cells")
    assert first.reason.text.endswith("among 40 cells: chance alone may do this to one of them")
    assert first.needed > 5


def test_processes_that_overlap_by_rank_make_a_change_likely_only():
    old, later = (1.0, 1.01, 0.99, 1.2), (1.3, 1.31, 1.29, 1.19)
    line = Line("cell", "step_seconds", "cannot tell", p=rank_p(old, later))
    found = judged([Unsettled(line, run_ratio(old, later))], SMALLEST_EFFECT)[0]
    assert (found.verdict, found.reason.id) == ("likely regression", "ranks")


def test_the_roles_whose_time_moved_are_told_largest_first():
    slow = MODELS[B0.model][3] * 1.3
    plain = MODELS[B0.model][3]
    outcomes = {}
    for index in range(5):
        taken = profile(B0, plain)
        ops = tuple(
            replace(op, seconds=op.seconds * 3) if op.role == "activation" else op
            for op in taken.ops
        )
        shifted = replace(taken, ops=ops)
        outcomes[B0, index] = measurement(slow * (1 + SPREAD[index]), profile=shifted)
    compared = compare(OLD, new(outcomes=outcomes))
    moved = compared.roles[B0.key]
    assert next(iter(moved)) == "activation"
    then = profile(B0, plain).by(lambda op: op.role)["activation"]
    assert moved["activation"] == pytest.approx(2 * then, rel=0.02)


def test_a_cell_that_stopped_working_is_a_regression_and_one_that_works_again_an_improvement():
    failing = {(B0, i): OUT_OF_MEMORY for i in range(5)}
    broke = lines(compare(OLD, new(outcomes=failing)), "status")[B0.key]
    assert broke.verdict == "regression"
    assert broke.effect == math.inf
    assert "measured then, oom now: 5 of 5 repeats" in broke.reason.text
    mended = lines(compare(run(outcomes=failing), new()), "status")[B0.key]
    assert mended.verdict == "improvement"


def test_a_cell_without_outcome_yet_is_no_regression():
    unfinished = new()
    unfinished = replace(
        unfinished, repeats=tuple(r for r in unfinished.repeats if r.cell != B0), status="running"
    )
    assert lines(compare(OLD, unfinished), "status")[B0.key].verdict == "cannot tell"


def test_cells_of_one_run_only_and_cells_measured_in_neither_are_listed():
    failing = {(B0, i): CRASHED for i in range(5)}
    old = run(outcomes=failing)
    extra = Cell("timm/resnet18", 160)
    later = new(outcomes=failing)
    invocation = replace(
        later.invocation, cells=(extra, *(c for c in later.invocation.cells if c != RESNET))
    )
    later = replace(
        later, invocation=invocation, repeats=tuple(r for r in later.repeats if r.cell != RESNET)
    )
    compared = compare(old, later)
    assert compared.only_old == (RESNET.key,)
    assert compared.only_new == (extra.key,)
    assert list(compared.unmeasured) == [B0.key]


def test_samples_of_a_disturbed_machine_are_not_compared():
    disturbed = {(B0, i): measurement(0.05, invalid_reasons=("contended",)) for i in range(5)}
    compared = compare(OLD, new(outcomes=disturbed))
    line = lines(compared)[B0.key]
    assert line.verdict == "cannot tell"
    assert "contended" in line.reason.text


def test_unlike_machines_are_refused_naming_every_field_unless_asked_for():
    elsewhere = new({B0: 3.0}, fingerprint=fingerprint(device="Other CPU", allocator="glibc"))
    with pytest.raises(
        NotComparable, match=r"allocator: absent then, glibc now; device: Some CPU then"
    ):
        compare(OLD, elsewhere)
    compared = compare(OLD, elsewhere, across=True)
    line = lines(compared)[B0.key]
    assert line.verdict == "not comparable"
    assert line.change.relative == pytest.approx(2.0, abs=0.01)
    assert "device: Some CPU then, Other CPU now" in line.reason.text
    assert compared.counts["regression"] == 0
    assert {line.verdict for line in lines(compared, "macs").values()} == {"no change"}


def by_method_2(*, settled):
    """A run by method 2 on the same machine: cells `settled` were given statistics."""
    later = new(fingerprint=fingerprint(method="2"))
    told = {BATCH_NORMS: "49 given statistics"}
    repeats = tuple(
        replace(r, outcome=replace(r.outcome, settings=r.outcome.settings | told))
        if r.cell in settled
        else r
        for r in later.repeats
    )
    return replace(later, repeats=repeats)


def test_after_a_change_of_the_method_only_what_it_moved_has_no_verdict():
    compared = compare(OLD, by_method_2(settled=(B0,)))
    speeds = lines(compared)
    assert speeds[B0.key].verdict == "not comparable"
    assert speeds[B0.key].reason.text == f"method 1 then, 2 now ({said_of('2')})"
    assert speeds[B0.key].change is not None
    assert {line.verdict for key, line in speeds.items() if key != B0.key} == {"no change"}
    memory = lines(compared, "peak_rss_bytes")
    assert memory[B0.key].verdict == "no change"
    assert compared.recorded["method"] == ("1", "2")
    assert compared.gating == {}


def test_runs_of_which_no_measured_number_is_left_to_compare_are_refused():
    old, later = OLD, by_method_2(settled=OLD.invocation.cells)
    bare = [
        replace(
            each,
            repeats=tuple(
                replace(r, outcome=replace(r.outcome, memory=Memory())) for r in each.repeats
            ),
        )
        for each in (old, later)
    ]
    with pytest.raises(NotComparable, match="moved by a change of method: method 1 then, 2 now"):
        compare(*bare)
    across = compare(*bare, across=True)
    assert {line.verdict for line in lines(across).values()} == {"not comparable"}


def test_counted_metrics_and_peak_memory_need_no_repeats():
    heavier = new(repeats=1)
    costs = tuple(
        replace(cost, parameters=cost.parameters + 1) if cost.model == B0.model else cost
        for cost in heavier.costs
    )
    compared = compare(run(repeats=1), replace(heavier, costs=costs))
    assert {line.cell for line in compared.having("regression")} == {B0.key}
    assert lines(compared, "params")[B0.key].change.new == MODELS[B0.model][0] + 1


def test_a_count_that_another_counter_changed_is_no_change_of_the_network():
    old, now = run(repeats=1), new(repeats=1)

    def counted(run, counter, macs):
        costs = (
            replace(cost, counter=counter, total=replace(cost.total, macs=cost.total.macs + macs))
            for cost in run.costs
        )
        return replace(run, costs=tuple(costs))

    first, second = (f"effprof static cost {version} (made up)" for version in "12")
    moved = lines(compare(counted(old, first, 0), counted(now, second, 1)), "macs")
    assert {line.verdict for line in moved.values()} == {"not comparable"}
    assert "method 1 then, 3 now (" in text_of(moved[B0.key].reason)
    kept = compare(counted(old, first, 0), counted(now, second, 0))
    assert {line.verdict for line in lines(kept, "macs").values()} == {"no change"}
    assert lines(kept, "activations") == {}
    alike = compare(counted(old, second, 0), counted(now, second, 1))
    assert {line.verdict for line in lines(alike, "macs").values()} == {"regression"}
    assert lines(alike, "activations")[B0.key].verdict == "no change"


@pytest.mark.parametrize(
    ("old", "grown", "verdict"),
    [
        (100 * 2**20, 2 * 2**20, "no change"),
        (100 * 2**20, 2 * 2**20 + 1, "regression"),
        (1000 * 2**20, 5 * 2**20, "no change"),
        (1000 * 2**20, -6 * 2**20, "improvement"),
    ],
)
def test_peak_memory_may_move_by_a_block_or_half_a_percent(old, grown, verdict):
    def with_peak(peak):
        steps = (0.01,) * 40
        done = measurement(0.01)
        timing = Timing(steps, steps, steps, 0.01)
        return replace(done, timing=timing, memory=Memory(peak_allocated_bytes=peak))

    then, now = ({(B0, i): with_peak(p) for i in range(5)} for p in (old, old + grown))
    compared = compare(run(outcomes=then), new(outcomes=now))
    assert lines(compared, "peak_allocated_bytes")[B0.key].verdict == verdict


def test_what_else_differs_is_recorded_as_a_possible_cause():
    later = fingerprint()
    later = replace(later, recorded=later.recorded | {"torch": "2.16.0", "git": "abc"})
    compared = compare(OLD, new(fingerprint=later))
    assert compared.recorded == {"git": (None, "abc"), "torch": ("2.15.0", "2.16.0")}


def test_the_smallest_p_is_that_of_two_separated_samples():
    # Slow and obvious: of all ways to choose the old ranks, those at least as far out.
    for n, m in ((2, 3), (3, 3), (4, 5)):
        ranks = range(n + m)
        ways = list(combinations(ranks, n))
        extreme = [w for w in ways if set(w) in ({*range(n)}, {*range(m, n + m)})]
        assert smallest_p(n, m) == pytest.approx(len(extreme) / len(ways))
        assert rank_p(range(n), range(n, n + m)) == pytest.approx(smallest_p(n, m))


@pytest.mark.parametrize("name", ["first", "quick", "nightly"])
def test_two_default_runs_of_the_suites_that_are_repeated_can_give_a_verdict(name):
    repeats = load_suite(name).repeats
    assert smallest_p(repeats, repeats) <= ALPHA
    compared = compare(run(repeats=repeats), new({B0: 1.1}, repeats=repeats))
    assert lines(compared)[B0.key].verdict == "regression"


def test_equal_values_are_no_evidence():
    assert rank_p([1.0] * 5, [1.0] * 5) == 1.0


def on(marks, scale=1.0, **fields):
    """A run on a machine whose measured peaks are `scale` times those of `OLD`."""
    made = new(fingerprint=marks, **fields)
    return replace(made, peaks=tuple(replace(p, value=p.value * scale) for p in made.peaks))


EARLIER = run(fingerprint=earlier_cpu())


def test_machines_of_unknown_identity_are_refused_by_their_peaks_in_one_line():
    """The same device and host, as two guests of one maker have them: one is half as fast."""
    with pytest.raises(NotComparable) as refused:
        compare(EARLIER, on(earlier_cpu(), 0.5))
    said = str(refused.value)
    assert "\n" not in said
    assert "conv3x3 peak (identity unknown): 237 GFLOP/s then, 118 GFLOP/s now" in said
    marked = compare(EARLIER, on(identified(), 0.5), across=True)
    assert {line.verdict for line in lines(marked).values()} == {"not comparable"}


def test_machines_of_unknown_identity_and_like_peaks_are_compared_with_a_remark():
    compared = compare(EARLIER, on(identified(), 0.9))
    assert compared.gating == {}
    assert {line.verdict for line in lines(compared).values()} == {"no change"}
    assert compared.remark == (
        f"identity unknown of run {EARLIER.invocation.id}; compared by measured peaks"
    )


def test_another_model_is_refused_naming_the_fields():
    then, now = on(identified()), on(identified(model="68", family="26"), id="later")
    with pytest.raises(NotComparable, match="family: 25 then, 26 now; model: 17 then, 68 now;"):
        compare(then, now)


def test_another_host_of_one_kind_is_compared_without_a_word():
    then, now = on(identified()), on(identified("runner-7", machine="ff"), id="later")
    compared = compare(then, now)
    assert {line.verdict for line in lines(compared).values()} == {"no change"}
    assert compared.remark == ""
    assert compared.recorded["host"] == ("laptop", "runner-7")


def of_machine(made, factor=1.0):
    return replace(made, calibrations=calibrations("start", factor))


EVERYTHING = dict.fromkeys(EVERY_CELL, 1.1)

TORCH = replace(fingerprint(), recorded=fingerprint().recorded | {"torch": "2.16.0"})


def test_software_that_slows_every_network_down_is_a_regression_and_no_other_machine():
    compared = compare(of_machine(OLD), of_machine(new(EVERYTHING), 1.01))
    assert {line.verdict for line in lines(compared).values()} == {"regression"}
    assert compared.remark == ""
    assert (compared.common.together, compared.common.cause) == (True, "software")
    assert compared.common.pace == pytest.approx(1.01)
    assert headline(compared) == (
        "All 4 cells are 1.10x [1.10, 1.10] as slow as then; the machine's own sentinels moved"
        " 1.01x: software (no recorded version differs)."
    )


def test_the_versions_that_changed_are_named_as_what_moved_all_cells():
    compared = compare(of_machine(OLD), of_machine(new(EVERYTHING, fingerprint=TORCH), 1.01))
    assert "moved 1.01x: software (torch 2.15.0 → 2.16.0)." in headline(compared)


def test_a_machine_that_slows_every_network_down_is_said():
    compared = compare(of_machine(OLD), of_machine(new(EVERYTHING), 1.1))
    moved = "the machine itself was 1.10x slower in run 20261122-080000-bbbbbb"
    assert compared.remark.startswith(moved)
    assert "moved 1.10x: the machine." in headline(compared)
    # Its shift is in the intervals: no network is called slower for it.
    assert {line.verdict for line in lines(compared).values()} == {"cannot tell"}
    assert {line.needed for line in lines(compared).values()} == {math.inf}


def test_a_cell_that_moved_further_than_all_is_told_beside_them():
    compared = compare(of_machine(OLD), of_machine(new(EVERYTHING | {B0: 1.25}), 1.1))
    told = lines(compared)
    assert told[B0.key].beside.low > 0.08
    assert abs(told[RESNET.key].beside.value) < 0.04


def test_what_one_cell_did_is_no_shift_of_all():
    compared = compare(of_machine(OLD), of_machine(new({B0: 2.0})))
    assert not compared.common.together
    assert all(line.beside is None for line in compared.lines)
    assert lines(compared)[B0.key].verdict == "regression"


def test_a_speed_up_is_told_the_other_way_round():
    compared = compare(of_machine(OLD), of_machine(new(dict.fromkeys(EVERY_CELL, 0.8))))
    assert headline(compared).startswith("All 4 cells are 1.25x [1.25, 1.25] as fast as then;")


def test_without_sentinels_software_and_machine_are_not_told_apart():
    compared = compare(OLD, new(EVERYTHING))
    assert compared.common.cause == "not known"
    assert "no sentinels were timed in both runs" in headline(compared)
    once = compare(with_history(run(repeats=1)), new(EVERYTHING, repeats=1))
    assert "whole runs of this machine lie apart is not known" in once.run_error.said


def test_runs_of_a_machine_that_lie_far_apart_call_nothing_slower():
    shaky = with_history(of_machine(OLD), 1.08, 0.93, 1.05, 0.96, 1.1)
    compared = compare(shaky, of_machine(new(EVERYTHING)))
    assert {line.verdict for line in lines(compared).values()} == {"cannot tell"}
    assert "whole runs of this machine may lie that far apart anyway" in headline(compared)
    steady = with_history(of_machine(OLD), 1.004, 0.997, 1.002, 0.995, 1.001)
    sure = compare(steady, of_machine(new(EVERYTHING)))
    assert {line.verdict for line in lines(sure).values()} == {"regression"}


def test_a_run_is_no_history_of_itself():
    """What the compared run found, and one after it, tells nothing of how far runs lie apart."""
    later = of_machine(new(EVERYTHING))
    old = with_history(of_machine(OLD), 1.0, 1.0, 1.1)
    known = tuple(replace(e, id=later.invocation.id) if e.id == "2" else e for e in old.earlier)
    assert compare(replace(old, earlier=known), later).run_error.history is None
    assert compare(old, later).run_error.runs == 3


@pytest.mark.parametrize(
    ("mebibytes", "verdict", "reason"),
    [
        (122, "no change", None),
        (131, "cannot tell", "chance_of_runs"),  # two runs of one machine differed by as much
        (140, "regression", None),
    ],
)
def test_what_processes_inherit_from_their_run_is_no_growth_of_memory(mebibytes, verdict, reason):
    """The pace of the machine does not move it, however much that moved."""
    outcomes = {}
    for i in range(5):
        memory = Memory(peak_rss_bytes=mebibytes * 2**20 + 4096 * i)
        outcomes[B0, i] = replace(measurement(0.017 * (1 + SPREAD[i])), memory=memory)
    later = of_machine(new(outcomes=outcomes), 1.2)
    grown = lines(compare(of_machine(OLD), later), "peak_rss_bytes")[B0.key]
    assert (grown.verdict, grown.reason and grown.reason.id) == (verdict, reason)


def test_a_machine_half_as_fast_is_refused_in_one_line():
    twice = dict.fromkeys(EVERY_CELL, 2.0)
    with pytest.raises(NotComparable, match=r"square roots .neutral sentinel.: 1.80 µs .* 3.59 µs"):
        compare(of_machine(OLD), of_machine(new(twice), 2.0))
    assert compare(of_machine(OLD), of_machine(new(twice), 2.0), across=True).gating


def test_across_machines_speeds_are_compared_relative_to_their_own_pace():
    twice = dict.fromkeys(EVERY_CELL, 2.0) | {B0: 3.0}
    compared = compare(of_machine(OLD), of_machine(new(twice), 2.0), across=True)
    told = lines(compared)
    assert {line.verdict for line in told.values()} == {"not comparable"}
    assert told[RESNET.key].beside.value == pytest.approx(0.0, abs=0.01)
    assert told[B0.key].beside.value == pytest.approx(0.5, abs=0.01)
    assert compared.pace.factor == pytest.approx(2.0, rel=0.01)
    memory = lines(compared, "peak_rss_bytes")
    assert {line.beside for line in memory.values()} == {None}
    bare = compare(OLD, new(twice, fingerprint=fingerprint(device="B")), across=True)
    assert bare.pace is None
    assert {line.beside for line in bare.lines} == {None}


def test_unlike_sentinels_widen_what_stands_beside_their_pace():
    twice = of_machine(new(dict.fromkeys(EVERY_CELL, 2.0)), 2.0)
    unlike = replace(twice, calibrations=calibrations("start", 2.0, memory_copy=1.5))
    alike, apart = (
        lines(compare(of_machine(OLD), each, across=True))[B0.key].beside
        for each in (twice, unlike)
    )
    assert alike.high - alike.low < (apart.high - apart.low) / 4
