"""`effprof profile`: rows from profiles, the text they make, and the installed command."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from effprof.analysis.profile_tables import (
    ITSELF,
    compare_roles,
    coverage,
    differing_parts,
    leaves,
    module_tree,
    op_rows,
    role_rows,
)
from effprof.cli import profile_run
from effprof.cli.main import build_app
from effprof.cli.profile_comparison import comparison_sentences, comparison_table, culprit
from effprof.cli.profile_document import cell_document
from effprof.cli.profile_layout import Style
from effprof.cli.profile_text import headline, method_lines, module_table, op_table, role_table
from effprof.core.cells import Cell
from effprof.core.costs import Cost, StaticCost, cost_key
from effprof.core.errors import BadInput
from effprof.core.outcomes import Failure
from effprof.core.profiles import OpTime, Profile
from effprof.device.target import Target
from effprof.sweep import tasks
from effprof.sweep.suite import expand
from tests import jobs
from tests.runs import fingerprint, measurement

TINY = f"{Path(jobs.__file__)}:tiny"
SMALL = ("timm/mobilenetv3_small_050", "--resolution", "64", "--cpu", "--allow-busy")

CELL = Cell("timm/net", 32)

PIPE = Style(terminal=False)


def op(name, role, module, ms, counted=False, kernels=()):
    return OpTime(name, "forward", role, module, ms * 1e-3, counted, kernels)


#: A stem, a block with squeeze-and-excitation and a residual, a head: 10 ms in operators.
OPS = (
    op("convolution", "dense conv", "stem", 2.0, True, ("onednn",)),
    op("silu_", "activation", "stem_act", 1.0),
    op("convolution", "depthwise conv", "blocks.0.dw", 2.5, True, ("thnn",)),
    op("mean", "SE squeeze", "blocks.0.se", 0.3),
    op("convolution", "SE FC", "blocks.0.se.reduce", 0.15, True, ("thnn",)),
    op("convolution", "SE FC", "blocks.0.se.expand", 0.15, True, ("thnn",)),
    op("sigmoid", "SE gate", "blocks.0.se.gate", 0.0001),
    op("mul", "SE scale", "blocks.0.se", 0.3999),
    op("convolution", "pointwise conv", "blocks.0.pw", 3.0, True, ("onednn", "onednn")),
    op("add", "residual add", "blocks.0", 0.3),
    op("addmm", "classifier", "head", 0.1, True),
    op("softmax", "unattributed", "", 0.1),
)


def profile(ops=OPS, **fields):
    return Profile(
        **{
            "method": "dispatch clock",
            "status": "profiled",
            "steps": 5,
            "ops": ops,
            "wall_seconds": 0.0125,
            "plain_seconds": 0.0102,
        }
        | fields
    )


COST = StaticCost(
    "timm/net", 32, "infer", 1, "float32", 1000,
    total=Cost(12, 1000),
    by_role={"dense conv": Cost(1, 200), "depthwise conv": Cost(1, 90),
             "pointwise conv": Cost(1, 700), "SE FC": Cost(2, 10), "norm": Cost(1)},
)  # fmt: skip


def text_of(table, width=100):
    console = Console(width=width, file=None, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def table_rows(text):
    """Cells of a table that was printed, a list per row; the first may hold lines of a tree."""
    (heading,) = [line for line in text.splitlines() if line.startswith("┃")]
    columns = heading.count("┃") - 1
    lines = [line[1:-1] for line in text.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.rsplit("│", columns - 1)] for line in lines]


def test_roles_modules_and_operators_sum_to_the_total():
    one = profile()
    expected = pytest.approx(one.op_seconds)
    assert sum(row.part.seconds for row in role_rows(one)) == expected
    assert sum(row.part.seconds for row in op_rows(one)) == expected
    for depth in (1, 2, 5):
        tree = module_tree(one, depth)
        assert tree.part.seconds == expected
        assert sum(leaf.part.seconds for leaf in leaves(tree)) == expected
        assert sum(leaf.part.calls for leaf in leaves(tree)) == len(OPS)
    assert sum(row.part.share for row in role_rows(one)) == pytest.approx(1)


def test_every_module_is_the_sum_of_its_children():
    def numbers(node):
        part = node.part
        return part.calls, part.seconds, part.share, node.squeeze_excite, node.invisible

    pending = [module_tree(profile(), 9)]
    while pending:
        node = pending.pop()
        pending += node.children
        if node.children:
            together = [sum(column) for column in zip(*map(numbers, node.children), strict=True)]
            assert together == pytest.approx(numbers(node))


def test_what_a_module_does_itself_is_a_child_of_its_own():
    tree = module_tree(profile(), 2)
    assert [child.name for child in tree.children] == ["stem", "stem_act", "blocks", "head", ITSELF]
    (block,) = tree.children[2].children
    assert (block.path, block.name, block.children) == ("blocks.0", "0", ())
    deeper = module_tree(profile(), 3).children[2].children[0]
    assert [child.path for child in deeper.children][-2:] == ["blocks.0.pw", "blocks.0"]
    assert deeper.children[-1].part.seconds == pytest.approx(0.3e-3)
    paths = [leaf.path for leaf in leaves(module_tree(profile(), 9))]
    assert len(paths) == len(set(paths))


def test_modules_that_are_nothing_but_se_are_highlighted():
    found = {leaf.path for leaf in leaves(module_tree(profile(), 3)) if leaf.highlighted}
    assert found == {"blocks.0.se"}


def test_a_module_whose_name_begins_as_its_neighbours_stays_apart():
    ops = (
        op("mul", "other", "act", 1),
        op("mul", "other", "act1.x", 2),
        op("mul", "other", "a", 4),
    )
    names = {leaf.path: leaf.part.seconds * 1e3 for leaf in leaves(module_tree(profile(ops), 1))}
    assert names == pytest.approx({"act": 1, "act1": 2, "a": 4})


def test_sigmoids_stand_out_wherever_they_are_and_log_sigmoid_is_none():
    ops = tuple(
        op(name, "activation", "m", 1)
        for name in ("sigmoid", "hardsigmoid_", "sigmoid_backward", "log_sigmoid", "silu")
    )
    marked = {row.op for row in op_rows(profile(ops)) if row.highlighted}
    assert marked == {"sigmoid", "hardsigmoid_", "sigmoid_backward"}


def test_operators_on_other_kernels_are_other_rows():
    rows = {(row.op, row.kernels): row.part.calls for row in op_rows(profile())}
    assert rows["convolution", ("onednn",)] == 1
    assert rows["convolution", ("onednn", "onednn")] == 1
    assert len([row for row in op_rows(profile()) if row.op == "convolution"]) == 4


def test_the_headline_says_what_flops_do_not_see():
    assert headline("timm/net@32 infer b1 fp32 nchw eager", profile()) == (
        "timm/net@32 infer b1 fp32 nchw eager: 10.2 ms a step;"
        " 21 % of the operators' time is invisible to FLOPs; SE 10 %, its sigmoid gate 0.0010 %"
    )
    plain = tuple(one for one in OPS if not one.role.startswith("SE"))
    assert headline("k", profile(plain)).endswith("; no SE")


def test_a_profile_without_device_events_is_labelled_and_never_zero():
    empty = profile((), status="no_device_events", reason="CUPTI gave no kernels")
    assert headline("k", empty) == "k: 10.2 ms a step; no_device_events: CUPTI gave no kernels"
    document = cell_document(CELL, COST, measurement(0.01, profile=empty), 2)
    assert (document["profile_status"], document["op_seconds"]) == ("no_device_events", None)
    assert (document["coverage"], document["flop_invisible_share"]) == (None, None)
    assert document["step_seconds"] == 0.0102


def test_the_lines_of_the_method_say_what_profiling_cost_and_missed():
    kernels = profile(method="torch.profiler", kernel_count=240, busy_seconds=0.0051)
    assert method_lines(kernels) == (
        "method: torch.profiler, medians over 5 steps; a profiled step took 12.5 ms (+23 %)",
        "coverage: operators sum to 98 % of the plain step; unattributed: 1.0 %",
        "device: 240 kernels, busy 50 % of the plain step",
    )
    clocked = profile(kernel_count=12, busy_seconds=0.01)
    assert method_lines(clocked) == (
        "method: dispatch clock, medians over 5 steps; a profiled step took 12.5 ms"
        " (+23 %, between the operators)",
        "coverage: operators sum to 98 % of the plain step; unattributed: 1.0 %",
    )
    assert coverage(profile()) == pytest.approx(10 / 10.2)


@pytest.mark.parametrize(("plain", "doubtful"), [(0.0112, True), (0.0105, False), (0.009, True)])
def test_operators_that_do_not_sum_to_the_plain_step_are_doubtful(plain, doubtful):
    lines = method_lines(profile(plain_seconds=plain))
    assert any(line.startswith("doubtful: ") for line in lines) == doubtful
    # A device may idle between kernels: that is a finding, not a fault of the profile.
    kernels = method_lines(profile(plain_seconds=plain, method="torch.profiler"))
    assert not any(line.startswith("doubtful: ") for line in kernels)


def test_the_table_of_roles_shows_the_share_of_macs_beside_that_of_time():
    assert table_rows(text_of(role_table(role_rows(profile(), COST), PIPE))) == [
        ["pointwise conv", "1", "3.000", "30 %", "70 %", "████████████████████"],
        ["depthwise conv", "1", "2.500", "25 %", "9.0 %", "████████████████▋"],
        ["dense conv", "1", "2.000", "20 %", "20 %", "█████████████▍"],
        ["activation", "1", "1.000", "10 %", "0 %", "██████▋"],
        ["SE scale *", "1", "0.400", "4.0 %", "0 %", "██▋"],
        ["SE squeeze *", "1", "0.300", "3.0 %", "0 %", "██"],
        ["SE FC *", "2", "0.300", "3.0 %", "1.0 %", "██"],
        ["residual add", "1", "0.300", "3.0 %", "0 %", "██"],
        ["classifier", "1", "0.100", "1.0 %", "0 %", "▋"],
        ["unattributed", "1", "0.100", "1.0 %", "–", "▋"],
        ["SE gate *", "1", "<0.001", "0.0010 %", "0 %", "▏"],
        ["all operators", "12", "10.000", "100 %", "", ""],
    ]


def test_the_table_of_modules_is_a_tree():
    text = text_of(module_table("timm/net", module_tree(profile(), 3), PIPE))
    assert table_rows(text) == [
        ["timm/net", "12", "10.000", "100 %", "21 %", "10 %"],
        ["├─ stem", "1", "2.000", "20 %", "0 %", "0 %"],
        ["├─ stem_act", "1", "1.000", "10 %", "100 %", "0 %"],
        ["├─ blocks", "8", "6.800", "68 %", "15 %", "15 %"],
        ["│  └─ 0", "8", "6.800", "68 %", "15 %", "15 %"],
        ["│     ├─ dw", "1", "2.500", "25 %", "0 %", "0 %"],
        ["│     ├─ se *", "5", "1.000", "10 %", "70 %", "100 %"],
        ["│     ├─ pw", "1", "3.000", "30 %", "0 %", "0 %"],
        ["│     └─ (itself)", "1", "0.300", "3.0 %", "100 %", "0 %"],
        ["├─ head", "1", "0.100", "1.0 %", "0 %", "0 %"],
        ["└─ (itself)", "1", "0.100", "1.0 %", "100 %", "0 %"],
    ]


def test_the_table_of_operators_names_the_top_and_sums_the_rest():
    text = text_of(op_table(op_rows(profile()), 5, PIPE))
    assert text.startswith("by kernel")
    assert table_rows(text) == [
        ["convolution", "pointwise conv", "2x onednn", "1", "3.000", "30 %"],
        ["convolution", "depthwise conv", "thnn", "1", "2.500", "25 %"],
        ["convolution", "dense conv", "onednn", "1", "2.000", "20 %"],
        ["silu_", "activation", "–", "1", "1.000", "10 %"],
        ["mul *", "SE scale", "–", "1", "0.400", "4.0 %"],
        ["6 more", "", "", "7", "1.100", "11 %"],
    ]


def test_without_known_kernels_there_is_no_column_of_them():
    bare = profile(tuple(replace(one, kernels=()) for one in OPS))
    text = text_of(op_table(op_rows(bare), 99, PIPE))
    assert text.startswith("by operator")
    assert "kernels" not in text
    assert "more" not in text


def test_a_terminal_shows_colours_instead_of_marks():
    console = Console(width=100, force_terminal=True, color_system="standard")
    with console.capture() as captured:
        console.print(role_table(role_rows(profile()), Style(terminal=True)))
    text = captured.get()
    assert "*" not in text
    coloured = {line for line in text.splitlines() if "\x1b[1;35m" in line}
    assert coloured == {line for line in text.splitlines() if "SE " in line}


def without_se(factor=1.0):
    ops = [one for one in OPS if not one.role.startswith("SE")]
    return profile(
        tuple(replace(one, seconds=one.seconds * factor) for one in ops), plain_seconds=0.0085
    )


def test_a_comparison_puts_both_models_and_the_difference_side_by_side():
    rows = compare_roles(without_se(0.9), profile())
    table = table_rows(text_of(comparison_table(("timm/a", "timm/b"), rows, PIPE)))
    assert table[0] == ["SE scale *", "–", "–", "0.400", "4.0 %", "+0.400"]
    assert ["pointwise conv", "2.700", "33 %", "3.000", "30 %", "+0.300"] in table
    assert table[-1] == ["all operators", "8.100", "", "10.000", "", "+1.900"]
    assert sum(row.seconds for row in rows) == pytest.approx(0.0019)
    assert sum(differing_parts(rows).values()) == pytest.approx(0.0019)


def test_the_sentences_name_the_role_that_makes_the_difference():
    one, other = without_se(0.9), profile()
    rows = compare_roles(one, other)
    assert comparison_sentences(("timm/a", "timm/b"), (one, other), 1.1, rows) == (
        "B (timm/b) takes 1.20x the time of A (timm/a) with 1.10x the MACs:"
        " 10.2 ms against 8.50 ms a step",
        "SE makes the largest difference: +1.00 ms of +1.90 ms in operators (53 %),"
        " then pointwise conv +300 µs, depthwise conv +250 µs",
    )
    back = culprit(compare_roles(other, one))
    assert back.startswith("SE makes the largest difference: -1.00 ms of -1.90 ms")


def test_equal_times_have_no_culprit():
    rows = compare_roles(without_se(), without_se(1.01))
    assert culprit(rows) == (
        "the operators of both take the same time within 2.0 %;"
        " the largest change of a role is pointwise conv +30.0 µs"
    )


def test_json_of_a_cell_holds_every_operator_and_sums():
    document = cell_document(CELL, COST, measurement(0.01, profile=profile()), 2)
    json.dumps(document, allow_nan=False)
    assert document["cell"] == CELL.key
    assert len(document["ops"]) == len(OPS)
    for split in ("by_role", "by_module", "by_kernel"):
        total = sum(row["seconds"] for row in document[split])
        assert total == pytest.approx(document["op_seconds"])
    assert document["squeeze_excite_share"] == pytest.approx(0.1)
    assert document["unattributed_share"] == pytest.approx(0.01)


def test_json_says_why_there_is_no_profile():
    failed = cell_document(CELL, COST, Failure("oom", "no memory"), 2)
    assert (failed["status"], failed["reason"]) == ("oom", "no memory")
    assert "op_seconds" not in failed
    missing = measurement(0.01)
    missing.missing["profile"] = "a CUDA graph hides it"
    document = cell_document(CELL, COST, missing, 2)
    assert document["profile_status"] == "missing"
    assert document["profile_reason"] == "a CUDA graph hides it"


GPUS = tuple(Target("cuda", "Some GPU", "asked for", i, f"GPU-{i}") for i in range(2))


class FakeWorkers:
    """Workers on a machine with GPUs: every model exists, and outcomes are those given."""

    def __init__(self, gpus, *outcomes):
        self._gpus = gpus
        self._outcomes = list(outcomes)
        self.asked = []

    def start(self):
        pass

    def call(self, function, *arguments, timeout, listener=None):
        return getattr(self, function.__name__)(*arguments)

    def resolve_suite(self, suite):
        return expand(suite, self)

    def canonical(self, name):
        return f"timm/{name}"

    def resolution(self, name, wanted):
        return 32, None

    def find_targets(self, gpu, cpu):
        return tuple((target, fingerprint()) for target in self._gpus)

    def count_costs(self, cells):
        keys = dict.fromkeys(cost_key(cell) for cell in cells)
        costs = tuple(
            replace(COST, model=model, resolution=size, mode=mode, batch_size=batch, dtype=dtype)
            for model, size, mode, batch, dtype in keys
        )
        return tasks.CountedCosts(costs, ())

    def profile(self, cell, target, options, method, trace):
        self.asked.append(
            (cell.model, cell.batch_size, target.kind, options.profile, method, trace)
        )
        return self._outcomes.pop(0)


@pytest.fixture
def command(monkeypatch):
    """Run `effprof profile` in this process on fake workers; its status, or the error raised."""

    def run(workers, *arguments):
        monkeypatch.setattr(profile_run, "Workers", lambda: workers)
        result = CliRunner().invoke(build_app(), ["profile", *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


KERNELS = measurement(
    0.01, profile=profile(method="torch.profiler", kernel_count=240, busy_seconds=0.0051)
)
NO_EVENTS = measurement(0.01, profile=profile((), status="no_device_events", reason="no CUPTI"))
UNPROFILED = replace(measurement(0.01), missing={"profile": "a CUDA graph hides it"})


def test_a_gpu_is_profiled_by_its_kernels(command):
    workers = FakeWorkers(GPUS[:1], KERNELS)
    done = command(workers, "net", "--method", "profiler")
    assert done.exit_code == 0
    assert done.stderr.startswith("device: GPU 0 = Some GPU, GPU-0 (asked for)")
    assert workers.asked == [("timm/net", 1, "cuda", True, "profiler", None)]
    assert "device: 240 kernels, busy 50 % of the plain step" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--gpu", "all"], "profile one of the 2 GPUs at a time"),
        (["--gpu", "0", "--method", "clock"], "does not see when a GPU is done"),
    ],
)
def test_what_a_gpu_cannot_do_is_refused_before_it_is_touched(command, arguments, told):
    workers = FakeWorkers(GPUS if "all" in arguments else GPUS[:1])
    with pytest.raises(BadInput, match=told):
        command(workers, "net", *arguments)
    assert workers.asked == []


@pytest.mark.parametrize(
    ("outcome", "status", "told"),
    [
        (Failure("oom", "CUDA out of memory"), 0, "oom: CUDA out of memory"),
        (Failure("unsupported", "no such mode"), 0, "unsupported: no such mode"),
        (Failure("timeout", "no result after 900 s"), 3, "timeout: no result after 900 s"),
        (Failure("cuda_error", "illegal access"), 3, "cuda_error: illegal access"),
        (UNPROFILED, 0, "no profile: a CUDA graph hides it"),
        (NO_EVENTS, 0, "10.2 ms a step; no_device_events: no CUPTI"),
    ],
)
def test_without_a_profile_the_reason_is_the_answer(command, tmp_path, outcome, status, told):
    trace = str(tmp_path / "t.json.gz")
    done = command(FakeWorkers(GPUS[:1], outcome), "net", "--trace", trace)
    assert (done.exit_code, done.stdout.count("\n")) == (status, 1)
    assert done.stdout.strip() == f"timm/net@32 infer b1 fp32 nchw eager: {told}"
    written = "trace: none was written" not in done.stderr
    assert written == (outcome is NO_EVENTS)


def test_batches_beyond_an_oom_are_skipped_and_the_others_shown(command):
    workers = FakeWorkers(GPUS[:1], KERNELS, Failure("oom", "no memory"))
    done = command(workers, "net", "--batch-size", "1,8,64", "--by", "role")
    assert done.exit_code == 0
    assert [batch for _, batch, *_ in workers.asked] == [1, 8]
    assert "b8 fp32 nchw eager: oom: no memory" in done.stdout
    assert "b64 fp32 nchw eager: skipped: larger than an OOM" in done.stdout
    assert "pointwise conv" in done.stdout


def test_models_are_compared_batch_by_batch(command):
    slower = replace(KERNELS, profile=replace(KERNELS.profile, plain_seconds=0.0204))
    workers = FakeWorkers(GPUS[:1], KERNELS, slower, KERNELS, NO_EVENTS)
    done = command(workers, "a", "--compare", "b", "--batch-size", "1,8")
    assert [asked[:2] for asked in workers.asked] == [
        ("timm/a", 1), ("timm/b", 1), ("timm/a", 8), ("timm/b", 8)
    ]  # fmt: skip
    assert "B (timm/b) takes 2.00x the time of A (timm/a) with 1.00x the MACs" in done.stdout
    assert "nothing to compare: a profile is missing" in done.stdout
    assert done.stdout.count("all operators") == 1


def test_json_compares_only_where_both_models_have_a_profile(command):
    workers = FakeWorkers(GPUS[:1], KERNELS, KERNELS, KERNELS, NO_EVENTS)
    done = command(workers, "a", "--compare", "b", "--batch-size", "1,8", "--json")
    document = json.loads(done.stdout, parse_constant=pytest.fail)
    assert len(document["profiles"]) == 4
    (comparison,) = document["comparisons"]
    assert comparison["other"] == "timm/b@32 infer b1 fp32 nchw eager"
    assert {row["difference_seconds"] for row in comparison["by_role"]} == {0.0}


def test_a_batch_size_named_twice_is_profiled_once_aloud(command):
    done = command(FakeWorkers(GPUS[:1], KERNELS), "net", "--batch-size", "4,4")
    assert "note: --batch-size: 4 is given more than once and used once" in done.stderr


def test_samples_that_may_not_be_believed_are_called_invalid(command):
    outcome = replace(KERNELS, invalid_reasons=("throttled: let it cool",))
    done = command(FakeWorkers(GPUS[:1], outcome), "net")
    assert "INVALID timm/net@32 infer b1 fp32 nchw eager: throttled: let it cool" in done.stderr


def test_the_installed_command_shows_every_table(effprof):
    done = effprof("profile", *SMALL)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("device: ")
    assert "(asked for with --cpu)" in done.stderr.splitlines()[0]
    first = done.stdout.splitlines()[0]
    assert first.startswith("timm/mobilenetv3_small_050@64 infer b1 fp32 nchw eager: ")
    assert "invisible to FLOPs; SE " in first
    for told in (
        "by role",
        "by module",
        "depthwise conv",
        "SE FC *",
        "blocks",
        "hardswish_",
        "method: dispatch clock",
        "coverage: operators sum to",
        "unattributed: ",
    ):
        assert told in done.stdout  # fmt: skip


def test_the_installed_command_prints_one_json_document(effprof):
    done = effprof("profile", *SMALL, "--batch-size", "1,2", "--mode", "train", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout, parse_constant=pytest.fail)
    assert document["fingerprint"]["gating"]["device kind"] == "cpu"
    one, two = document["profiles"]
    assert (one["batch_size"], two["batch_size"]) == (1, 2)
    assert two["status"] == "measured"
    assert two["profile_status"] == "profiled"
    assert {op["phase"] for op in two["ops"]} == {"forward", "backward", "optimizer"}
    assert sum(row["seconds"] for row in two["by_role"]) == pytest.approx(two["op_seconds"])


def test_the_installed_command_compares_two_models(effprof):
    done = effprof("profile", *SMALL, "--compare", "timm/resnet18", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    (comparison,) = document["comparisons"]
    assert comparison["one"].startswith("timm/mobilenetv3_small_050@64")
    assert comparison["other"].startswith("timm/resnet18@64")
    roles = {row["role"]: row for row in comparison["by_role"]}
    assert roles["SE FC"]["other"] is None
    assert roles["dense conv"]["difference_seconds"] > 0
    for line, side in zip(document["profiles"], ("one", "other"), strict=True):
        parts = [row[side]["seconds"] for row in comparison["by_role"] if row[side]]
        assert sum(parts) == pytest.approx(line["op_seconds"])


def test_the_comparison_is_one_table_and_a_sentence(effprof):
    done = effprof("profile", TINY, "--compare", "timm/mobilenetv3_small_050", *SMALL[1:])
    assert done.returncode == 0, done.stderr
    assert "B - A ms" in done.stdout
    assert "makes the largest difference: +" in done.stdout
    assert "by module" not in done.stdout


@pytest.mark.parametrize("suffix", [".json.gz", ".json"])
def test_a_trace_opens_as_a_chrome_trace(effprof, tmp_path, suffix):
    name = f"tiny{suffix}"
    done = effprof("profile", TINY, *SMALL[1:], "--by", "role", "--trace", name)
    assert done.returncode == 0, done.stderr
    assert f"trace: {name}" in done.stderr
    opened = gzip.open if suffix.endswith(".gz") else open
    with opened(tmp_path / name, "rt", encoding="utf-8") as file:
        document = json.load(file)
    names = {event.get("name", "") for event in document["traceEvents"]}
    assert any("conv" in name for name in names)


@pytest.mark.parametrize(
    ("model", "status", "told"),
    [("out_of_memory", 0, "oom: out of host memory"), ("killed", 3, "crashed: SIGKILL")],
)
def test_a_cell_that_fails_is_told_with_its_reason(effprof, model, status, told):
    name = TINY.replace(":tiny", f":{model}")
    done = effprof("profile", name, *SMALL[1:], "--batch-size", "4")
    assert done.returncode == status, done.stderr
    assert told in done.stdout
    assert " ms a step" not in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["resnet5O", "--cpu"], 2, ["'resnet5O'", "did you mean resnet50"]),
        (["resnet18", "--compare", "resnet5O", "--cpu"], 2, ["did you mean resnet50"]),
        (["resnet18", "--compare", "timm/resnet18", "--cpu"], 2, ["timm/resnet18 itself"]),
        (["resnet18", "--compare", "resnet50", "--by", "kernel"], 2, ["leave --by kernel out"]),
        (
            ["resnet18", "--batch-size", "0", "--by", "rol", "--method", "clok", "--mode", "trian"],
            2,
            ["--batch-size: '0'", "did you mean role", "did you mean clock", "did you mean train"],
        ),
        (["resnet18", "--depth", "0", "--top", "-1"], 2, ["--depth: 0", "--top: -1"]),
        (["resnet18", "--method", "clock", "--execution", "compile"], 2, ["eager steps only"]),
        (["resnet18", "--threads", "1,2"], 2, ["--threads: '1,2' holds several values"]),
        (["resnet18", "--gpu", "0", "--cpu"], 2, ["exclude each other"]),
        (["res net"], 2, ["MODEL: 'res net'"]),
        (["resnet18", "--trace", "x.txt"], 2, ["x.txt must end in .json.gz or .json"]),
        (["resnet18", "--trace", "x.json", "--batch-size", "1,2"], 2, ["one model at one batch"]),
        (["resnet18", "--trace", "nowhere/x.json.gz"], 74, ["nowhere/x.json.gz", "No such file"]),
        (["resnet18", "--resolution", "8", "--cpu", "--mode", "evaluate"], 2, ["'evaluate'"]),
    ],
)
def test_bad_input_is_refused_and_nothing_is_run(effprof, tmp_path, arguments, status, told):
    done = effprof("profile", *arguments)
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert "device: " not in done.stderr
    for text in told:
        assert text in done.stderr
    assert list(tmp_path.iterdir()) == []
