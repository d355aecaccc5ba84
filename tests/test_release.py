"""What a release promises: its tag, its citation, and what its page on installing says."""

import os
import re
import subprocess
import tomllib

import pytest
import yaml

from tests.workflows.steps import ROOT, step_named

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))

#: What reading runs does without; the page on upgrading names the rest.
MEASURING = {"torch", "torchvision", "timm", "cloudpickle", "nvidia-ml-py"}
DRAWING = {"altair", "matplotlib", "vl-convert-python"}


@pytest.mark.parametrize(
    ("tag", "status"), [(f"v{PROJECT['version']}", 0), (PROJECT["version"], 1), ("v9.9.9", 1)]
)
def test_a_tag_that_is_not_the_version_is_no_release(tag, status):
    step = step_named(
        ROOT / ".github" / "workflows" / "release.yml", "Compare the tag with the version"
    )
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=ROOT,
        env=os.environ | {"GITHUB_REF_NAME": tag},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert ("::error::" in done.stdout) == bool(status)


def test_the_citation_is_of_this_version():
    assert CITATION["version"] == PROJECT["version"]
    assert CITATION["license"] == PROJECT["license"]


def test_the_page_names_what_reading_needs():
    page = (ROOT / "docs" / "upgrading.md").read_text("utf-8")
    (line,) = re.findall(r"^python -m pip install (alembic .*)$", page, re.MULTILINE)
    required = {re.split(r"[^\w.-]", text)[0] for text in PROJECT["dependencies"]}
    assert set(line.split()) == required - MEASURING - DRAWING
    (drawn,) = re.findall(r"Pages take `(.*?)` as well", page)
    assert set(drawn.split()) == DRAWING
