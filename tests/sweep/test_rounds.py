"""The order of measuring: shuffled in every round, the same for a run that is resumed."""

from collections import Counter
from dataclasses import replace
from itertools import groupby

from effprof.core.cells import Cell
from effprof.sweep.rounds import shuffled

CELLS = tuple(
    Cell(f"timm/{name}", size, batch_size=batch)
    for batch in (1, 8, 64)
    for name, size in (("efficientnet_b0", 224), ("efficientnet_b1", 240), ("resnet50", 224))
)
PLANNED = tuple((cell, index) for index in range(4) for cell in CELLS)


def test_a_round_holds_each_cell_once_and_comes_after_the_one_before():
    order = shuffled(PLANNED, "20261101-120000-abcdef")
    rounds = {index: [cell for cell, _ in group] for index, group in groupby(order, lambda p: p[1])}
    assert list(rounds) == [0, 1, 2, 3]
    assert all(sorted(cells) == sorted(CELLS) for cells in rounds.values())
    assert len({tuple(cells) for cells in rounds.values()}) == 4, "no two rounds alike"


def test_cells_that_are_compared_stay_next_to_each_other():
    order = shuffled(PLANNED, "20261101-120000-abcdef")
    blocks = [key for key, _ in groupby((cell.setting, index) for cell, index in order)]
    assert len(blocks) == len(set(blocks)) == 3 * 4


def test_both_policies_of_the_allocator_are_measured_one_after_the_other():
    """And the order of the other cells is that of a run without the second policy."""
    plain = tuple(
        (replace(cell, allocator="default"), index)
        for cell, index in PLANNED
        if cell.batch_size < 64
    )
    order = shuffled((*plain, *PLANNED), "20261101-120000-abcdef")
    at = {pair: place for place, pair in enumerate(order)}
    apart = [at[pair] - at[replace(pair[0], allocator="kept"), pair[1]] for pair in plain]
    assert set(apart) == {-1, 1}, "each of the two is sometimes first"
    kept = tuple(pair for pair in order if pair not in plain)
    assert kept == shuffled(PLANNED, "20261101-120000-abcdef")


def test_a_resumed_run_goes_on_in_its_order_and_another_run_has_another_one():
    order = shuffled(PLANNED, "20261101-120000-abcdef")
    assert shuffled(sorted(order[7:]), "20261101-120000-abcdef") == order[7:]
    assert shuffled(PLANNED, "20261101-120000-abcdee") != order


def test_in_the_first_round_alone_smaller_batches_come_first():
    order = shuffled(PLANNED, "20261101-120000-abcdef")
    batches = [[cell.batch_size for cell, i in order if i == index] for index in range(4)]
    assert batches[0] == sorted(batches[0])
    assert any(each != sorted(each) for each in batches[1:])


def test_no_cell_has_a_place_of_its_own():
    """Over many runs each of 9 cells begins about a ninth of all second rounds."""
    second = tuple((cell, 1) for cell in CELLS)
    first = Counter(shuffled(second, f"run {number}")[0][0] for number in range(900))
    assert set(first) == set(CELLS)
    assert all(60 <= count <= 140 for count in first.values())
