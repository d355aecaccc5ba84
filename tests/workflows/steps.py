"""The workflows that this repository ships, and their steps."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
NIGHTLY = ROOT / "examples" / "nightly"
ACTION = ROOT / "action.yml"
WORKFLOWS = [*sorted(NIGHTLY.glob("*.yml")), *sorted((ROOT / ".github" / "workflows").glob("*"))]
SCRIPTS = sorted((ROOT / "examples").rglob("*.sh"))


def read(path):
    """A YAML file; the key `on` stays a text, which YAML 1.1 reads as true."""
    document = yaml.safe_load(path.read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in document.items()}


def steps_of(path):
    """All steps of a workflow or of an action."""
    document = read(path)
    if "runs" in document:
        return document["runs"]["steps"]
    return [step for job in document["jobs"].values() for step in job["steps"]]


def step_named(path, name):
    """The one step of that name."""
    (step,) = (each for each in steps_of(path) if each.get("name") == name)
    return step


def action_as_workflow():
    """The steps of the action in a workflow of the same inputs: linters read workflows only."""
    action = read(ACTION)
    inputs = {
        name: {"description": each["description"], "default": each["default"], "type": "string"}
        for name, each in action["inputs"].items()
    }
    outputs = {name: each["value"] for name, each in action["outputs"].items()}
    job = {"runs-on": "ubuntu-latest", "steps": action["runs"]["steps"], "outputs": outputs}
    workflow = {"on": {"workflow_call": {"inputs": inputs}}, "jobs": {"action": job}}
    return yaml.safe_dump(workflow, sort_keys=False)
