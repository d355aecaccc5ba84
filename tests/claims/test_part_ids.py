"""Ids of claim parts: what programs and kept files name them by, whatever sentences say."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from effprof.claims.catalogue import CLAIMS
from effprof.claims.old_sentences import OLD_SENTENCES
from effprof.claims.quotations import RETIRED, read_quotation
from effprof.core.errors import BadInput

GOLDEN = Path(__file__).parent / "golden" / "part_ids.txt"

#: What `effprof claims --json` wrote before parts had ids, and before layouts were judged apart.
BEFORE_IDS = Path(__file__).parent / "documents" / "before_ids.json"


def reworded(claims=CLAIMS):
    """The claims as a later version may say them: no sentence of a part is what it was."""
    return [
        replace(claim, parts=tuple(replace(p, quantity=f"told anew: {p.id}") for p in claim.parts))
        for claim in claims
    ]


def test_every_part_keeps_its_id():
    """A new part is a line more; an id that is gone is one that kept files cannot name."""
    ids = [f"{claim.id}.{part.id}" for claim in CLAIMS for part in claim.parts]
    assert ids == GOLDEN.read_text("utf-8").split()


def test_ids_are_unique_within_a_claim_and_words_of_programs():
    for claim in CLAIMS:
        ids = [part.id for part in claim.parts]
        assert len(set(ids)) == len(ids), claim.id
        assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", each) for each in ids), ids


def test_every_old_sentence_tells_one_part_for_each_kind_of_device():
    parts = {(claim.id, part.id): part for claim in CLAIMS for part in claim.parts}
    for claim, sentences in OLD_SENTENCES.items():
        for ids in sentences.values():
            kinds = [
                "cuda" if (claim, each) in RETIRED else parts[claim, each].kind for each in ids
            ]
            assert kinds in ([None], ["cpu"], ["cuda"], ["cuda", "cpu"]), ids


@pytest.mark.parametrize("claims", [CLAIMS, reworded()], ids=["as said today", "reworded"])
def test_a_file_of_before_ids_is_read_by_the_sentences_of_its_time(claims):
    """The document is of that time: its parts have sentences only."""
    file = BEFORE_IDS
    written = json.loads(file.read_text("utf-8"))["claims"]
    assert not any("id" in part for claim in written for part in claim["parts"])
    found = {(each.claim, each.part, each.device) for each in read_quotation(file, claims).quoted}
    assert ("C23", "speed_gpu", "RTX 3090 (published)") in found
    assert ("C23", "speed_cpu", "Core i9-10940X (published)") in found
    assert {(claim, part) for claim, part, _ in found if claim == "C14"} == {
        ("C14", "speed_gpu"),
        ("C14", "speed_cpu"),
    }
    assert found == {
        (each.claim, each.part, each.device) for each in read_quotation(file, CLAIMS).quoted
    }


def test_a_document_of_before_authors_names_its_author_by_its_commands():
    assert {each.author for each in read_quotation(BEFORE_IDS, CLAIMS).quoted} == {"timm"}


def test_what_a_retired_part_said_is_read_and_not_judged():
    """The lower end of an interval stood for C20's gain: it is no estimate of the gain."""
    written = json.loads(BEFORE_IDS.read_text("utf-8"))["claims"]
    (c20,) = (claim for claim in written if claim["id"] == "C20")
    assert any(part["quantity"].startswith("lower end of") for part in c20["parts"])
    found = {each.part for each in read_quotation(BEFORE_IDS, CLAIMS).quoted if each.claim == "C20"}
    assert found == {"r_squared"}


def test_a_sentence_of_a_part_that_is_gone_is_refused_as_an_unknown_one():
    fewer = [replace(claim, parts=claim.parts[1:]) for claim in CLAIMS]
    with pytest.raises(BadInput, match="C9 has no quantity 'B0 over ResNet-50, images/s, eager'"):
        read_quotation(BEFORE_IDS, fewer)
