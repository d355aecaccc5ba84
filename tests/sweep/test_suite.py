from dataclasses import fields, replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effprof.core.axes import AXES
from effprof.core.cells import Cell
from effprof.core.errors import BadInput
from effprof.core.runs import MeasureOptions
from effprof.sweep.suite import (
    apply_overrides,
    expand,
    load_suite,
    suite_hash,
    suite_names,
)
from effprof.sweep.suite_file import LIMITS

PAPER_SIZES = {"a/b0": 224, "a/b1": 240, "a/r50": 224}
NATIVE_SIZES = {"a/b0": 224, "a/b1": 256, "a/r50": 224, "a/own": 64}


class Zoo:
    """Knows four models; `own` has no paper."""

    def canonical(self, name):
        full = name if name.startswith("a/") else f"a/{name}"
        if full not in NATIVE_SIZES:
            raise BadInput(f"unknown model {name!r}")
        return full

    def resolution(self, name, wanted):
        if isinstance(wanted, int):
            if wanted < 32:
                raise BadInput(f"{name}: {wanted} pixels are too few")
            return wanted, None
        if wanted == "paper" and name not in PAPER_SIZES:
            return NATIVE_SIZES[name], f"{name} has no paper size, native is used"
        return (PAPER_SIZES if wanted == "paper" else NATIVE_SIZES)[name], None

    def matching(self, pattern):
        return tuple(name for name in NATIVE_SIZES if fnmatchcase(name, f"a/{pattern}"))


class AnyZoo:
    """Believes every name."""

    def canonical(self, name):
        return name

    def resolution(self, name, wanted):
        return (wanted if isinstance(wanted, int) else 224), None


@pytest.fixture
def suite_of(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return load_suite(str(path))

    return write


@pytest.fixture
def plan(suite_of):
    def planned(text, **overrides):
        suite = apply_overrides(suite_of('reference = "r50"\n' + text), overrides)
        return expand(suite, Zoo())

    return planned


@pytest.fixture
def problems_of(suite_of, tmp_path):
    def problems(text):
        with pytest.raises(BadInput) as caught:
            suite_of(text)
        return str(caught.value).replace(f"{tmp_path}/", "").splitlines()

    return problems


def keys(expansion):
    return [cell.key for cell in expansion.cells]


# The suites that come with effprof.


def test_the_suites_of_the_documentation_are_there():
    assert {"cpu", "layout", "paper", "quick", "static", "train"} <= set(suite_names())


@pytest.mark.parametrize("name", suite_names())
def test_a_packaged_suite_is_valid_and_sweeps_its_reference(name):
    suite = load_suite(name)
    expansion = expand(suite, AnyZoo())
    assert suite.description
    # An interval comes from three processes; `static` measures nothing.
    assert suite.repeats >= 3 or name == "static"
    assert expansion.notes == ()
    assert expansion.reference in {cell.model for cell in expansion.cells}


@pytest.mark.parametrize("name", suite_names())
def test_a_packaged_suite_names_models_that_exist(name):
    from effprof.models.build import canonical_name

    cells = expand(load_suite(name), AnyZoo()).cells
    assert all(canonical_name(model) for model in {cell.model for cell in cells})


def test_quick_is_small_enough_for_a_laptop():
    suite = load_suite("quick")
    cells = expand(suite, AnyZoo()).cells
    # 7 models, 2 batches, 4 repeats: about seven seconds each make seven minutes; beside that two
    # models under the default allocator at batch 1, where cells are short.
    assert len(cells) * suite.repeats == 64
    assert suite.options.target_width == 0.02
    assert suite.options.time_cap_seconds <= 25


def test_first_answers_in_two_minutes():
    suite = load_suite("first")
    cells = expand(suite, AnyZoo()).cells
    # 3 models, 1 batch, 4 repeats: at most ten seconds each.
    assert len(cells) * suite.repeats == 12
    assert suite.options.time_cap_seconds <= 10


@pytest.mark.parametrize("name", ["first", "quick", "nightly"])
def test_two_runs_of_a_default_suite_are_enough_to_compare(name):
    # The rank test of compare cannot reach its level with three repeats on each side.
    assert load_suite(name).repeats >= 4


def test_paper_and_train_sweep_the_same_models():
    def models(name):
        return {cell.model for cell in expand(load_suite(name), AnyZoo()).cells}

    assert models("paper") == models("train")


# Expanding.


def test_missing_axes_take_their_defaults(plan):
    assert plan('[axes]\nmodel = "r50"').cells == (Cell("a/r50", 224),)


def test_models_vary_fastest_and_settings_slowest(plan):
    expansion = plan('[axes]\nmodel = ["b0", "r50"]\nbatch_size = [8, 1]\nprecision = ["fp32"]')
    assert keys(expansion) == [
        "a/b0@224 infer b8 fp32 nchw eager",
        "a/r50@224 infer b8 fp32 nchw eager",
        "a/b0@224 infer b1 fp32 nchw eager",
        "a/r50@224 infer b1 fp32 nchw eager",
    ]


def test_sizes_that_fall_together_are_one_cell(plan):
    expansion = plan('[axes]\nmodel = ["b1", "r50"]\nresolution = ["paper", "native", 224]')
    assert [(c.model, c.resolution) for c in expansion.cells] == [
        ("a/b1", 240),
        ("a/r50", 224),
        ("a/b1", 256),
        ("a/b1", 224),
    ]


def test_a_size_that_falls_back_is_noted_once(plan):
    expansion = plan('[axes]\nmodel = ["own", "r50"]\nresolution = "paper"\nbatch_size = [1, 8]')
    assert expansion.notes == ("a/own has no paper size, native is used",)
    assert expansion.cells[0] == Cell("a/own", 64)


def test_an_include_adds_a_grid_that_falls_back_to_the_axes(plan):
    expansion = plan(
        '[axes]\nmodel = ["b0", "r50"]\nbatch_size = [1, 8]\nthreads = 2\n'
        '[[include]]\nmodel = "b1"\nbatch_size = 8\n'
        '[[include]]\nmode = "train"\nbatch_size = 1\n'
    )
    assert keys(expansion) == [
        "a/b0@224 infer b1 fp32 nchw eager t2",
        "a/r50@224 infer b1 fp32 nchw eager t2",
        "a/b0@224 infer b8 fp32 nchw eager t2",
        "a/r50@224 infer b8 fp32 nchw eager t2",
        "a/b1@256 infer b8 fp32 nchw eager t2",
        "a/b0@224 train b1 fp32 nchw eager t2",
        "a/r50@224 train b1 fp32 nchw eager t2",
    ]


def test_an_included_model_stands_with_the_cells_it_is_compared_with(plan):
    expansion = plan(
        '[axes]\nmodel = ["b0", "r50"]\nbatch_size = [1, 8]\n[[include]]\nmodel = "b1"\n'
    )
    assert [c.batch_size for c in expansion.cells] == [1, 1, 1, 8, 8, 8]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ('model = "b*"', {("a/r50", 1), ("a/r50", 8)}),
        ('model = "a/b0"', {("a/b1", 1), ("a/b1", 8), ("a/r50", 1), ("a/r50", 8)}),
        ('model = "b?"\nbatch_size = 8', {("a/b0", 1), ("a/b1", 1), ("a/r50", 1), ("a/r50", 8)}),
        ('model = ["b0", "r*"]\nbatch_size = [1, 8]', {("a/b1", 1), ("a/b1", 8)}),
        ("resolution = 224", {("a/b1", 1), ("a/b1", 8)}),
        (
            'resolution = "paper"',
            {("a/b0", 1), ("a/b0", 8), ("a/b1", 1), ("a/b1", 8)} | {("a/r50", 1), ("a/r50", 8)},
        ),
        (
            'precision = "tf32"',
            {("a/b0", 1), ("a/b0", 8), ("a/b1", 1), ("a/b1", 8)} | {("a/r50", 1), ("a/r50", 8)},
        ),
    ],
)
def test_an_exclude_pattern_must_match_in_every_key(plan, pattern, left):
    expansion = plan(
        f'[axes]\nmodel = ["b0", "b1", "r50"]\nbatch_size = [1, 8]\n[[exclude]]\n{pattern}'
    )
    assert {(c.model, c.batch_size) for c in expansion.cells} == left


def test_a_size_can_be_excluded_by_its_name(plan):
    expansion = plan(
        '[axes]\nmodel = ["b1", "r50"]\nresolution = ["native", "paper"]\n'
        '[[exclude]]\nmodel = "b1"\nresolution = "native"'
    )
    assert [(c.model, c.resolution) for c in expansion.cells] == [("a/r50", 224), ("a/b1", 240)]


def test_two_names_of_one_model_are_one_cell(plan):
    assert len(plan('[axes]\nmodel = ["r50", "a/r50"]').cells) == 1


def test_flags_replace_axes_in_the_grid_and_in_includes(plan):
    expansion = plan(
        '[axes]\nmodel = ["b0", "r50"]\nbatch_size = [1, 8]\n[[include]]\nbatch_size = 64\n',
        model=["r50"],
        batch_size=[2],
    )
    assert keys(expansion) == ["a/r50@224 infer b2 fp32 nchw eager"]


def test_a_sweep_without_its_reference_says_so(plan):
    expansion = plan('[axes]\nmodel = "b0"')
    assert expansion.reference == "a/r50"
    assert expansion.notes == ("the reference a/r50 is not swept: no speed-up will be compared",)


def test_all_unknown_models_are_reported_at_once(plan):
    with pytest.raises(BadInput) as caught:
        plan('[axes]\nmodel = ["r51", "b0", "b9"]\nresolution = [8, 224]')
    assert str(caught.value).splitlines() == [
        "unknown model 'r51'",
        "unknown model 'b9'",
        "a/b0: 8 pixels are too few",
    ]


@pytest.mark.parametrize("text", ["", '[axes]\nmodel = "r50"\n[[exclude]]\nmodel = "*"'])
def test_a_suite_without_a_cell_is_refused(plan, text):
    with pytest.raises(BadInput, match="suite mine has no cell"):
        plan(text)


@given(
    st.fixed_dictionaries(
        {
            "model": st.lists(st.sampled_from(["b0", "b1", "r50", "a/r50"]), min_size=1),
            "resolution": st.lists(st.sampled_from(["native", "paper", 224]), min_size=1),
            "batch_size": st.lists(st.integers(1, 4), min_size=1),
            "execution": st.lists(st.sampled_from(AXES["execution"].choices), min_size=1),
        }
    )
)
def test_cells_are_unique_and_cover_the_grid(axes):
    cells = expand(apply_overrides(load_suite("quick"), axes), _ZooWithResNet()).cells
    assert len(set(cells)) == len(cells)
    assert {c.batch_size for c in cells} == set(axes["batch_size"])
    assert {c.execution for c in cells} == set(axes["execution"])
    assert {c.model for c in cells} == {Zoo().canonical(m) for m in axes["model"]}


class _ZooWithResNet(Zoo):
    def canonical(self, name):
        return super().canonical("r50" if name == "resnet50" else name)


# The hash.


def test_the_hash_names_the_plan():
    cells = (Cell("a/b0", 224), Cell("a/r50", 224))
    options = MeasureOptions()
    same = suite_hash(cells, 3, MeasureOptions())
    assert suite_hash(list(cells), 3, options) == same
    assert len(same) == 64
    others = {
        suite_hash(cells[:1], 3, options),
        suite_hash(cells[::-1], 3, options),
        suite_hash(cells, 4, options),
        suite_hash(cells, 3, replace(options, target_width=0.01)),
    }
    assert len(others | {same}) == 5


# Files.


def test_a_file_is_loaded_with_its_options(suite_of):
    suite = suite_of(
        'description = "d"\nreference = "r50"\nrepeats = 5\n'
        "[measure]\nmin_seconds = 2\ntarget_width = 0.1\nallow_busy = true\n"
        '[axes]\nmodel = "b0"\n'
    )
    assert (suite.name, suite.description, suite.reference, suite.repeats) == (
        "mine",
        "d",
        "r50",
        5,
    )
    assert suite.options == MeasureOptions(min_seconds=2, target_width=0.1, allow_busy=True)


def test_the_shortest_file_takes_every_default(suite_of):
    suite = suite_of('[axes]\nmodel = "b0"')
    assert (suite.reference, suite.repeats, suite.options) == ("resnet50", 3, MeasureOptions())


def test_duplicates_are_used_once_with_a_note(plan, tmp_path):
    expansion = plan('[axes]\nmodel = ["r50", "r50"]\n[[include]]\nbatch_size = [8, 8]')
    assert len(expansion.cells) == 2
    assert [note.removeprefix(f"{tmp_path}/") for note in expansion.notes] == [
        "mine.toml: axes.model: r50 is given more than once and used once",
        "mine.toml: include[0].batch_size: 8 is given more than once and used once",
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("repeats = 3\nx y", "mine.toml:2:3: "),
        ("[axes]\nmodel = [", "mine.toml:2:10: "),
        ("repeats = 3\nrepeats = 4\n", "mine.toml:2:12: "),
    ],
)
def test_a_slip_in_the_toml_is_placed(problems_of, text, place):
    assert problems_of(text)[0].startswith(place)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("repaets = 3", "repaets: unknown key; did you mean repeats"),
        ("[axes]\nbatch_sizes = 1", "axes.batch_sizes: unknown key; did you mean batch_size?"),
        ("[measure]\ntarget = 1", "measure.target: unknown key; did you mean target_width"),
        ("[[include]]\nxyzzy = 1", "include[0].xyzzy: unknown key; known here are model, "),
        ("[[exclude]]\nmodes = 1", "exclude[0].modes: unknown key; did you mean mode"),
        ("[axes]\nbatch_size = [1, 8, 0]", "axes.batch_size[2]: '0' is not a batch size"),
        ("[axes]\nbatch_size = [1, 8.0]", "axes.batch_size[1]: 8.0 is neither a text nor"),
        ("[axes]\nbatch_size = [true]", "axes.batch_size[0]: True is neither a text nor"),
        ("[axes]\nmode = []", "axes.mode: empty"),
        ('[axes]\nmode = "infre"', "axes.mode[0]: 'infre' is not one of infer, train; did you"),
        ("axes = 3", "axes: should be a valid dictionary"),
        ("include = 3", "include: should be a valid list, not 3"),
        ('reference = ""', "reference: empty"),
        ("repeats = -1", "repeats: should be greater than or equal to 0, not -1"),
        ("repeats = 2.5", "repeats: should be a valid integer, not 2.5"),
        ("[measure]\ntarget_width = 2", "measure.target_width: should be less than 1, not 2"),
        ("[measure]\nmin_seconds = -1", "measure.min_seconds: should be greater than or equal to"),
        ("[measure]\nmin_seconds = nan", "measure.min_seconds: should be a finite number"),
        ("[measure]\nallow_busy = 1", "measure.allow_busy: should be a valid boolean, not 1"),
        ("[[exclude]]", "exclude[0]: names no axis and would exclude all"),
    ],
)
def test_a_bad_key_or_value_is_named(problems_of, text, problem):
    assert problems_of(text)[0].startswith(f"mine.toml: {problem}")


def test_all_problems_of_a_file_are_reported_at_once(problems_of):
    problems = problems_of(
        'repaets = 1\n[axes]\nbatch_size = [0, -1, 8]\nprecision = "fp61"\nnodel = "b0"\n'
        "[measure]\nmin_samples = 0\n[[include]]\nthreads = 0\n[[exclude]]\nmodle = 1\n"
    )
    assert sorted(line.split(": ")[1] for line in problems) == [
        "axes.batch_size[0]",
        "axes.batch_size[1]",
        "axes.nodel",
        "axes.precision[0]",
        "exclude[0].modle",
        "include[0].threads[0]",
        "measure.min_samples",
        "repaets",
    ]


def test_every_limit_belongs_to_an_option():
    assert LIMITS.keys() <= {f.name for f in fields(MeasureOptions)}


def test_an_unknown_suite_lists_those_there_are():
    with pytest.raises(BadInput) as caught:
        load_suite("papr")
    assert str(caught.value) == (
        f"unknown suite 'papr'; there are {', '.join(suite_names())}, and your own as FILE.toml"
        "; did you mean paper?"
    )


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"cannot read suite .*none\.toml: No such file"):
        load_suite(str(tmp_path / "none.toml"))


def test_a_folder_is_not_a_suite(tmp_path):
    with pytest.raises(BadInput, match="Is a directory"):
        load_suite(str(tmp_path))


def test_a_file_that_is_not_text_is_named(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_bytes(b"a = '\xff'")
    with pytest.raises(BadInput, match=r"odd\.toml: not UTF-8 text \(byte 5\)"):
        load_suite(str(path))


def test_a_glob_takes_all_that_fit_each_once_and_says_how_many(suite_of):
    text = 'reference = "r50"\n[axes]\nmodel = ["b1", "b*", "r50"]\nresolution = 64\n'
    found = expand(suite_of(text), Zoo())
    assert [cell.model for cell in found.cells] == ["a/b1", "a/b0", "a/r50"]
    assert "'b*' takes 2 networks: a/b0, a/b1" in found.notes
    with pytest.raises(BadInput, match=r"no model of timm or torchvision matches 'x\*'"):
        expand(suite_of(text.replace("b*", "x*")), Zoo())
