"""The tables of whole pages: each has its name, its columns theirs, and the values of the frame."""

import csv
import io
import json
from dataclasses import replace

import pytest

from effprof.report.page import Page
from effprof.report.render import tables_of
from effprof.report.results import ONE_PROCESS
from effprof.report.tables.files import write_files
from effprof.report.tables.formats import FORMATS
from effprof.report.tables.raw import as_json, comma_separated
from effprof.report.tables.table import Column, Table
from effprof.study.study import Study
from tests.report.test_page import troubled_run
from tests.report.zoo import zoo_run
from tests.runs import sample_run

RUNS = {
    "troubled": troubled_run(),
    "one process": sample_run(repeats=1),
    "trained": zoo_run((1, 8), ("infer", "train"), ("nchw", "nhwc")),
    "counted": replace(sample_run(repeats=0), peaks=()),
}

STUDIES = {name: Study(run) for name, run in RUNS.items()}

TABLES = {name: list(tables_of(Page(study))) for name, study in STUDIES.items()}


def results(name):
    return [table for table in TABLES[name] if table.title.startswith("Results: ")]


@pytest.mark.parametrize("run", RUNS)
def test_tables_of_a_page_and_columns_of_a_table_have_names_of_their_own(run):
    titles = [table.title for table in TABLES[run]]
    assert len(set(titles)) == len(titles) > 2
    for table in TABLES[run]:
        header = next(csv.reader([comma_separated(table).partition("\n")[0]]))
        assert len(set(header)) == len(header), table.title


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_table_of_a_page_can_be_written_in_every_format(run, name):
    assert all(FORMATS[name].write(table) for table in TABLES[run])


@pytest.mark.parametrize("run", ["troubled", "one process", "trained"])
def test_the_values_of_a_results_table_are_those_of_the_frame(run):
    frame = STUDIES[run].frame
    rows = [
        row for table in results(run) for row in csv.DictReader(io.StringIO(comma_separated(table)))
    ]
    valid = frame[frame["valid"]]
    assert len(rows) == len(valid)
    for name in ("params", "macs", "promise", "latency_p50_seconds", "images_per_second_low"):
        known = sorted(float(row[name]) for row in rows if row[name])
        assert known == sorted(valid[name].dropna()), name
    realised = sorted(float(row["realised"]) for row in rows if row["realised"])
    assert realised == sorted(valid["realised"].dropna())


def test_the_reference_is_read_as_a_word_and_kept_as_its_value():
    first = results("trained")[0]
    assert "| reference |" in FORMATS["markdown"].write(first).replace("  ", "")
    rows = json.loads(as_json(first))["rows"]
    assert [row["realised"] for row in rows if row["model"] == "resnet50"] == [1.0]


def test_a_footnote_goes_with_the_table_that_needs_it():
    assert {table.marks for table in results("one process")} == {(ONE_PROCESS,)}
    assert ONE_PROCESS.meaning.split()[0] in FORMATS["latex"].write(results("one process")[0])
    assert all(table.marks == () for table in results("trained"))


def test_files_are_named_by_section_and_setting(tmp_path):
    folder = write_files(TABLES["troubled"], ["csv", "latex"], tmp_path)
    names = {file.name for file in folder.iterdir()}
    assert "results-inference-batch-1-fp32-nchw-eager.csv" in names
    assert "results-inference-batch-8-fp32-nchw-eager.tex" in names
    assert len(names) == 2 * len(TABLES["troubled"])


def test_titles_that_differ_in_no_letter_of_a_file_name_have_files_of_their_own(tmp_path):
    titles = ("\u4e2d" * 300, "\u6587", "a" * 300, "a" * 299 + "b", "b", "b", "b (2)")
    tables = [Table((Column("n"),), ((place,),), title) for place, title in enumerate(titles)]
    folder = write_files(tables, ["csv"], tmp_path)
    written = {file.read_text() for file in folder.iterdir()}
    assert written == {f"n\n{place}\n" for place in range(len(titles))}
    assert all(file.name[0].isalnum() for file in folder.iterdir())
