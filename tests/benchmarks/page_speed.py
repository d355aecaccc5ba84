"""How many seconds of CPU a page takes, and which part of it takes how much.

Makes the page of a published run, with `effprof report` and piece by piece, each time in a fresh
process; and times commands beside an interpreter that only imports pandas. Give another exported
run as argument. Seconds are user and system time of all threads, the least of a few rounds.

The goal for a page is a third of what release 0.1.0 took on the same machine (9.2 s where this
was written); for `pick`, `runs`, `models` and `claims` 4 times the import of pandas.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 3
GOAL = 4.0

RUN = Path(__file__).parents[2] / "reports" / "amd-epyc-2026-11" / "cpu.jsonl.gz"

EFFPROF = str(Path(sys.executable).with_name("effprof"))

#: Makes the page of the run argv[1] in the folder argv[2], and prints the seconds of each part.
PARTS = """
import gc, importlib, json, sys, time
from pathlib import Path
from effprof.cli.main import COLLECTION
gc.set_threshold(*COLLECTION)
spent, since = {}, time.process_time()
def done(part):
    global since
    now = time.process_time()
    spent[part], since = spent.get(part, 0.0) + now - since, now
done("interpreter")
import pandas, scipy.special
done("imports: pandas, scipy.special")
import matplotlib.backends.backend_agg, matplotlib.figure
done("imports: matplotlib")
import altair, vl_convert
done("imports: Altair, vl-convert")
modules = "store.runs_given", "report.html.page", "report.html.vega", "report.pictures.picture"
given, html, vega, pictures = map(importlib.import_module, ("effprof." + m for m in modules))
from effprof.report.page import Page
from effprof.report.render import Report, compose, sections_of, write
from effprof.study.study import Study
done("imports: effprof, Jinja, markdown-it")
study = Study(given.load_run(sys.argv[1], None))
done("reading the run (imports pydantic)")
page = Page(study)
study.results
done("results")
for section in sections_of(page):
    page.blocks_of(section)
done("tables and sentences")
drawn = pictures.draw_pictures(page)
done("pictures")
script = vega.vega_script()
done("JavaScript of the charts")
text = html.render_html(page, script)
done("charts and HTML")
report = Report(compose(page, drawn), {picture.name: picture.png for picture in drawn})
write(report, Path(sys.argv[2]))
done("writing")
print(json.dumps(spent))
"""


def cpu_seconds(command: list[str], cache: Path) -> tuple[float, str]:
    """Run a command; give its seconds of CPU and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"XDG_CACHE_HOME": str(cache), "EFFPROF_STORE": str(cache / "store")},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def least(command: list[str], cache: Path) -> float:
    return min(cpu_seconds(command, cache)[0] for _ in range(ROUNDS))


def main() -> None:
    run = sys.argv[1] if len(sys.argv) > 1 else str(RUN)
    with tempfile.TemporaryDirectory() as folder:
        cache, out = Path(folder) / "cache", str(Path(folder) / "page")
        report = [EFFPROF, "report", run, "--out", out]
        cpu_seconds([sys.executable, "-c", "import matplotlib.font_manager"], cache)
        first, _ = cpu_seconds(report, cache)  # bundles the JavaScript
        print(f"effprof report {Path(run).name}")
        print(f"  the first page on a machine  {first:6.2f} s of CPU")
        print(f"  every later one              {least(report, cache):6.2f} s of CPU")
        rounds = [
            json.loads(cpu_seconds([sys.executable, "-c", PARTS, run, out], cache)[1])
            for _ in range(ROUNDS)
        ]
        parts = min(rounds, key=lambda each: sum(each.values()))
        whole = sum(parts.values())
        for part, seconds in parts.items():
            print(f"  {part:<38} {seconds:6.2f} s {seconds / whole:5.0%}")
        subprocess.run(
            [EFFPROF, "import", run],
            check=True,
            capture_output=True,
            env=os.environ | {"EFFPROF_STORE": str(cache / "store")},
        )
        pandas = least([sys.executable, "-c", "import pandas"], cache)
        print(f"import pandas: {pandas:.2f} s of CPU; commands (goal: at most {GOAL:g} times)")
        for words in (["pick", run], ["claims", run], ["runs"], ["models"]):
            print(f"  effprof {words[0]:<8} {least([EFFPROF, *words], cache) / pandas:5.2f} times")


if __name__ == "__main__":
    main()
