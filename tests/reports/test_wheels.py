"""Wheels for a machine without a network: what it lacks, in which versions, and how large."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPORTS = Path(__file__).resolve().parents[2] / "reports"
sys.path.append(str(REPORTS))
wheels = importlib.import_module("wheels")

#: What images with PyTorch were seen to lack. SQLAlchemy needs greenlet up to its version 2.0.
LACKING = {
    "cloudpickle",
    *("alembic", "altair", "platformdirs", "pydantic", "sqlalchemy", "vl-convert-python"),
    *("annotated-types", "jsonschema", "jsonschema-specifications", "mako", "pydantic-core"),
    *("referencing", "rpds-py", "typing-inspection", "typing-extensions", "narwhals", "attrs"),
}
#: What some versions of those need and others do not: who is brought is who is installed here.
OF_SOME_VERSIONS = {"greenlet", "typing-extensions", "typing-inspection"}


def test_the_default_is_what_images_lack_and_nothing_that_they_hold():
    needed = set(wheels.needed(wheels.IMAGE))
    assert needed - OF_SOME_VERSIONS == LACKING - OF_SOME_VERSIONS


def test_every_requirement_of_the_project_is_brought_or_there():
    direct = {wheels._normal(each.name) for each in wheels._project()}
    assert direct <= {*wheels.needed(wheels.IMAGE), *wheels.IMAGE}
    assert wheels.needed(dict.fromkeys({*LACKING, *direct}, None)) == []


def test_what_is_there_in_too_old_a_version_is_brought():
    held = dict.fromkeys({*LACKING, *wheels.IMAGE}, None)
    assert wheels.needed(held | {"torch": "2.6.0"}) == []
    assert wheels.needed(held | {"sqlalchemy": "2.0.29"})[-1] == "sqlalchemy"
    brought = wheels.needed(held | {"pydantic": "2.0", "typing_extensions": "4.12.2"})
    assert "pydantic" in brought
    asked = (each for each in wheels._requirements("pydantic") if each.name == "typing-extensions")
    assert ("typing-extensions" in brought) != all("4.12.2" in each.specifier for each in asked)
    # What nobody who is brought needs may be as old as it likes.
    assert wheels.needed(held | {"typing-extensions": "4.12.2"}) == []


def test_without_pages_nothing_that_only_pages_need_is_brought():
    lean = set(wheels.needed(wheels.IMAGE, wheels.FOR_PAGES)) | OF_SOME_VERSIONS
    for_altair = {"jsonschema", "jsonschema-specifications", "referencing", "rpds-py", "attrs"}
    assert LACKING - lean == {*wheels.FOR_PAGES, *for_altair, "narwhals"}


#: Measures as `effprof` does, where what only pages need cannot be imported.
WITHOUT_PAGES = """
import sys
sys.modules |= {"altair": None, "vl_convert": None}
from effprof.cli.main import main
main()
"""


@pytest.mark.slow
def test_what_only_pages_need_is_not_missed_where_none_are_written(tmp_path):
    # The packages are named as they are installed and blocked as they are imported.
    assert {name.split("-python")[0].replace("-", "_") for name in wheels.FOR_PAGES} == {
        "altair",
        "vl_convert",
    }
    words = ["run", "--cpu", "--models", "test_resnet", "--reference", "test_resnet"]
    words += ["--resolution", "64", "--batch-sizes", "1", "--repeats", "1", "--time-cap", "0.1"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PAGES, *words, "--allow-busy", "--profile", "--no-report"],
        cwd=tmp_path,
        env=os.environ | {"EFFPROF_STORE": str(tmp_path / "store.sqlite")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[1/1]" in done.stderr


def test_a_line_is_a_requirement_and_says_what_kind_of_wheel_it_is(capsys):
    assert wheels.main(["--no-report"]) == 0
    lines = capsys.readouterr().out.splitlines()
    pinned = [re.fullmatch(r"([\w-]+)==(\S+) +# (pure Python|compiled)", line) for line in lines]
    assert all(pinned)
    kinds = {found[1]: found[3] for found in pinned}
    assert (kinds["alembic"], kinds["pydantic-core"]) == ("pure Python", "compiled")


def test_versions_are_read_as_pip_lists_them(capsys):
    assert wheels.main(["torch==2.11.0+cu130", "torchvision", "numpy==1.24.0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    brought = {line.partition("==")[0] for line in lines}
    assert "numpy" in brought
    assert not {"torch", "torchvision"} & brought


@pytest.mark.parametrize("size", [1, 2**20])
def test_a_folder_is_checked_for_what_is_missing_and_for_its_size(
    size, tmp_path, monkeypatch, capsys
):
    for name in (*wheels.needed(wheels.IMAGE), "effprof"):
        wheel = tmp_path / f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
        wheel.write_bytes(b"x" * size)
    monkeypatch.setattr(wheels, "LARGEST", 2**20)
    assert wheels.main(["--check", str(tmp_path)]) == (size > 1)
    told = capsys.readouterr().out
    assert ("1 MiB are the most" in told) == (size > 1)
    (tmp_path / "mako-1.0-py3-none-any.whl").unlink()
    assert wheels.main(["--check", str(tmp_path)]) == 1
    assert "no wheel of mako" in capsys.readouterr().out
