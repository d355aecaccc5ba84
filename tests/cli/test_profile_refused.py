"""`effprof profile` where it cannot do what is asked: bad input, cells that fail."""

from pathlib import Path

import pytest

from tests import jobs

ON_CPU = ("--resolution", "64", "--cpu", "--allow-busy")


@pytest.mark.parametrize(
    ("model", "status", "told"),
    [("out_of_memory", 0, "oom: out of host memory"), ("killed", 3, "crashed: SIGKILL")],
)
def test_a_cell_that_fails_is_told_with_its_reason(effprof, model, status, told):
    name = f"{Path(jobs.__file__)}:{model}"
    done = effprof("profile", name, *ON_CPU, "--batch-size", "4")
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
        (["resnet18", "--method", "clock", "--execution", "compile"], 2, ["time of compile steps"]),
        (["resnet18", "--threads", "1,2"], 2, ["--threads: '1,2' holds several values"]),
        (["resnet18", "--gpu", "0", "--cpu"], 2, ["exclude each other"]),
        (["res net"], 2, ["MODEL: 'res net'"]),
        (["resnet18", "--trace", "x.txt"], 2, ["x.txt must end in .json.gz or .json"]),
        (["resnet18", "--trace", "x.json", "--batch-size", "1,2"], 2, ["one model at one batch"]),
        (["resnet18", "--trace", "nowhere/x.json.gz"], 74, ["nowhere/x.json.gz", "No such file"]),
        (["resnet18", "--resolution", "8", "--cpu", "--mode", "evaluate"], 2, ["'evaluate'"]),
    ],
)
def test_bad_input_is_refused_and_nothing_is_run(here, tmp_path, arguments, status, told):
    done = here("profile", *arguments)
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert "device: " not in done.stderr
    for text in told:
        assert text in done.stderr
    assert list(tmp_path.iterdir()) == []
