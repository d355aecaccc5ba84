"""What the pieces settle: made-up runs of their cells leave no claim about a GPU open."""

import importlib
import re
import sys
from pathlib import Path

from effprof.claims.catalogue import CLAIMS
from effprof.claims.claim import NotMeasured
from effprof.claims.claim_verdicts import settle
from effprof.claims.evidence import evidence_of
from effprof.core.outcomes import Memory
from effprof.core.profiles import OpTime, Profile
from effprof.study.study import Study
from tests.evidence import CUDA, cost, run_of, took

sys.path.append(str(Path(__file__).resolve().parents[2] / "reports"))
piece_kinds = importlib.import_module("piece")
pieces = importlib.import_module("pieces")

SWEEPS = [each for each in pieces.PIECES.values() if isinstance(each, piece_kinds.Sweep)]
GIB = 2**30


def whole(seconds, profiled):
    """A measurement with everything that a GPU can tell, a profile if it was taken."""
    ops = tuple(
        OpTime("op", "forward", "pointwise conv", f"blocks.{stage}.0.conv", seconds / 9, True)
        for stage in range(7)
    )
    profile = Profile("torch.profiler", "profiled", 5, ops, seconds, seconds, 7, seconds / 2)
    return took(seconds, memory=Memory(*[GIB] * 5), profile=profile if profiled else None)


def measured(piece, number, repeats=None):
    """Make up the run that a piece leaves: its cells, as often as it repeats them."""
    cells = piece.cells()
    known = {
        cell: [
            whole(0.01 * (1 + place) * (1 + i / 500), i < piece.profiled)
            for i in range(repeats or piece.repeats)
        ]
        for place, cell in enumerate(cells)
    }
    # Without roles: which networks hold depthwise convolutions is told by their families.
    costs = [
        cost(cell, 1e9 * (1 + place), 1e6 * (1 + place) ** 0.5) for place, cell in enumerate(cells)
    ]
    costs = list({each.key: each for each in costs}.values())
    return run_of(known, costs, CUDA, f"20261121-08{number:02}00-aaaaaa")


def judged(asked):
    """Map each part of a claim that GPUs decide, as (claim, part), to what `asked` lack."""
    known = evidence_of([Study(measured(piece, number)) for number, piece in enumerate(asked)])
    assert len(known) == 1
    lacking = {}
    for finding in settle(CLAIMS, known):
        for part in finding.parts:
            if part.part.kind in (CUDA, None) and not part.part.beside:
                reasons = [row.reason for row in part.rows if isinstance(row.answer, NotMeasured)]
                few = [
                    row.reason for row in part.rows if row.reason and row.reason.id == "few_pieces"
                ]
                lacking[finding.claim.id, part.part.id] = reasons + few
    return lacking


def claims_in(text):
    """Read the claims that a purpose names.

    >>> claims_in("C9 to C11, C24 eager")
    {'C9', 'C10', 'C11', 'C24'}
    """
    told = text.partition(":")[0]
    for first, last in re.findall(r"C(\d+) to C(\d+)", told):
        told += "".join(f" C{number}" for number in range(int(first), int(last) + 1))
    return set(re.findall(r"C\d+", told))


def test_the_pieces_for_the_claims_leave_no_gpu_claim_open():
    asked = [piece for piece in SWEEPS if re.match(r"C\d", piece.purpose)]
    told = {claim for piece in asked for claim in claims_in(piece.purpose)}
    assert told == {f"C{number}" for number in range(9, 26)}
    lacking = judged(asked)
    assert {claim for claim, _ in lacking} >= told
    assert not any(reasons for (claim, _), reasons in lacking.items() if claim in told), lacking


def test_the_first_half_hour_and_a_fifth_round_settle_what_it_is_for():
    """All parts of these claims but the compiled ones of C9 and C24, which have their own piece."""
    first = pieces.PIECES["gpu-first"]
    lacking = judged([first, pieces.PIECES["b0-profile"]])
    settled = {claim for claim, _ in lacking} & claims_in(first.purpose)
    assert settled == {*(f"C{n}" for n in range(9, 16)), "C17", "C23", "C24", "C25"}
    open_parts = {key: why for key, why in lacking.items() if key[0] in settled and why}
    assert list(open_parts) == [("C9", "speed_compiled"), ("C24", "slowdown_compiled")]


def crossing(cell):
    """Seconds of a step: B0's grow slowly with the batch from a high start, others' fast."""
    start, slope = (0.02, 1e-4) if "efficientnet_b0" in cell.model else (0.01, 5e-4)
    return start + slope * cell.batch_size + len(cell.model) / 1e4


def test_every_cell_of_the_first_suite_is_there_for_a_claim():
    """Without any one of them a part, deciding or beside, has another answer or none."""
    cells = pieces.PIECES["gpu-first"].cells()

    def answers(kept):
        known = {
            cell: [whole(crossing(cell) * (1 + i / 500), True) for i in (0, 1)] for cell in kept
        }
        findings = settle(CLAIMS, evidence_of([Study(run_of(known, (), CUDA))]))
        return [str(row.answer) for each in findings for p in each.parts for row in p.rows]

    everything = answers(cells)
    assert answers(cells) == everything
    spare = [cell.key for cell in cells if answers([c for c in cells if c != cell]) == everything]
    assert not spare
