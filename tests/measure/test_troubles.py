"""Troubles of a measurement: what --allow-busy accepts goes by their ids, whatever they say."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from effprof.core.outcomes import Conditions
from effprof.core.runs import MeasureOptions
from effprof.measure import cell, troubles
from effprof.measure.troubles import SENTENCES, trouble

VALUES = {"share": 0.5, "cores": 1.25, "faults": 12.0, "causes": "thermal slowdown", "count": 2}


def judged(*found, allow_busy, recompiled=0):
    """The reasons and the notes of a timing pass that was otherwise in order."""
    fine = SimpleNamespace(converged=True, settled=True, gone=None, graph_breaks=0)
    passes = SimpleNamespace(
        watched=SimpleNamespace(troubles=found, conditions=Conditions()),
        recompiled=recompiled,
        **dict.fromkeys(("attempts", "sampled", "warm", "compiled"), fine),
    )
    return cell._judge(passes, replace(MeasureOptions(), allow_busy=allow_busy))


def test_what_others_do_is_a_note_where_that_is_allowed_and_all_else_is_not():
    found = [trouble(kind, **VALUES) for kind in SENTENCES if kind != "recompiled"]
    reasons, notes = judged(*found, allow_busy=True, recompiled=2)
    assert [text.partition(":")[0] for text in notes] == ["contended", "contended", "busy"]
    assert [text.partition(":")[0] for text in reasons] == [
        *("page faults", "throttled", "recompiled 2 times in the timed window"),
    ]
    assert judged(*found, allow_busy=False) == (tuple(each.text for each in found), ())


@pytest.mark.parametrize("kind", sorted(troubles.OF_OTHERS))
def test_a_sentence_can_be_reworded(monkeypatch, kind):
    monkeypatch.setitem(SENTENCES, kind, "somebody else was there")
    assert judged(trouble(kind), allow_busy=True) == ((), ("somebody else was there",))
