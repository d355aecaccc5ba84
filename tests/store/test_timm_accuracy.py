"""Accuracy files of timm: excerpts of three layouts, the whole published one where present."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from effprof.core.accuracies import DATA_SETS, source_of
from effprof.core.errors import BadInput, StorageError
from effprof.models.weights import registered_weights
from effprof.store.store import open_store
from effprof.store.timm_accuracy import Told, git_object, read_timm_accuracy
from effprof.store.weights_given import load_weights

EXCERPTS = Path(__file__).parent / "accuracy"
IMAGENET = EXCERPTS / "results-imagenet.csv"
REAL = EXCERPTS / "results-imagenet-real.csv"
HEADER, *ROWS = IMAGENET.read_text().splitlines()

#: The whole file that the excerpt is of.
PUBLISHED = Path(__file__).parents[3] / "shared" / "timm_results" / "results-imagenet.csv"


@pytest.fixture
def written(tmp_path):
    """Write rows to a file whose name tells its data set."""

    def write(*rows, name=IMAGENET.name, header=HEADER):
        path = tmp_path / name
        path.write_text("\n".join((header, *rows)) + "\n")
        return path

    return write


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("path", [IMAGENET, REAL], ids=lambda path: path.name)
def test_every_row_is_kept_as_it_stands_with_its_weights_size_and_crop(path):
    file = read_timm_accuracy(path)
    for told, row in zip(file.evaluations, rows_of(path), strict=True):
        assert (told.weights, told.resolution) == (row["model"], int(row["img_size"]))
        assert (told.top1, told.top5) == (float(row["top1"]), float(row["top5"]))
        assert (told.crop, told.interpolation) == (float(row["crop_pct"]), row["interpolation"])
        millions = float(row["param_count"].replace(",", ""))
        assert told.parameters == pytest.approx(millions * 1e6)


def test_a_file_is_known_by_name_data_set_and_the_hash_that_git_gives_it():
    file = read_timm_accuracy(IMAGENET)
    assert (file.name, file.data_set) == ("results-imagenet.csv", "imagenet")
    assert file.git_object == git_object(IMAGENET.read_bytes())
    assert file.source == (
        f"results-imagenet.csv (git object {file.git_object[:12]}, read {file.read_at[:10]})"
    )
    assert file.read_at.endswith("+00:00")
    assert read_timm_accuracy(REAL).data_set == "imagenet-real"


def test_every_data_set_of_timm_is_told_by_the_name_of_its_file(written):
    for key, data_set in DATA_SETS.items():
        assert read_timm_accuracy(written(*ROWS, name=data_set.file)).data_set == key


def test_a_file_of_2019_has_a_slip_in_its_header_and_a_name_that_does_not_tell():
    path = EXCERPTS / "results-all.csv"
    with pytest.raises(BadInput, match=r"results-all\.csv: --data-set is needed: .* one of imagen"):
        read_timm_accuracy(path)
    with pytest.raises(BadInput, match=r"'imagnet' is not one of .* did you mean imagenet"):
        read_timm_accuracy(path, Told("imagnet"))
    file = read_timm_accuracy(path, Told("imagenet"))
    assert [each.crop for each in file.evaluations] == [0.875, 0.875, 0.8975]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,224,high,20.0,95.0,5.0,5.29,0.9,bicubic", "top1: 'high': "),
        ("x,224,nan,20.0,95.0,5.0,5.29,0.9,bicubic", "top1: 'nan': "),
        ("x,224,,20.0,95.0,5.0,5.29,0.9,bicubic", "top1: '': "),
        ("x,224,180.0,-80.0,95.0,5.0,5.29,0.9,bicubic", "top1: '180.0': "),
        ("x,224.5,80.0,20.0,95.0,5.0,5.29,0.9,bicubic", "img_size: '224.5': "),
        ("x,0,80.0,20.0,95.0,5.0,5.29,0.9,bicubic", "img_size: '0': "),
        ("x,224,80.0,20.0,95.0,5.0,,0.9,bicubic", "param_count: '': "),
        ("x,224,80.0,20.0,95.0,5.0,5.29,90,bicubic", "crop_pct: '90': "),
        ("x,224,80.0,20.0,95.0,5.0,5.29,0.9,", "interpolation: '': "),
        ("x y,224,80.0,20.0,95.0,5.0,5.29,0.9,bicubic", "model: 'x y': "),
        ("x,224,80.0,21.0,95.0,5.0,5.29,0.9,bicubic", "x: top1 80 and top1_err 21 are 101, not"),
        ("x,224,80.0,20.0,75.0,25.0,5.29,0.9,bicubic", "x: top5 75 is below top1 80"),
        ("x,224,80.0,20.0,95.0,5.0,5.29,0.9", "8 values for 9 columns"),
        ("x,224,80.0,20.0,95.0,5.0,1,014.45,0.9,bicubic", "10 values for 9 columns"),
        (ROWS[3], "is there twice, first in line 5"),
    ],
)
def test_one_bad_row_refuses_the_file_and_is_named_by_line_and_column(written, row, said):
    with pytest.raises(BadInput) as refused:
        read_timm_accuracy(written(*ROWS, row))
    assert f"\n  line {len(ROWS) + 2}: " in str(refused.value)
    assert said in str(refused.value)
    assert "is no accuracy file of timm; nothing was imported" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: no column model"),
        (b"model,infer_step_time\nresnet50,80.1\n", "line 1: no column top1"),
        (f"{HEADER},top1\n".encode(), "line 1: column top1 is there twice"),
        (HEADER.encode(), "there is no network in it"),
        (b"\xff\xfe\x00", "no table in UTF-8"),
        (b'model,top1\n"resnet50,80.1\n', "no table in UTF-8 with commas"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path, content, said):
    path = tmp_path / IMAGENET.name
    path.write_bytes(content)
    with pytest.raises(BadInput, match="nothing was imported") as refused:
        read_timm_accuracy(path)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_a_matter_of_storage(tmp_path):
    with pytest.raises(StorageError, match=IMAGENET.name):
        read_timm_accuracy(tmp_path / IMAGENET.name)


def test_files_are_read_back_as_they_were_written_once_by_data_set(store):
    imagenet, real = read_timm_accuracy(IMAGENET), read_timm_accuracy(REAL)
    assert store.add_accuracies([imagenet, real]) == (True, True)
    again = replace(imagenet, read_at="2030-01-01T00:00:00+00:00", name="copy.csv")
    assert store.add_accuracies([again]) == (False,)
    assert store.accuracies("imagenet") == [imagenet]
    assert store.accuracies("imagenet-real") == [real]
    assert store.accuracies("sketch") == []
    assert store.runs() == []


def test_of_several_files_all_are_kept_or_none(store):
    imagenet = read_timm_accuracy(IMAGENET)
    (first, *_) = imagenet.evaluations
    twice = replace(imagenet, git_object="0" * 40, evaluations=(first, first))
    with pytest.raises(StorageError):
        store.add_accuracies([imagenet, twice])
    assert store.accuracies("imagenet") == []


def test_imported_evaluations_take_the_place_of_the_packaged_ones_the_last_read_first(tmp_path):
    location = str(tmp_path / "store.sqlite")
    packaged = registered_weights()
    assert load_weights(location) is packaged
    assert load_weights(None, "run.jsonl.gz") is packaged
    file = read_timm_accuracy(IMAGENET)
    better = replace(
        file,
        git_object="1" * 40,
        read_at="2031-01-01T00:00:00+00:00",
        evaluations=tuple(
            replace(each, top1=each.top1 + 1, top5=99.9) for each in file.evaluations
        ),
    )
    with open_store(location) as store:
        store.add_accuracies([better, file])
    known = load_weights(location, "run.jsonl.gz")
    best = known.best("resnet50", 224, more_data=False)
    assert (best.name, best.top1) == ("resnet50.tv2_in1k", pytest.approx(81.846))
    assert best.source == source_of(file.name, "1" * 40, "read 2031-01-01")
    untouched = "timm/densenet121"
    assert known.best(untouched, 224, more_data=False) == packaged.best(
        untouched, 224, more_data=False
    )


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published file is not beside us")
def test_the_whole_published_file_is_read_and_the_packaged_rows_are_its_rows():
    file = read_timm_accuracy(PUBLISHED)
    assert len(file.evaluations) == len(rows_of(PUBLISHED)) == 1556
    rows = {(e.weights, e.resolution, e.top1, e.crop, e.interpolation) for e in file.evaluations}
    packaged = registered_weights().rows
    assert {(e.name, e.resolution, e.top1, e.crop, e.interpolation) for e in packaged} <= rows
    told = f"{len(file.evaluations)} evaluations of weights"
    assert {each.source for each in packaged} == {
        source_of("timm's results-imagenet.csv", file.git_object, told)
    }


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published file is not beside us")
def test_the_excerpt_is_part_of_the_published_file():
    assert {*IMAGENET.read_text().splitlines()} <= {*PUBLISHED.read_text().splitlines()}
