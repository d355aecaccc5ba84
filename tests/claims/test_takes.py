"""Takes: layouts and runs are judged one by one, and together as a range."""

import math

import pytest

from effprof.claims.claim import Answer, Claim, NotMeasured, Part, Threshold
from effprof.claims.claim_verdicts import settle
from effprof.claims.evidence import Wanted, evidence_of
from effprof.claims.part_statistics import each_process, speed
from effprof.claims.takes import over_takes
from effprof.core.cells import Cell
from effprof.core.formats import TIMM
from effprof.study.study import Study
from tests.evidence import around, cost, run_of

FAST, SLOW = "timm/fast", "timm/slow"
SPEED = speed((Wanted(FAST, 224),), (Wanted(SLOW, 224),))


def run(ratio, layout="nchw", run_id="a", processes=5, spread=0.01, **gating):
    """A run in which the fast network is `ratio` times as fast as the slow one."""
    cells = {
        Cell(FAST, 224, memory_format=layout): around(0.01, processes, spread),
        Cell(SLOW, 224, memory_format=layout): around(0.01 * ratio, processes, -spread),
    }
    return run_of(cells, run_id=run_id, **gating)


def file(ratio, layout, name):
    """A published file with twins that are all equally fast, and the two networks."""
    cells = {Cell(FAST, 224, memory_format=layout): (0.01,)}
    cells[Cell(SLOW, 224, memory_format=layout)] = (0.01 * ratio,)
    cells |= {Cell(f"timm/net_{i}", 224, memory_format=layout): (0.1,) for i in range(40)}
    costs = [cost(cell, 1e9 + 1e8 * (i // 2), 1e6) for i, cell in enumerate(cells)]
    return run_of(cells, costs, run_id=name, method=TIMM.method)


def known(*runs):
    (found,) = evidence_of([Study(each) for each in runs])
    return found


def settled(evidence, low=2.0, **fields):
    part = Part("speed", "images/s", SPEED, Threshold(low=low), at_least=5, **fields)
    (found,) = settle([Claim("C0", "T", "It is.", "somewhere", (part,), ())], [evidence])
    return found.parts[0]


def test_one_take_is_answered_as_it_is():
    evidence = known(run(3.0))
    assert over_takes(SPEED, evidence, 5) == SPEED(evidence)


def test_two_layouts_are_a_range_of_both():
    evidence = known(run(3.0), run(2.5, "nhwc", "b"))
    answer = over_takes(SPEED, evidence, 5)
    one, other = (dict(answer.takes)[name] for name in ("nchw, quick", "nhwc, quick"))
    assert (answer.estimate.low, answer.estimate.high) == (other.low, one.high)
    assert answer.estimate.value == pytest.approx((one.value + other.value) / 2)
    assert (answer.estimate.method, answer.of) == ("range", "processes in each of 2 layouts")
    assert answer.note == "nchw, quick: 3.00; nhwc, quick: 2.50"


def test_layouts_that_disagree_settle_nothing_and_are_named():
    found = settled(known(run(3.0), run(1.5, "nhwc", "b")))
    assert found.verdict == "inconclusive"
    (reason,) = found.reasons
    assert reason.id == "takes_disagree"
    assert reason.text == (
        "layouts or runs disagree about > 2: supported by nchw, quick; refuted by nhwc, quick"
    )


def test_files_of_several_years_and_layouts_are_all_used():
    files = [file(3.0, "nchw", "a"), file(2.5, "nchw", "b"), file(2.2, "nhwc", "c")]
    answer = over_takes(SPEED, known(*files), 5)
    assert [estimate.value for _, estimate in answer.takes] == pytest.approx([3.0, 2.5, 2.2])
    assert answer.of == "pairs of twins in each of 3 files"


def test_repeats_of_two_runs_are_not_pooled_as_independent():
    """Two runs of five processes, 20 % apart: ten processes would claim to know the mean to 7 %."""
    read = each_process(lambda done: done.timing.throughput[0], "time", (Wanted(FAST, 224),))
    cell = Cell(FAST, 224)
    runs = [run_of({cell: around(step)}, run_id=str(step)) for step in (0.10, 0.12)]
    pooled, answer = read(known(*runs)).estimate, over_takes(read, known(*runs), 5)
    assert pooled.n == 10
    assert pooled.low > 0.10
    assert pooled.high < 0.12
    assert (answer.estimate.n, answer.of) == (5, "processes in each of 2 runs")
    assert answer.estimate.low < 0.10
    assert answer.estimate.high > 0.12


def test_a_take_of_too_few_processes_does_not_weaken_one_that_has_enough():
    found = settled(known(run(3.0), run(1.0, run_id="b", processes=2)))
    assert (found.verdict, found.rows[0].answer.of) == ("supported", "processes")


def test_networks_of_different_runs_are_compared_where_no_run_has_both():
    one = run_of({Cell(FAST, 224): around(0.01)}, run_id="a")
    two = run_of({Cell(SLOW, 224): around(0.03)}, run_id="b")
    answer = over_takes(SPEED, known(one, two), 5)
    assert (answer.estimate.method, answer.takes) == ("welch", ())


def test_what_no_take_tells_is_not_measured():
    answer = over_takes(SPEED, known(run_of({Cell(FAST, 224): around(0.01)})), 5)
    assert isinstance(answer, NotMeasured)
    assert answer.wanted


def test_a_range_with_an_unknown_end_is_none():
    bare = known(
        run(3.0, processes=1), run(2.5, "nhwc", "b", processes=1)
    )  # one sample of one process each
    answer = over_takes(SPEED, bare, 5)
    assert isinstance(answer, Answer)
    assert answer.estimate.method == "none"
    assert math.isnan(answer.estimate.low)
