"""Files of timm's benchmark: made-up ones for the rules, the published ones where present."""

import csv
from pathlib import Path

import pytest

from effprof.core.cells import Cell
from effprof.core.errors import BadInput, StorageError
from effprof.store.store import open_store
from effprof.store.timm_benchmark import read_timm_benchmark
from effprof.store.timm_origin import Told
from effprof.study.study import Study

NAME = "benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv"
ON_CPU = "benchmark-infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo.csv"
HEADER = (
    "model,infer_img_size,infer_samples_per_sec,infer_step_time,infer_batch_size,param_count,"
    "infer_gmacs,infer_macts"
)
ROWS = (
    "resnet18.a1_in1k,224,10000.0,102.4,1024,11.69,1.82,2.48",
    "resnet50.a1_in1k,224,2000.0,512.0,1024,25.56,4.11,11.11",
    "efficientnet_b0.ra_in1k,256,5000.0,204.8,1024,5.29,0.52,8.81",
    "efficientnet_b0.ra_in1k,224,5000.0,204.8,1024,5.29,0.4,6.75",
    "big_net,224,10.0,6400.0,64,900.0,,",
)

PUBLISHED = sorted(Path(__file__).parents[3].glob("shared/timm_results/benchmark-*.csv"))


@pytest.fixture
def written(tmp_path):
    """Write rows to a file of a name that tells everything."""

    def write(*rows, name=NAME, header=HEADER):
        path = tmp_path / name
        path.write_text("\n".join((header, *rows)) + "\n")
        return path

    return write


def measured(run):
    return {repeat.cell.key: repeat.outcome for repeat in run.repeats}


def test_a_row_is_a_cell_with_one_sample_and_the_counts_of_its_batch(written):
    run = read_timm_benchmark(written(*ROWS))
    b0 = Cell("timm/efficientnet_b0", 224, "infer", 1024, "amp-fp16", "nhwc")
    assert run.invocation.cells[0] == b0
    assert measured(run)[b0.key].timing.throughput == (0.2048,)
    cost = next(each for each in run.costs if each.key[:2] == (b0.model, 224))
    assert (cost.parameters, cost.total.macs) == (5_290_000, 400_000_000 * 1024)
    assert (cost.total.activations, cost.by_role) == (6_750_000 * 1024, {})
    assert cost.counter == "timm's file, rounded"
    assert run.invocation.reference == "timm/resnet50"


#: A vision transformer as files of most years count it, and as one does that knows no fused
#: attention, with others.
ALL = "vit_base_patch16_224.augreg_in1k,224,1568.0,653.06,1024,86.57,17.58,23.9"
LESS = "vit_base_patch16_224.augreg_in1k,224,1568.0,653.06,1024,86.57,16.87,16.49"
OTHERS = (
    "swin_tiny_patch4_window7_224.ms_in1k,224,1939.39,528.0,1024,28.29,4.51,17.06",
    "eva02_tiny_patch14_336.mim_in22k_ft_in1k,336,1280.0,800.0,1024,5.76,3.14,13.85",
    "mobilevitv2_050.cvnets_in1k,256,5120.0,200.0,1024,1.37,0.48,8.04",
)


def test_activations_without_those_of_fused_attention_are_none(written):
    run = read_timm_benchmark(written(*ROWS, LESS, *OTHERS))
    lacking = {cost.model: cost.unknown for cost in run.costs if cost.activations is None}
    assert lacking.keys() == {"timm/vit_base_patch16_224", "timm/eva02_tiny_patch14_336"}
    assert all("scaled_dot_product_attention" in unknown for unknown in lacking.values())
    whole = read_timm_benchmark(written(*ROWS, ALL, *OTHERS))
    assert all(cost.activations and not cost.unknown for cost in whole.costs)


def test_a_row_without_a_speed_is_left_out_and_named(written):
    names = HEADER.split(",")
    failed = dict.fromkeys(names, "") | {"model": "too_large", "infer_img_size": "448"}
    failed["param_count"] = "4350.56"
    run = read_timm_benchmark(written(*ROWS, ",".join(failed[name] for name in names)))
    assert run.invocation.cells == read_timm_benchmark(written(*ROWS)).invocation.cells
    told = run.invocation.fingerprint.missing["1 network"]
    assert told == "the file lists them without a speed: too_large"
    half = failed | {"infer_step_time": "20.0"}
    with pytest.raises(BadInput, match="infer_samples_per_sec: ''"):
        read_timm_benchmark(written(*ROWS, ",".join(half[name] for name in names)))


def test_networks_of_the_registry_come_first_at_their_published_size_first(written):
    cells = read_timm_benchmark(written(*ROWS)).invocation.cells
    named = [(cell.model.removeprefix("timm/"), cell.resolution) for cell in cells]
    assert named[:2] == [("efficientnet_b0", 224), ("efficientnet_b0", 256)]
    assert named[-1] == ("big_net", 224)


def test_what_is_not_there_stays_missing_in_the_frame(written):
    frame = Study(read_timm_benchmark(written(*ROWS))).frame
    b0 = frame.iloc[0]
    assert b0["images_per_second"] == pytest.approx(5000)
    assert b0["realised"] == pytest.approx(2.5)
    assert b0["promise"] == pytest.approx(4.11 / 0.4)
    absent = ["images_per_second_low", "realised_low", "latency_p50_seconds", "bytes_moved"]
    absent += ["first_step_seconds", "peak_reserved_bytes", "joules_per_image", "compile_seconds"]
    assert b0[absent].isna().all()
    assert frame.loc[frame["model"] == "timm/big_net", ["macs", "promise"]].isna().all(axis=None)


def test_a_batch_that_was_backed_off_is_kept_and_said(written):
    outcomes = measured(read_timm_benchmark(written(*ROWS)))
    backed_off = outcomes["timm/big_net@224 infer b64 amp-fp16 nhwc eager"].notes
    assert any(note.startswith("a smaller batch than the 1024 of others") for note in backed_off)
    others = (done.notes for key, done in outcomes.items() if "big_net" not in key)
    assert not any("smaller batch" in note for notes in others for note in notes)


def test_other_weights_of_a_network_are_set_aside_and_said(written):
    other = "resnet50.a2_in1k,224,2100.0,487.6,1024,25.56,4.11,11.11"
    run = read_timm_benchmark(written(*ROWS, other))
    assert len(run.repeats) == len(ROWS)
    kept = measured(run)["timm/resnet50@224 infer b1024 amp-fp16 nhwc eager"]
    assert kept.timing.throughput == (0.512,)
    assert "resnet50.a2_in1k at 2100 images/s" in kept.notes[-1]


def test_the_name_of_the_file_tells_how_it_was_measured(written):
    run = read_timm_benchmark(written(*ROWS, name=ON_CPU), Told(threads=14))
    marks = run.invocation.fingerprint
    assert marks.gating == {
        "device": "i9_10940x",
        "device kind": "cpu",
        "host": "published",
        "method": "timm-benchmark 1",
    }
    assert marks.recorded["torch"] == "2.4.0"
    cell = run.invocation.cells[0]
    assert (cell.precision, cell.memory_format) == ("fp32", "nchw")
    assert (cell.execution, cell.threads) == ("compile", 14)


def test_what_is_told_wins_over_the_name(written):
    told = Told(device="NVIDIA GeForce RTX 3090", precision="amp-bf16", threads=7)
    run = read_timm_benchmark(written(*ROWS), told)
    assert run.invocation.fingerprint.gating["device"] == "NVIDIA GeForce RTX 3090"
    cell = run.invocation.cells[0]
    assert (cell.precision, cell.threads) == ("amp-bf16", 1)  # threads are those of a CPU


def test_what_neither_tells_is_asked_for_all_at_once(written):
    with pytest.raises(BadInput) as refused:
        read_timm_benchmark(written(*ROWS, name="mine.csv"), Told(device="x", execution="egaer"))
    said = str(refused.value)
    for flag in ("device-kind", "precision", "memory-format", "torch", "threads"):
        assert f"mine.csv: --{flag} is needed" in said
    assert "--execution: 'egaer' is not one of" in said
    assert "did you mean eager?" in said


def test_the_same_file_is_the_same_run_and_another_origin_another(written, tmp_path):
    path = written(*ROWS)
    first, again = read_timm_benchmark(path), read_timm_benchmark(path)
    other = read_timm_benchmark(path, Told(device="another"))
    assert first == again
    assert first.invocation.id != other.invocation.id
    with open_store(str(tmp_path / "store.sqlite")) as store:
        assert store.add_runs([first, other]) == (True, True)
        assert store.add_runs([again]) == (False,)
        assert store.load(first.invocation.id) == first


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,224,10.0,100.0,2,1.0,1.0,1.0", "x: 10 images/s contradict a batch of 2 in 100 ms"),
        ("x,224,fast,100.0,1,1.0,1.0,1.0", "infer_samples_per_sec: 'fast': "),
        ("x,224,10.0,0,1,1.0,1.0,1.0", "infer_step_time: '0': "),
        ("x,224,10.0,nan,1,1.0,1.0,1.0", "infer_step_time: 'nan': "),
        ("x,224,10.0,100.0,,1.0,1.0,1.0", "infer_batch_size: '': "),
        ("x y,224,10.0,100.0,1,1.0,1.0,1.0", "model: 'x y': "),
        ("x,224,10.0,100.0,1,1.0,1.0", "7 values for 8 columns"),
        (ROWS[0], "resnet18.a1_in1k is there twice, first in line 2"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(written, row, said):
    with pytest.raises(BadInput) as refused:
        read_timm_benchmark(written(*ROWS, row))
    assert f"\n  line 7: {said}" in str(refused.value)
    assert NAME in str(refused.value)


def test_of_many_problems_ten_are_named_and_the_rest_counted(written):
    with pytest.raises(BadInput) as refused:
        read_timm_benchmark(written(*(f"x{i},224,no,1.0,1,1.0,1.0,1.0" for i in range(14))))
    lines = str(refused.value).splitlines()
    assert len(lines) == 12
    assert lines[-1].strip() == "... and 4 more"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: no column infer_step_time or train_step_time"),
        (b"model,top1\nresnet50,80.1\n", "line 1: no column infer_step_time"),
        (b"model,infer_step_time\nresnet50,80.1\n", "line 1: no column infer_img_size"),
        (HEADER.encode(), "there is no network in it"),
        (b"\xff\xfe\x00", "no table in UTF-8"),
        (b"\x1f\x8b\x08\x00", "no table in UTF-8"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path, content, said):
    path = tmp_path / NAME
    path.write_bytes(content)
    with pytest.raises(BadInput, match="is no benchmark file of timm; nothing was imported") as e:
        read_timm_benchmark(path)
    assert said in str(e.value)


def test_a_file_that_is_not_there_is_a_matter_of_storage(tmp_path):
    with pytest.raises(StorageError, match=NAME):
        read_timm_benchmark(tmp_path / NAME)


def test_columns_and_mode_must_agree(written):
    with pytest.raises(BadInput, match="--mode: train is told, but the columns are of infer"):
        read_timm_benchmark(written(*ROWS), Told(mode="train"))


@pytest.mark.skipif(not PUBLISHED, reason="the published files are not beside the repository")
def test_every_published_file_is_imported_whole():
    for path in PUBLISHED:
        run = read_timm_benchmark(path, Told(threads=14))
        mode = run.invocation.cells[0].mode
        with path.open(newline="") as file:
            slow = {
                (f"timm/{row['model']}", int(row[f"{mode}_img_size"])): row
                for row in csv.DictReader(file)
                if row[f"{mode}_step_time"]
            }
        assert {(cell.model, cell.resolution) for cell in run.invocation.cells} == slow.keys()
        assert len(run.repeats) == len(slow)
        for repeat in run.repeats:
            row = slow[repeat.cell.model, repeat.cell.resolution]
            assert repeat.cell.batch_size == float(row[f"{mode}_batch_size"])
            assert repeat.outcome.timing.throughput == (float(row[f"{mode}_step_time"]) / 1000,)
        assert len(run.costs) == sum(bool(row.get("infer_gmacs")) for row in slow.values())


@pytest.mark.skipif(not PUBLISHED, reason="the published files are not beside the repository")
def test_all_files_of_timm_agree_on_what_their_counters_count():
    counts: dict[tuple[str, int], set[tuple[float, float]]] = {}
    left_out = set()
    for path in PUBLISHED:
        for cost in read_timm_benchmark(path, Told(threads=14)).costs:
            if cost.activations is None:
                left_out.add(path.name)
                continue
            numbers = cost.total.macs, cost.activations
            of_image = tuple(number / cost.batch_size for number in numbers)
            counts.setdefault((cost.model, cost.resolution), set()).add(of_image)
    assert left_out == {"benchmark-infer-amp-nchw-pt210-cu121-rtx3090.csv"}
    apart = {
        network: found
        for network, found in counts.items()
        if any(max(each) > 1.01 * min(each) for each in zip(*found, strict=True))
    }
    assert apart == {}
    assert len(counts) > 1000


@pytest.mark.skipif(not PUBLISHED, reason="the published files are not beside the repository")
def test_the_published_ratio_of_b0_and_resnet50_comes_out():
    path = next(path for path in PUBLISHED if path.name == NAME)
    frame = Study(read_timm_benchmark(path)).frame
    b0 = frame.loc["timm/efficientnet_b0@224 infer b1024 amp-fp16 nhwc eager"]
    assert b0["promise"] == pytest.approx(10.275, abs=0.001)  # 4.11 / 0.4, as timm rounds them
