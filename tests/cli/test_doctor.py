"""`effprof doctor` through the installed command, and on machines with GPUs that are made up."""

import json
import os

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.outcomes import Failure
from effprof.device.examine import Check
from effprof.device.examine_gpu import Start, examine_gpu
from effprof.device.nvml import Nvml
from effprof.device.target import Target
from tests.cli.printed import as_text
from tests.device.fake_nvml import FakeNvml

UUID = "GPU-01234567-89ab-cdef-0123-456789abcdef"


def test_every_point_stands_somewhere_and_trouble_comes_with_a_remedy(effprof):
    done = effprof("doctor", "--json")
    assert done.returncode == 0, done.stderr
    findings = json.loads(done.stdout)["findings"]
    points = [finding["point"] for finding in findings]
    assert {"torch", "GPU", "NVML", "profiler", "CPU", "clocks", "load", "store"} <= set(points)
    assert {"shared memory", "compilers"} <= set(points)
    for finding in findings:
        assert finding["found"]
        assert finding["standing"] == "good" or finding["remedy"]
    gpus = next(finding for finding in findings if finding["point"] == "GPU")
    # A machine without a GPU has no rows of one.
    assert any(p.startswith("GPU ") for p in points) == (gpus["standing"] == "good")


def too_wide(text):
    """Lines beyond 80 columns, but for a path alone on its line, which is never cut."""
    return [line for line in text.splitlines() if len(line) > 80 and len(line.split()) > 1]


def test_the_table_fits_where_it_is_pasted(effprof):
    done = effprof("doctor", "--text", COLUMNS="80")
    assert done.returncode == 0, done.stderr
    assert too_wide(done.stdout) == []


def test_a_broken_store_is_found_and_told(here, tmp_path):
    (tmp_path / "broken.sqlite").write_text("this is no database, whatever it is called" * 100)
    done = here("doctor", "--store", "broken.sqlite")
    assert done.returncode == 74
    assert "broken.sqlite" in done.stdout
    assert "--store" in done.stdout


class FakeWorkers:
    """Workers on a machine with two GPUs, of which the second takes its worker down."""

    def start(self):
        pass

    def call(self, function, *arguments, timeout):
        return getattr(self, function.__name__)(*arguments)

    def examine_machine(self):
        gpus = tuple(Target("cuda", "H200", "asked for", i, UUID) for i in range(2))
        return (Check("torch", "good", "2.14.1"),), gpus

    def examine_gpu(self, target, asked_at):
        assert asked_at > 0
        if target.index == 1:
            return Failure("crashed", "SIGSEGV")
        fake = FakeNvml(raising=["nvmlDeviceGetEccMode"], pids=(os.getpid(),))
        fake.persistence = fake.mig = 0
        fake.milliwatts, fake.compute_mode = 350_000, fake.NVML_COMPUTEMODE_PROHIBITED
        return examine_gpu(target, Start(0.05, 2.5, 0.02), Nvml(fake))


@pytest.fixture
def on_gpus(monkeypatch, tmp_path):
    monkeypatch.setattr("effprof.sweep.workers.Workers", FakeWorkers)
    store = f"--store={tmp_path}/store.sqlite"
    return lambda *flags: CliRunner().invoke(
        build_app(), ["doctor", store, *as_text(*flags)], env={"COLUMNS": "80"}
    )


def test_each_gpu_has_its_rows_and_one_that_fails_costs_only_its_own(on_gpus):
    findings = json.loads(on_gpus("--json").stdout)["findings"]
    standings = {finding["point"]: finding["standing"] for finding in findings}
    assert standings == {
        "torch": "good",
        "GPU 0 start": "limited",
        "GPU 0 persistence": "limited",
        "GPU 0 power limit": "limited",
        "GPU 0 compute mode": "bad",
        "GPU 0 MIG": "good",
        "GPU 0 processes": "good",
        "GPU 0 NVML": "limited",
        "GPU 1": "bad",
        "store": "good",
    }


def test_the_rows_of_a_gpu_fit_too(on_gpus):
    printed = on_gpus().stdout
    assert UUID in printed, "a command to copy is broken"
    assert too_wide(printed) == []
