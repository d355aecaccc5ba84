from dataclasses import fields

import pytest

from effprof.core.axes import AXES, LARGEST, read_flags, unique
from effprof.core.cells import Cell
from effprof.core.errors import BadInput


def test_every_axis_is_a_field_of_a_cell_in_the_same_order():
    assert list(AXES) == [field.name for field in fields(Cell)]


def test_the_defaults_of_the_axes_are_those_of_a_cell():
    defaults = {f.name: f.default for f in fields(Cell)}
    for axis in AXES.values():
        if axis.name not in ("model", "resolution"):
            assert axis.default == (defaults[axis.name],)


@pytest.mark.parametrize("axis", AXES.values(), ids=AXES)
def test_an_axis_reads_its_own_defaults_and_choices(axis):
    for value in (*axis.default, *axis.choices):
        assert axis.read(str(value)) == value


def test_flags_are_read_in_the_order_given():
    read = read_flags({"batch_size": "64, 1,8", "precision": "tf32,fp32", "resolution": "paper,96"})
    assert read.values == {
        "batch_size": (64, 1, 8),
        "precision": ("tf32", "fp32"),
        "resolution": ("paper", 96),
    }
    assert read.notes == ()


def test_duplicates_are_dropped_with_a_note():
    read = read_flags({"batch_size": "8,1,8,8,01"})
    assert read.values["batch_size"] == (8, 1)
    assert read.notes == (
        "--batch-sizes: 8 is given more than once and used once",
        "--batch-sizes: 1 is given more than once and used once",
    )


@pytest.mark.parametrize(
    ("axis", "text", "message"),
    [
        ("batch_size", "0", "--batch-sizes: '0' is not a batch size"),
        ("batch_size", "-1", "--batch-sizes: '-1' is not a batch size"),
        ("batch_size", "8,,16", "--batch-sizes: value 2 of '8,,16' is empty"),
        ("batch_size", "", "--batch-sizes: value 1 of '' is empty"),
        ("batch_size", "eight", "'eight' is not a batch size; give a whole number from 1 to"),
        ("batch_size", "1_000", "'1_000' is not a batch size"),
        ("batch_size", "8.0", "'8.0' is not a batch size"),
        ("batch_size", "\u0661", "is not a batch size"),
        ("batch_size", str(LARGEST + 1), f"'{LARGEST + 1}' is not a batch size"),
        ("threads", "0", "--threads: '0' is not a thread count"),
        ("resolution", "papr", "or native, paper; did you mean paper?"),
        ("resolution", "0", "'0' is not a number of pixels"),
        ("precision", "amp-fp61", "'amp-fp61' is not one of fp32, tf32, amp-fp16, amp-bf16; did"),
        ("mode", "inference", "'inference' is not one of infer, train; did you mean infer?"),
        ("model", "resnet50,,b0", "--models: value 2"),
        ("model", "res net", "'res net' is not a model name"),
    ],
)
def test_a_bad_token_is_named(axis, text, message):
    with pytest.raises(BadInput) as caught:
        read_flags({axis: text})
    assert message in str(caught.value)


def test_all_bad_tokens_are_reported_at_once():
    with pytest.raises(BadInput) as caught:
        read_flags({"batch_size": "0,8,x", "memory_format": "nwhc"})
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert "'0'" in lines[0]
    assert "'x'" in lines[1]
    assert "did you mean nhwc" in lines[2]


def test_unique_keeps_the_first_of_equals():
    assert unique(("b", "a", "b"), "here")[0] == ("b", "a")


def test_a_loader_says_how_many_processes_decode():
    values = read_flags({"loader": "synthetic,jpeg-2w"}).values
    assert values == {"loader": ("synthetic", "jpeg-2w")}
    with pytest.raises(
        BadInput, match="--loader: unknown loader 'jpeg-0w'; give synthetic, or jpeg"
    ):
        read_flags({"loader": "jpeg-0w"})
