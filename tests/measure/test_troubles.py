"""Troubles of a measurement: what --allow-busy accepts goes by their ids, whatever they say."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from effprof.core.outcomes import Conditions
from effprof.core.runs import MeasureOptions
from effprof.measure import cell, troubles
from effprof.measure.troubles import SENTENCES, trouble

VALUES = {"share": 0.5, "cores": 1.25, "faults": 12.0, "causes": "thermal slowdown", "count": 2}


def judged(*found, allow_busy=False, recompiled=0, device="cpu"):
    """What is made of a timing pass that was otherwise in order."""
    fine = SimpleNamespace(converged=True, quiet=True, settled=True, gone=None, graph_breaks=0)
    passes = SimpleNamespace(
        watched=SimpleNamespace(troubles=found, conditions=Conditions()),
        recompiled=recompiled,
        **dict.fromkeys(("attempts", "sampled", "warm", "compiled"), fine),
    )
    return cell._judge(passes, replace(MeasureOptions(), allow_busy=allow_busy), device)


def begins(texts):
    return [text.partition(":")[0] for text in texts]


FOUND = [trouble(kind, **VALUES) for kind in SENTENCES if kind != "recompiled"]


def test_what_others_do_is_a_note_where_that_is_allowed_and_all_else_is_not():
    told = judged(*FOUND, allow_busy=True, recompiled=2)
    assert begins(told.notes) == ["contended", "contended", "contended", "busy"]
    assert begins(told.invalid) == [
        *("page faults", "throttled", "recompiled 2 times in the timed window"),
    ]
    assert told.rough == ()


def test_what_others_do_to_a_cpu_makes_an_answer_rough_and_all_else_makes_it_invalid():
    told = judged(*FOUND)
    assert begins(told.rough) == ["contended", "contended", "contended"]
    assert begins(told.invalid) == ["page faults", "throttled", "busy"]


def test_on_a_gpu_nothing_makes_an_answer_rough():
    told = judged(*FOUND, device="cuda")
    assert told.rough == ()
    assert told.invalid == tuple(each.text for each in FOUND)


@pytest.mark.parametrize("kind", sorted(troubles.OF_OTHERS))
def test_a_sentence_can_be_reworded(monkeypatch, kind):
    monkeypatch.setitem(SENTENCES, kind, "somebody else was there")
    told = judged(trouble(kind), allow_busy=True)
    assert (told.invalid, told.rough, told.notes) == ((), (), ("somebody else was there",))
