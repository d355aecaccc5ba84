"""The JSON of a profiled cell: sums, and reasons where there is no profile."""

import json

import pytest

from effprof.cli.profile_document import cell_document
from effprof.cli.profile_text import headline
from effprof.core.outcomes import Failure
from tests.runs import measurement
from tests.small_profile import CELL, COST, OPS, profile


def test_json_of_a_cell_holds_every_operator_and_sums():
    document = cell_document(CELL, COST, measurement(0.01, profile=profile()), 2)
    json.dumps(document, allow_nan=False)
    assert document["cell"] == CELL.key
    assert len(document["ops"]) == len(OPS)
    for split in ("by_role", "by_module", "by_kernel"):
        total = sum(row["seconds"] for row in document[split])
        assert total == pytest.approx(document["op_seconds"])
    assert document["squeeze_excite_share"] == pytest.approx(0.1)
    assert document["unattributed_share"] == pytest.approx(0.01)


def test_json_says_why_there_is_no_profile():
    failed = cell_document(CELL, COST, Failure("oom", "no memory"), 2)
    assert (failed["status"], failed["reason"]) == ("oom", "no memory")
    assert "op_seconds" not in failed
    missing = measurement(0.01)
    missing.missing["profile"] = "a CUDA graph hides it"
    document = cell_document(CELL, COST, missing, 2)
    assert document["profile_status"] == "missing"
    assert document["profile_reason"] == "a CUDA graph hides it"


def test_a_profile_without_device_events_is_labelled_and_never_zero():
    empty = profile((), status="no_device_events", reason="CUPTI gave no kernels")
    assert headline("k", empty) == "k: 10.2 ms a step; no_device_events: CUPTI gave no kernels"
    document = cell_document(CELL, COST, measurement(0.01, profile=empty), 2)
    assert (document["profile_status"], document["op_seconds"]) == ("no_device_events", None)
    assert (document["coverage"], document["flop_invisible_share"]) == (None, None)
    assert document["step_seconds"] == 0.0102
