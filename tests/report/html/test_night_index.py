"""The index of nights: every night of a folder, the newest first, and nothing else."""

import json
import re

from effprof.cli.night import NIGHTS, write_pages
from effprof.report.html.night_index import write_index
from effprof.report.night import tonight_line
from effprof.report.night_document import night_document
from tests.nights import assessment


def test_it_is_written_where_nights_have_their_usual_place_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = assessment()
    assert NIGHTS / "index.html" in write_pages(given, NIGHTS / "one")
    assert {path.name for path in write_pages(given, tmp_path / "own" / "one")} == {
        *("night.md", "night-short.md", "night.html", "night.json"),
    }
    assert not (tmp_path / "own" / "index.html").exists()


def test_it_lists_the_nights_of_a_folder_and_passes_over_what_is_none(tmp_path):
    for name, nights in (("first", 20), ("second", 25)):
        (tmp_path / name).mkdir()
        document = night_document(assessment(nights=nights))
        (tmp_path / name / "night.json").write_text(json.dumps(document))
    for name, text in (("broken", "{"), ("other", "[]")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "night.json").write_text(text)
    html = write_index(tmp_path).read_text()
    assert re.findall(r'href="([^"#]+)"', html) == ["second/night.html", "first/night.html"]
    assert html.count(tonight_line(assessment(nights=25))) >= 1
    assert html == write_index(tmp_path).read_text()
