"""What others measured, carried as estimates: read back, judged anew, never above own runs."""

import json
import math
from dataclasses import replace

import pytest

from effprof.claims.claim import REPLICATED, Answer, Claim, NotMeasured, Part, Threshold
from effprof.claims.claim_verdicts import Quoted, settle
from effprof.claims.evidence import Evidence
from effprof.claims.quotations import read_quotation
from effprof.core.errors import BadInput, StorageError
from effprof.core.estimates import Estimate

OWN = Answer(Estimate(2.0, 1.9, 2.1, "paired", 5), "processes")
OTHERS = Answer(Estimate(4.0, 3.9, 4.1, "twins", 60), "pairs of twins")


def claim(kind="cuda", answer=OWN, name="C1", low=3.0):
    part = Part("speed", "images/s", lambda _: answer, Threshold(low=low), kind=kind)
    return Claim(name, "A", "It is fast.", "somewhere", (part,), ())


def quoted(**fields):
    given = {"claim": "C1", "part": "speed", "device": "RTX", "kind": "cuda", "answer": OTHERS}
    return Quoted(**given | fields)


def measured(kind="cuda"):
    return Evidence("Own GPU", kind, False, ())


def document(**row):
    shown = {"device": "RTX", "device_kind": "cuda", "published": True, "estimate": 4.0}
    shown |= {"low": 3.9, "high": None, "n": 60, "of": "pairs of twins", "note": ""} | row
    parts = [{"id": "speed", "quantity": "images/s", "devices": [shown]}]
    return {
        "schema": "1",
        "commands": ["effprof import x"],
        "claims": [{"id": "C1", "parts": parts}],
    }


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "others.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_own_measurements_come_before_quoted_ones():
    (finding,) = settle([claim()], [measured()], [quoted()])
    assert (finding.verdict, finding.by_others) == ("refuted", False)
    assert [row.published for row in finding.parts[0].rows] == [False, True]


def test_the_same_estimate_given_twice_counts_once():
    (finding,) = settle([claim()], [], [quoted(), quoted()])
    assert [row.published for row in finding.parts[0].rows] == [False, True]


def test_a_quoted_estimate_is_judged_by_the_threshold_of_today():
    unknown = NotMeasured("no such cell")
    for low, verdict in ((3.0, "supported"), (4.0, "inconclusive"), (5.0, "refuted")):
        (finding,) = settle([claim(answer=unknown, low=low)], [], [quoted()])
        assert (finding.verdict, finding.by_others) == (verdict, True)


def test_a_quoted_estimate_is_for_parts_of_its_kind_of_device():
    (finding,) = settle([claim(kind="cpu")], [measured("cpu")], [quoted()])
    assert [row.device for row in finding.parts[0].rows] == ["Own GPU"]


def test_a_document_is_read_back_and_null_is_an_end_that_is_not_known(written):
    found = read_quotation(written(document()), [claim()])
    assert (found.file, found.commands) == ("others.json", ("effprof import x",))
    (only,) = found.quoted
    assert (only.device, only.kind, only.answer.estimate.value) == ("RTX", "cuda", 4.0)
    assert math.isnan(only.answer.estimate.high)


@pytest.mark.parametrize(
    ("row", "method"),
    [
        ({"high": 4.1, "method": "mover"}, "mover"),
        ({"high": 4.1}, "twins"),
        ({"high": 4.1, "of": "networks"}, "bootstrap"),
        ({"low": 4.0, "high": 4.0, "of": "networks"}, "bound"),
        ({}, "none"),
    ],
)
def test_the_method_is_read_back_and_told_where_a_document_is_older_than_it(written, row, method):
    (only,) = read_quotation(written(document(**row)), [claim()]).quoted
    assert (only.answer.estimate.method, only.answer.estimate.n) == (method, 60)


def test_a_range_is_read_back_with_what_it_is_the_range_of(written):
    take = {"name": "nhwc", "estimate": 3.0, "low": 2.9, "high": None, "method": "twins", "n": 50}
    row = {"high": 4.1, "method": "range", "takes": [take], "author": "timm"}
    (only,) = read_quotation(written(document(**row)), [claim()]).quoted
    ((name, estimate),) = only.answer.takes
    assert (name, estimate.value, estimate.low, estimate.n) == ("nhwc", 3.0, 2.9, 50)
    assert math.isnan(estimate.high)
    assert (only.author, only.answer.estimate.method) == ("timm", "range")


def test_what_an_author_states_is_replicated_by_a_quoted_estimate(written):
    stated = claim(answer=NotMeasured("no such cell"))
    stated = replace(stated, parts=(replace(stated.parts[0], author="timm"),))
    found = read_quotation(written(document(high=4.1, author="timm")), [stated])
    (finding,) = settle([stated], [], found.quoted)
    assert finding.verdict == REPLICATED


def test_what_was_not_told_is_not_quoted(written):
    assert read_quotation(written(document(estimate=None)), [claim()]).quoted == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not what this version's effprof claims --json writes (Expecting"),
        ({"claims": []}, "(schema: Field required); make it anew with that command"),
        (document() | {"schema": "2"}, "(schema: Input should be '1')"),
        (document(published=False), "C1 holds own measurements of RTX; give their run instead"),
        (document(device_kind="tpu"), "(claims.0.parts.0.devices.0.device_kind: Input should be"),
    ],
)
def test_other_files_are_refused_by_name(written, content, said):
    with pytest.raises(BadInput) as caught:
        read_quotation(written(content), [claim()])
    assert "others.json" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert said in str(caught.value)


def test_a_part_that_no_claim_has_is_named(written):
    with pytest.raises(BadInput, match="C1 has no part 'speed'; make the file anew"):
        read_quotation(written(document()), [claim(name="C2")])


def test_of_a_document_without_ids_an_unknown_sentence_is_named(written):
    """Not even the sentence of today: documents of today have ids."""
    old = document()
    del old["claims"][0]["parts"][0]["id"]
    with pytest.raises(BadInput, match="C1 has no quantity 'images/s'; make the file anew"):
        read_quotation(written(old), [claim()])


def test_what_a_part_says_does_not_matter(written):
    found = [
        read_quotation(written(content), [claim()]).quoted
        for content in (document(), json.loads(json.dumps(document()).replace("images/s", "it")))
    ]
    assert found[0] == found[1]


def test_a_file_that_is_not_there_is_a_matter_of_storage(tmp_path):
    with pytest.raises(StorageError, match=r"gone\.json"):
        read_quotation(tmp_path / "gone.json", [])
