"""The examples: files that their programs can read, and commands that this version knows."""

import configparser
import re
import shlex
import tomllib

import pytest
import typer
import yaml
from packaging.version import Version

from effprof.cli.main import build_app
from tests.documents import PAGES, ROOT, blocks

NIGHTLY = ROOT / "examples" / "nightly"
EXAMPLES = [*sorted(NIGHTLY.glob("*.*")), NIGHTLY / "crontab"]
WORKFLOWS = [path for path in EXAMPLES if path.suffix == ".yml"]
UNITS = [path for path in EXAMPLES if path.suffix in {".service", ".timer"}]

_COMMAND = re.compile(r'(?:^|[\s"/=])effprof"? ((?:[a-z]+)(?: [^\n#)|&>`]*)?)')


def commands(text):
    """Command lines of effprof in a file: continued lines joined, redirections cut off."""
    joined = re.sub(r" \d?>+ ?\S+", "", text.replace("\\\n", " "))
    return [line.strip() for line in _COMMAND.findall(joined)]


def listed(value):
    """A list of YAML, which may be written as one value."""
    return value if isinstance(value, list) else [value]


def shell_of(path):
    """The shell in an example: steps of a workflow, or lines that are no comment."""
    text = path.read_text("utf-8")
    if path not in WORKFLOWS:
        return "\n".join(line for line in text.splitlines() if not re.match(r" *(#|echo)", line))
    return "\n".join(
        f"effprof run {step['with']['arguments']} {step['with']['suite']}\n"
        if step.get("uses", "").startswith("effprof/effprof@")
        else step.get("run", "")
        for job in yaml.safe_load(text)["jobs"].values()
        for step in job["steps"]
    )


LINES = [
    *((path.name, line) for path in EXAMPLES for line in commands(shell_of(path))),
    *((page, line) for page in PAGES for block in blocks(page, "sh") for line in commands(block)),
]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_names_runner_triggers_and_steps(path):
    workflow = yaml.safe_load(path.read_text("utf-8"))
    assert workflow[True]  # YAML 1.1 reads the key `on` so
    for job in workflow["jobs"].values():
        assert {"self-hosted", "ubuntu-24.04"} & set(listed(job["runs-on"]))
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])
        assert job.get("permissions", workflow.get("permissions"))["contents"] == "read"


def test_what_is_pinned_is_one_release_of_this_project_and_one_torch():
    texts = [path.read_text("utf-8") for path in WORKFLOWS]
    pins = re.findall(r"effprof(?:\[\w+\])?(?:==|@v)([\d.]+)", " ".join(texts))
    assert len(pins) == len(WORKFLOWS)
    (pinned,) = set(pins)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert Version(pinned) >= Version(project["version"])
    torches = [set(re.findall(r"torch(?:vision)?==([\d.]+)", text)) for text in texts]
    assert all(len(each) == 2 and each == torches[0] for each in torches)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_has_the_sections_of_its_kind(path):
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str
    unit.read_string(path.read_text("utf-8"))
    assert unit["Unit"]["Description"]
    assert path.suffix.removeprefix(".").capitalize() in unit.sections()


def test_cron_is_told_five_times_and_a_command():
    lines = (NIGHTLY / "crontab").read_text("utf-8").splitlines()
    entries = [
        line for line in lines if line and not line.startswith("#") and "=" not in line.split()[0]
    ]
    assert len(entries) == 1
    assert re.fullmatch(r"(?:[\d*/,-]+ ){5}cd \S+ && \S+/effprof nightly .*", entries[0])


def test_there_are_commands_to_check():
    assert {line.split()[0] for _, line in LINES} >= {"nightly", "compare", "events", "export"}


@pytest.mark.parametrize(("place", "line"), LINES, ids=[f"{p}: {line}" for p, line in LINES])
def test_every_command_is_one_that_this_version_takes(place, line):
    name, *arguments = shlex.split(line)
    command = typer.main.get_command(build_app()).commands[name]
    command.make_context(name, arguments)
