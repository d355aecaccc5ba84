"""Benchmark: what a busy machine costs, and whether its answers hold.

Run: python -m tests.benchmarks.disturbed [ROUNDS] on a machine that is quiet otherwise.

Measures B0 and ResNet-50 at batch 1 with the installed command, quiet and beside a process that
keeps 0.3 or 1 of a core busy: wherever it is put, or on the very core of each worker, which it
follows. Quiet and disturbed runs are interleaved. Prints wall time over that of the quiet run of
the round (goal: at most 1.5), how many cells are answered and how many of them are rough, and the
speed-up of B0 with its interval (goals: it holds the quiet one, half-width at most 20 %). Then the
same once at two threads, where every cell has to be answered.
"""

import json
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from effprof.device.cpu import cpu_name
from tests.disturbance import Disturbance, disturbed

EFFPROF = Path(sysconfig.get_path("scripts")) / "effprof"
MODELS = "efficientnet_b0,resnet50"
SUBJECT = "timm/efficientnet_b0"
ROUNDS = 3

DISTURBANCES = tuple(Disturbance(share, follows) for follows in (True, False) for share in (0.3, 1))


@dataclass(frozen=True, slots=True)
class Told:
    """What a run told, and the seconds it took."""

    seconds: float
    answered: int
    rough: int
    ratio: tuple[float, float, float] | None

    def line(self, name: str, quiet: "Told") -> str:
        """Write it beside the quiet run of its round."""
        text = (
            f"{name:<34} {self.seconds / quiet.seconds:5.2f}x  {self.answered} answered,"
            f" {self.rough} rough"
        )
        if self.ratio is None or quiet.ratio is None:
            return text
        value, low, high = self.ratio
        holds = "holds" if low <= quiet.ratio[0] <= high else "MISSES"
        half = (high - low) / 2 / value
        return f"{text}  {value:.2f}x [{low:.2f}, {high:.2f}] ±{half:.0%} {holds} the quiet one"


def main() -> None:
    """Print one line per run."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{cpu_name()}, {psutil.cpu_count()} cores; {MODELS}, batch 1")
    for number in range(rounds):
        quiet = measured(threads=1)
        print(quiet.line(f"round {number + 1}: quiet ({quiet.seconds:.0f} s)", quiet))
        for disturbance in DISTURBANCES:
            with disturbed(disturbance):
                print(measured(threads=1).line(disturbance.name, quiet), flush=True)
    quiet = measured(threads=2)
    print(quiet.line(f"2 threads: quiet ({quiet.seconds:.0f} s)", quiet))
    with disturbed(Disturbance(1, follows=False)):
        print(measured(threads=2).line("2 threads: 1 core, anywhere", quiet))


def measured(threads: int) -> Told:
    """Measure both networks with the installed command."""
    asked = ("run", "--cpu", "--models", MODELS, "--repeats", "4", "--threads", str(threads))
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        done = subprocess.run(
            [EFFPROF, *asked, "--no-report", "--json", "--store", f"{folder}/store.db"],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    subject = next(row for row in rows if row["model"] == SUBJECT)
    known = subject["realised_low"] is not None
    return Told(
        seconds,
        sum(row["valid"] for row in rows),
        sum(row["rough"] for row in rows),
        (subject["realised"], subject["realised_low"], subject["realised_high"]) if known else None,
    )


if __name__ == "__main__":
    main()
