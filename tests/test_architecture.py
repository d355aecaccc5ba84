"""The rules of the house: who may import whom, what stays in quarantine, how large things get."""

import ast
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from effprof.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "effprof"
SOURCES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in SOURCES.items()}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

#: External package -> the folder, or the one file, that may import it.
QUARANTINE = {
    "pynvml": "device/nvml.py",
    "sqlalchemy": "store/",
    "alembic": "store/",
    "matplotlib": "report/pictures/",
    "altair": "report/pictures/charts/",
    "vl_convert": "report/html/",
    "jinja2": "report/html/",
    "timm": "models/",
    "torchvision": "models/",
    "cloudpickle": "models/objects.py",
    "typer": "cli/",
}

#: Packages that work on stored results.
READERS = ("store", "analysis", "study", "claims", "regressions", "report")

#: What needs torch to be installed.
TORCH = {"torch", "torchvision", "timm"}

#: Names that say nothing of what is inside.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "handler", "info", "data", "common"}

#: Libraries that take longer to import than `effprof --help` may take.
HEAVY = TORCH | {"pandas", "numpy", "scipy", "sqlalchemy", "alembic", "matplotlib", "pydantic"}

#: What has two ends and is no estimate: a range that is claimed, an estimate as a file or a row of
#: the store holds it, and arrays over all series of a night.
NO_ESTIMATES = {
    "claims/claim.py:Threshold",
    "claims/quotations.py:_Row",
    "claims/quotations.py:_Take",
    "regressions/states.py:_Room",
    "store/events.py:_KeptChange",
}

# Budgets: the models this code base is held against have a median module of 67 to 130 lines.
MEDIAN_MODULE_LINES = 130
LARGEST_MODULE_LINES = 400
LONG_FUNCTION_LINES = 40
LONG_FUNCTION_SHARE = 0.03


def imported(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported anywhere in a file, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after a statement."""
    program = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def existing_readers() -> list[str]:
    return [name for name in READERS if (PACKAGE / name / "__init__.py").exists()]


def modules_of(package: str) -> list[str]:
    names = [n for n in SOURCES if n.startswith(f"{package}/") and not n.endswith("__.py")]
    # An Alembic environment runs only inside Alembic.
    names = [n for n in names if not n.startswith("store/migrations/")]
    return ["effprof." + n.removesuffix(".py").replace("/", ".") for n in names]


def test_the_import_contracts_hold(capsys):
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_the_contract_on_torch_names_every_reader():
    contract = PROJECT["tool"]["importlinter"]["contracts"][1]
    assert contract["source_modules"] == [f"effprof.{name}" for name in existing_readers()]


def test_core_imports_the_standard_library_only():
    allowed = sys.stdlib_module_names | {"effprof"}
    foreign = {
        (name, module)
        for name, tree in TREES.items()
        if name.startswith("core/")
        for module in imported(tree)
        if module.partition(".")[0] not in allowed
    }
    assert foreign == set()


@pytest.mark.parametrize(("external", "home"), QUARANTINE.items(), ids=QUARANTINE)
def test_an_external_package_stays_in_its_place(external, home):
    users = {
        name
        for name, tree in TREES.items()
        if external in {module.partition(".")[0] for module in imported(tree)}
    }
    assert users, f"nothing imports {external}: is it still needed?"
    assert {name for name in users if not name.startswith(home)} == set()


def test_only_the_command_line_prints_and_exits():
    def speaks(node: ast.AST) -> bool:
        if isinstance(node, ast.Raise) and node.exc is not None:
            return "SystemExit" in ast.unparse(node.exc)
        return isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "print", "sys.exit", "exit", "quit", "sys.stdout.write", "sys.stderr.write",
        }  # fmt: skip

    places = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        if not name.startswith("cli/")
        for node in ast.walk(tree)
        if speaks(node)
    ]
    assert places == []


@pytest.mark.parametrize("reader", existing_readers())
def test_a_reader_of_stored_results_loads_no_torch(reader):
    modules = modules_of(reader)
    assert modules
    assert loaded_by(f"import {', '.join(modules)}") & TORCH == set()


def test_the_command_line_starts_light():
    loaded = loaded_by("from effprof.cli.main import build_app; build_app()")
    assert loaded & HEAVY == set()


def test_the_registry_of_models_loads_no_torch():
    loaded = loaded_by("import effprof.models.registry, effprof.models.names")
    assert loaded & TORCH == set()


def test_planning_a_sweep_loads_no_torch():
    assert "torch" not in loaded_by("import effprof.sweep.suite")


def test_what_commands_do_loads_no_torch():
    # Workers load it: a program that measures, or a notebook, is not made to.
    assert loaded_by(f"import {', '.join(modules_of('session'))}") & TORCH == set()


def test_only_workers_touch_cuda():
    # The parent of a sweep must not initialise CUDA: what forks from it could not use it.
    users = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("torch.cuda")
    }
    in_workers = ("device/", "measure/", "profiling/")
    assert {name for name in users if not name.startswith(in_workers)} == set()


def test_reports_compute_nothing_but_where_things_are_drawn():
    drawn = ("report/pictures/", "report/html/sparkline.py")
    computing = {
        name
        for name, tree in TREES.items()
        if name.startswith("report/") and not name.startswith(drawn)
        if {"numpy", "scipy", "statistics"} & {m.partition(".")[0] for m in imported(tree)}
    }
    assert computing == set()


def test_reports_read_nothing_by_a_name_in_quotes():
    # 383 in the first release: a name in quotes is checked by nobody.
    places = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        if name.startswith("report/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ]
    assert places == []


def test_activations_of_unlike_counters_never_get_together():
    # `StaticCost.activations` is None where a counter left some out; its total knows no counter.
    raw = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node).endswith("total.activations")
    }
    assert raw == {"core/costs.py"}


def test_a_picture_rests_on_no_other_and_is_named_in_one_table():
    # Numbers that several show are values below them; only looks and words of charts are shared.
    home = "effprof.report.pictures"
    pictures = {
        f"{home}.{Path(name).stem}"
        for name, tree in TREES.items()
        if name.startswith("report/pictures/")
        and any(
            isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "KIND" for n in tree.body
        )
    }
    assert pictures
    users = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        if {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)} & pictures
    }
    assert users == {"report/pictures/kinds.py"}


def test_a_value_with_an_interval_is_an_estimate():
    bounded = {
        f"{name}:{node.name}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and {"low", "high"}
        <= {ast.unparse(each.target) for each in node.body if isinstance(each, ast.AnnAssign)}
    }
    assert bounded == {"core/estimates.py:Estimate"} | NO_ESTIMATES


def test_an_interval_is_written_in_one_place():
    def template(text: ast.JoinedStr) -> str:
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in text.values)

    places = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and "[{}, {}]" in template(node)
        if "low" in ast.unparse(node)
    ]
    assert places == []


def test_the_listed_packages_are_those_on_disk():
    on_disk = {
        ".".join(("effprof", *path.parent.relative_to(PACKAGE).parts)) for path in SOURCES.values()
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == on_disk | {
        *("effprof.suites", "effprof.suites.ops"),
    }


def test_modules_are_named_for_what_they_hold():
    parts = {name: set(Path(name).with_suffix("").parts) for name in SOURCES}
    assert {name for name, words in parts.items() if words & EMPTY_NAMES} == set()


def test_modules_and_functions_stay_small():
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in SOURCES.items()}
    assert {name: n for name, n in lines.items() if n > LARGEST_MODULE_LINES} == {}
    assert statistics.median(lines.values()) <= MEDIAN_MODULE_LINES
    lengths = {
        f"{name}:{node.name}": node.end_lineno - node.lineno + 1
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    long = {name for name, length in lengths.items() if length > LONG_FUNCTION_LINES}
    assert len(long) <= LONG_FUNCTION_SHARE * len(lengths), sorted(long)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command):
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    assert any(f"effprof {command}" in page.read_text("utf-8") for page in pages)
