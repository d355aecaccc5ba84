"""The shell of the workflows and of the action, carried out step by step on this machine."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflows.steps import ACTION, NIGHTLY, read, step_named

EFFPROF = Path(sys.executable).with_name("effprof")

#: Takes the place of `python3 -m venv FOLDER`: this environment's effprof, and a Python and a pip
#: that only write down what they were asked for.
VENV = f"""#!/bin/bash
for folder; do :; done
mkdir -p "$folder/bin"
ln -s {EFFPROF} "$folder/bin/effprof"
for name in python pip; do
    printf '#!/bin/bash\\necho "$(basename "$PWD"): %s $*" >> "$LOG"\\n' $name > "$folder/bin/$name"
    chmod +x "$folder/bin/$name"
done
"""

MODEL = """from torch import nn


def make():
    return nn.Sequential(nn.Conv2d(3, 4, 8, stride=8), nn.Flatten(), nn.Linear(256, 10))
"""

SUITE = """description = "one tiny network"
reference = "model.py:make"
[measure]
time_cap_seconds = 0.2
[axes]
model = "model.py:make"
resolution = 64
"""


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def runner(tmp_path):
    """Carries out steps as a runner does: in one folder, with its files for outputs."""
    work = tmp_path / "work"
    work.mkdir()
    executable(tmp_path / "bin" / "python3", VENV)
    told = {
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_ACTION_PATH": str(ACTION.parent),
        "LOG": str(tmp_path / "log"),
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }

    def carry_out(path, name, **inputs):
        step = step_named(path, name)
        env = {
            key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], value)
            for key, value in step.get("env", {}).items()
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=work,
            env=os.environ | told | env,
            capture_output=True,
            text=True,
            check=False,
        )

    carry_out.work = work
    carry_out.read = lambda name: (tmp_path / name).read_text("utf-8")
    return carry_out


def git(*arguments, cwd):
    name = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *name, *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.mark.slow
def test_the_action_measures_both_sides_in_turn_and_writes_the_comment(runner):
    made = runner.work / "effprof-new"
    made.mkdir()
    (made / "model.py").write_text(MODEL)
    (made / "tiny.toml").write_text(SUITE)
    git("init", "-q", cwd=made)
    git("add", ".", cwd=made)
    git("commit", "-qm", "base", cwd=made)
    (made / "new.txt").touch()
    git("add", ".", cwd=made)
    git("commit", "-qm", "head", cwd=made)
    inputs = {name: each["default"] for name, each in read(ACTION)["inputs"].items()}
    inputs |= {
        "suite": "tiny.toml",
        "arguments": "--cpu --allow-busy",
        "install": "pip install torch==1",
        "rounds": "2",
        "fail-on": "regression",
        "smallest": "90%",
    }
    for name in (
        "Check out what was there before",
        "Install effprof and what the models need, on both sides",
        "Measure both in turn",
        "Compare",
    ):
        done = runner(ACTION, name, **inputs)
        assert done.returncode == 0, done.stderr
        if name == "Measure both in turn":
            order = re.findall(r"^(old|new):$", done.stderr, re.MULTILINE)
            assert order == ["old", "new", "new", "old"]
    assert not (runner.work / "effprof-old" / "new.txt").exists()
    assert runner.read("log").splitlines() == [
        line
        for side in ("old", "new")
        for line in (
            f"effprof-{side}: pip install torch==1",
            f"effprof-{side}: python -m pip install {ACTION.parent}",
        )
    ]
    comment = (runner.work / "effprof.md").read_text("utf-8")
    first, *_, last = comment.splitlines()
    assert last == "<!-- effprof compare: tiny -->"
    assert runner.read("output").splitlines() == ["found=false", f"summary={first}"]
    assert runner.read("summary") == comment
    assert (runner.work / "effprof.html").exists()


@pytest.mark.parametrize(
    ("status", "ends", "warned"), [(0, 0, False), (3, 0, True), (4, 0, False), (75, 75, False)]
)
def test_a_busy_machine_is_no_regression(runner, status, ends, warned):
    executable(
        runner.work / ".venv" / "bin" / "effprof",
        f"#!/bin/bash\nmkdir night; echo 'Tonight: 0 new' > night/night-short.md; exit {status}\n",
    )
    workflow = NIGHTLY / "github-nightly.yml"
    done = runner(workflow, "Measure the night")
    assert done.returncode == ends
    assert ("::warning::" in done.stdout) == warned
    assert runner.read("output") == f"status={status}\n"
    assert step_named(workflow, "Fail on a new regression")["if"].endswith("status == '4'")
    assert runner(workflow, "Show the page").returncode == 0
    assert runner.read("summary") == "Tonight: 0 new\n"


def test_what_is_found_fails_the_job_with_the_first_line(runner):
    executable(
        runner.work / "effprof-new" / ".venv" / "bin" / "effprof",
        "#!/bin/bash\necho '**B0 13 % slower**' > effprof.md; exit 4\n",
    )
    inputs = {"smallest": "3%", "fail-on": "regression"}
    assert runner(ACTION, "Compare", **inputs).returncode == 0
    assert runner.read("output") == "found=true\nsummary=**B0 13 % slower**\n"
    assert step_named(ACTION, "Fail on what was found")["if"].endswith("found == 'true'")


def test_a_side_without_effprof_is_refused_before_anything_is_measured(tmp_path):
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
    done = subprocess.run(
        [NIGHTLY / "interleaved.sh", "old", "new", "4"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"no effprof in {tmp_path / 'old'}/.venv; install it there" in done.stderr
    told = subprocess.run([NIGHTLY / "interleaved.sh"], capture_output=True, text=True, check=False)
    assert told.stderr.startswith("Measures two checkouts in turn")
