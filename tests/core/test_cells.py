import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.core.cells import ALLOCATORS, EXECUTIONS, MEMORY_FORMATS, MODES, PRECISIONS, Cell
from effprof.core.errors import BadInput

_NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789_/:?&=.@-", min_size=1)
_COUNT = st.integers(min_value=1, max_value=10**6)

cells = st.builds(
    Cell,
    model=_NAME,
    resolution=_COUNT,
    mode=st.sampled_from(MODES),
    batch_size=_COUNT,
    precision=st.sampled_from(PRECISIONS),
    memory_format=st.sampled_from(MEMORY_FORMATS),
    execution=st.sampled_from(EXECUTIONS),
    loader=st.sampled_from(("synthetic", "jpeg-1w", "jpeg-16w")),
    threads=_COUNT,
    allocator=st.sampled_from(ALLOCATORS),
)


@given(cells)
def test_a_key_reads_back_as_its_cell(cell):
    assert Cell.from_key(cell.key) == cell


@given(cells, cells)
def test_different_cells_have_different_keys(one, other):
    assert (one.key == other.key) == (one == other)


def test_a_key_is_stable_text():
    cell = Cell("timm/efficientnet_b0", 224, batch_size=64, memory_format="nhwc", threads=4)
    assert cell.key == "timm/efficientnet_b0@224 infer b64 fp32 nhwc eager t4"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("resnet50", "not a cell key: 'resnet50'"),
        ("r@224 infer b1 fp32 nchw eager ", "not a cell key"),
        ("r@224 infer b-1 fp32 nchw eager", "not a cell key"),
        ("r@224 guess b1 fp32 nchw eager", "mode is not one of infer, train"),
        ("r@224 infer b1 fp8 nchw eager", "precision is not one of"),
    ],
)
def test_a_bad_key_is_refused_by_name(key, message):
    with pytest.raises(BadInput) as caught:
        Cell.from_key(key)
    assert message in str(caught.value)


def test_a_loader_is_part_of_the_key_and_keys_from_before_have_none():
    fed = Cell("timm/x", 224, threads=2, loader="jpeg-2w")
    assert fed.key == "timm/x@224 infer b1 fp32 nchw eager t2 jpeg-2w"
    assert Cell.from_key(fed.key) == fed
    assert Cell.from_key(fed.key.removesuffix(" jpeg-2w")).loader == "synthetic"


def test_the_default_allocator_is_part_of_the_key_and_a_kept_heap_goes_unsaid():
    plain = Cell("timm/x", 224, loader="jpeg-2w", allocator="default")
    assert plain.key == "timm/x@224 infer b1 fp32 nchw eager jpeg-2w default-malloc"
    assert plain.configuration == "fp32 nchw eager, fed by jpeg-2w, default allocator"
    assert Cell.from_key(plain.key) == plain
    assert Cell.from_key("timm/x@224 infer b1 fp32 nchw eager").allocator == "kept"
    for last in ("default", "kept-malloc"):
        with pytest.raises(BadInput):
            Cell.from_key(f"timm/x@224 infer b1 fp32 nchw eager {last}")


@pytest.mark.parametrize("loader", ["synthetic", "jpeg", "jpeg-0w", "jpeg-2", "png-2w", "jpeg-2w "])
def test_a_key_with_another_last_word_is_refused(loader):
    with pytest.raises(BadInput):
        Cell.from_key(f"timm/x@224 infer b1 fp32 nchw eager {loader}")
