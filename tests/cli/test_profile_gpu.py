"""`effprof profile` on machines that tests do not have: what is asked of GPUs, what is told."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.costs import cost_key
from effprof.core.errors import BadInput
from effprof.core.outcomes import Failure
from effprof.device.target import Target
from effprof.session import sweeps
from effprof.sweep import tasks
from effprof.sweep.suite import expand
from tests.cli.printed import as_text
from tests.runs import fingerprint, measurement
from tests.small_profile import COST, profile

GPUS = tuple(Target("cuda", "Some GPU", "asked for", i, f"GPU-{i}") for i in range(2))


class FakeWorkers:
    """Workers on a machine with GPUs: every model exists, and outcomes are those given."""

    def __init__(self, gpus, *outcomes):
        self._gpus = gpus
        self._outcomes = list(outcomes)
        self.asked = []

    def start(self):
        pass

    def call(self, function, *arguments, timeout, listener=None, allocator="kept"):
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
        monkeypatch.setattr(sweeps, "Workers", lambda objects: workers)
        result = CliRunner().invoke(build_app(), ["profile", *as_text(*arguments)])
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
    assert done.stderr.startswith("loading torch…\ndevice: GPU 0 = Some GPU, GPU-0 (asked for)")
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
    assert done.exit_code == 3
    assert done.stdout.startswith("INVALID: timm/net@32 infer b1 fp32 nchw eager: ")
    assert "by role (INVALID)\n" in done.stdout


class Uncountable(FakeWorkers):
    """The same, where no model runs on the meta device."""

    def count_costs(self, cells):
        return tasks.CountedCosts((), ("no static cost, so no promise: timm/net: no meta",))


def test_a_model_that_cannot_be_counted_is_profiled_all_the_same(command):
    done = command(Uncountable(GPUS[:1], KERNELS), "net")
    assert done.exit_code == 0
    assert "note: no static cost, so no promise: timm/net: no meta" in done.stderr
    assert "pointwise conv" in done.stdout
    both = command(Uncountable(GPUS[:1], KERNELS, KERNELS), "a", "--compare", "b")
    assert "B (timm/b) takes 1.00x the time of A (timm/a) with – the MACs" in both.stdout
    document = json.loads(command(Uncountable(GPUS[:1], KERNELS), "net", "--json").stdout)
    assert document["profiles"][0]["macs_per_step"] is None
    assert document["profiles"][0]["by_role"]
