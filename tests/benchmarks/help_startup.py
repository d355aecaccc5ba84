"""How long `effprof --help` takes, beside an interpreter that only imports Typer.

The goal is a ratio of at most 1.5: a command loads its libraries when it is called, not before.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 30
GOAL = 1.5

EFFPROF = Path(sys.executable).with_name("effprof")
COMMANDS = {
    "effprof --help": [str(EFFPROF), "--help"],
    "python -c 'import typer'": [sys.executable, "-c", "import typer"],
}


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        seconds(command)  # fills the file cache
    for _ in range(ROUNDS):  # interleaved, so that drift hits both alike
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    for name, samples in times.items():
        print(f"{name:<26} median {statistics.median(samples) * 1e3:6.1f} ms  n={len(samples)}")
    ratios = [ours / base for ours, base in zip(*times.values(), strict=True)]
    ratio = statistics.median(ratios)
    print(f"ratio, median of pairs: {ratio:.2f} (goal: at most {GOAL})")


if __name__ == "__main__":
    main()
