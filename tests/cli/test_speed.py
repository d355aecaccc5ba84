"""Commands on stored runs load no more than they need, and a page computes nothing twice."""

import json
import os
import resource
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from effprof.study.study import Study
from tests.runs import sample_run

RUN = str(Path(__file__).parents[2] / "reports" / "amd-epyc-2026-11" / "cpu.jsonl.gz")

#: No command on stored results needs these; each takes from half a second to several.
HEAVY = {"torch", "torchvision", "timm", "scipy.stats"}

#: What only pictures and charts need.
DRAWING = {"matplotlib", "altair", "vl_convert"}

#: Command -> what it may not load.
COMMANDS = {
    ("pick", RUN, "--latency-ms", "30"): HEAVY | DRAWING | {"sqlalchemy"},
    ("pick", "--latency-ms", "30"): HEAVY | DRAWING,
    ("claims", RUN): HEAVY | DRAWING | {"sqlalchemy"},
    ("runs",): HEAVY | DRAWING | {"pandas", "scipy"},
    ("models",): HEAVY | DRAWING | {"pandas", "scipy", "sqlalchemy"},
    ("report", RUN, "--out", "page"): HEAVY | {"sqlalchemy"},
}


def told_apart(words):
    """Name a command for its tests."""
    stored = words[0] == "pick" and RUN not in words
    return f"{words[0]}-stored" if stored else words[0]


#: Runs the command line and tells what was loaded when it ended.
TELLS = """
import json, pathlib, sys
from effprof.cli.main import main
try:
    main()
finally:
    pathlib.Path("loaded.json").write_text(json.dumps(list(sys.modules)))
"""

#: CPU of a command over that of importing pandas.
GOAL = 4.0

#: What else runs delays a process by chance: one undisturbed try in so many is enough.
TRIES = 3


def in_a_process(folder, *words):
    """Run Python with the store of `folder`; give its seconds of CPU, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=os.environ | {"EFFPROF_STORE": str(folder / "store.sqlite")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder whose store holds a published run."""
    made = tmp_path_factory.mktemp("commands")
    in_a_process(made, "-m", "effprof", "import", RUN)
    return made


@pytest.mark.parametrize("words", COMMANDS, ids=told_apart)
def test_a_command_loads_only_what_it_needs(folder, words):
    in_a_process(folder, "-c", TELLS, *words)
    loaded = json.loads((folder / "loaded.json").read_text())
    assert not COMMANDS[words] & set(loaded)


@pytest.mark.quiet
@pytest.mark.parametrize("words", [w for w in COMMANDS if w[0] != "report"], ids=told_apart)
def test_a_command_takes_little_longer_than_importing_pandas(folder, words):
    ours, base = [], []
    for _ in range(TRIES):
        ours.append(in_a_process(folder, "-m", "effprof", *words))
        base.append(in_a_process(folder, "-c", "import pandas"))
        if (ratio := min(ours) / min(base)) <= GOAL:
            break
    print(f"effprof {words[0]}: {ratio:.2f} times the CPU of importing pandas")  # noqa: T201  # pytest -s
    assert ratio <= GOAL


def counted(monkeypatch, module, name):
    """Count the calls of a function that `module` has under `name`."""
    calls = []
    real = getattr(module, name)

    def call(*arguments, **named):
        calls.append(name)
        return real(*arguments, **named)

    monkeypatch.setattr(module, name, call)
    return calls


def test_a_page_pools_breaks_down_and_writes_each_section_once(tmp_path, monkeypatch):
    study, render, page = map(
        import_module,
        ("effprof.study.study", "effprof.report.render", "effprof.report.page"),
    )
    once = [counted(monkeypatch, study, name) for name in ("pool", "breakdowns", "cells_frame")]
    written = []
    sections = [
        page.Section(s.title, lambda p, s=s: written.append(s.title) or s.body(p), s.pictures)
        for s in render.SECTIONS
    ]
    monkeypatch.setattr(render, "SECTIONS", tuple(sections))
    import_module("effprof.report").write_report(Study(sample_run((1, 8))), tmp_path)
    assert [len(calls) for calls in once] == [1, 1, 1]
    assert sorted(written) == sorted(s.title for s in sections)


def test_a_picture_is_drawn_once_and_arranged_at_most_twice(monkeypatch):
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    pictures = import_module("effprof.report.pictures.picture")
    page = import_module("effprof.report.page").Page(Study(sample_run((1, 8))))
    draws = counted(monkeypatch, Figure, "draw")
    layouts = counted(monkeypatch, ConstrainedLayoutEngine, "execute")
    renderers = counted(monkeypatch, RendererAgg, "__init__")
    made = pictures.draw_pictures(page)
    assert len(draws) == len(renderers) == len(made)
    assert len(made) <= len(layouts) < 2 * len(made)
