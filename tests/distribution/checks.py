"""The wheel as people get it: built from the sdist, in an environment of its own; `tox -e dist`."""

import gzip
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DIST = Path(os.environ["EFFPROF_DIST"])

#: Where the packages are that effprof requires: nothing is downloaded a second time.
REQUIRED = Path(os.environ["EFFPROF_REQUIRED"])

RUN = ROOT / "tests" / "store" / "release_0_1_0" / "run.jsonl.gz"

#: What reading needs no more than a page with charts does.
MEASURING = ("torch", "torchvision", "timm", "cloudpickle", "pynvml")
DRAWING = ("matplotlib", "altair", "vl_convert")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The `effprof` of an environment that has the built wheel, and its site-packages."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    (wheel,) = DIST.glob("*.whl")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", folder, "install", "--no-deps", "--quiet", wheel],
        check=True,
    )
    (packages,) = REQUIRED.glob("lib/python*/site-packages")
    (site / "required.pth").write_text(f"{packages}\n")
    return folder / "bin" / "effprof"


#: Makes modules as absent as they are where nobody installed them.
ABSENT = """import sys


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {without}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Absent())
"""


def effprof(program, *words, cwd, without=()):
    """What a command prints, where some modules are not installed."""
    blocked = cwd / "blocked"
    blocked.mkdir(exist_ok=True)
    (blocked / "sitecustomize.py").write_text(ABSENT.format(without=without))
    env = {
        **os.environ,
        "PYTHONPATH": str(blocked),
        "XDG_DATA_HOME": str(cwd),
        "HF_HUB_OFFLINE": "1",
    }
    env.pop("PYTHONSAFEPATH", None)
    return subprocess.run(
        [program, *words], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


def test_the_sdist_holds_what_the_wheel_is_built_from_and_no_published_run():
    (sdist,) = DIST.glob("*.tar.gz")
    assert sdist.stat().st_size < 5e6


def test_it_measures_and_reports(installed, tmp_path):
    asked = ("run", "--cpu", "--models", "test_resnet,test_efficientnet", "--reference")
    few = ("test_resnet", "--repeats", "1", "--time-cap", "0.2", "--allow-busy", "--no-profile")
    done = effprof(installed, *asked, *few, "--out", "page", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "page" / "report.html").exists()
    assert "test_efficientnet" in done.stdout


def test_what_comes_along_is_there(installed, tmp_path):
    done = effprof(installed, "suites", "--quiet", cwd=tmp_path)
    assert {"first", "quick", "paper"} <= set(done.stdout.split())
    (found,) = installed.parent.parent.glob("lib/python*/site-packages/effprof/py.typed")
    assert found.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("report", RUN, "--json"),
        ("pick", RUN, "--latency-ms", "1000", "--json"),
        ("claims", RUN, "--json"),
    ],
    ids=lambda words: words[0],
)
def test_a_run_file_is_read_without_what_measures_and_draws(installed, tmp_path, words):
    done = effprof(installed, *words, cwd=tmp_path, without=(*MEASURING, *DRAWING))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["schema"]


#: What a notebook or a script does with run files. A second run is the first one, slower.
READS = """import sys
import effprof as ep

study = ep.load(sys.argv[1])
print(study.result("test_efficientnet", batch_size=4).realised.value > 0)
print(ep.pick(study, latency_ms=1000) is not None)
print(ep.compare(study, ep.load(sys.argv[2])).counts["no change"] > 0)
"""


def test_python_reads_run_files_without_them_too(installed, tmp_path):
    later, text = tmp_path / "later.jsonl.gz", gzip.decompress(RUN.read_bytes())
    later.write_bytes(gzip.compress(text.replace(b"20261128-052020", b"20261129-052020")))
    python = installed.with_name("python")
    absent = (*MEASURING, *DRAWING)
    done = effprof(python, "-c", READS, RUN, later, cwd=tmp_path, without=absent)
    assert done.stdout.split() == ["True"] * 3, done.stderr


@pytest.mark.parametrize(
    ("words", "without", "name"),
    [
        (("run", "--cpu"), MEASURING, "torch>=2.6"),
        (("cost", "test_resnet"), MEASURING, "timm>=1.0.10"),
        (("report", RUN), DRAWING, "altair>=5.5"),
    ],
)
def test_a_missing_package_is_named_with_the_line_that_installs_it(
    installed, tmp_path, words, without, name
):
    done = effprof(installed, *words, cwd=tmp_path, without=without)
    assert done.returncode == 2
    assert f"python -m pip install '{name}'" in done.stderr
    assert "bug" not in done.stderr
