"""Messages name what was given as commands do, by options; here they are put as Python does."""

import re

from effprof.core.axes import AXES

#: Command -> the function that does the same, where it has another name.
RENAMED = {"nightly": "night"}

#: Commands whose functions can be called instead.
CALLED = (
    "claims",
    "compare",
    "cost",
    "nightly",
    "pick",
    "profile",
    "report",
    "run",
    "runs",
    "scale",
)

#: Option -> what a program gives instead, where that is not its own name in Python.
GIVEN = {
    "--across": "across=True",
    "--allow-busy": "allow_busy=True",
    "--cpu": 'device="cpu"',
    "--gpu": "device",
    "--models": "models",
    "--profile": "profile=True",
    "--resume": "effprof.resume",
    "--time-cap": "time_cap_seconds",
    "--timeout": "timeout_seconds",
    **{axis.flag: axis.name for axis in AXES.values() if axis.name != "model"},
}

_RESUMED = re.compile(r"effprof run --resume (\S+)")
_COMMAND = re.compile(rf"effprof ({'|'.join(CALLED)})\b")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


def in_python(text: str) -> str:
    """Put options and commands of a message as a program would give and call them.

    >>> in_python("--gpu 3: no such GPU; measure the CPU with --cpu")
    'device 3: no such GPU; measure the CPU with device="cpu"'
    >>> in_python("--latency-ms is nan; see: effprof runs")
    'latency_ms is nan; see: effprof.runs()'
    """
    text = _RESUMED.sub(r'effprof.resume("\1")', text)
    text = _COMMAND.sub(lambda found: f"effprof.{RENAMED.get(found[1], found[1])}()", text)
    return _OPTION.sub(lambda found: _given(found[0]), text)


def _given(option: str) -> str:
    return GIVEN.get(option, option.removeprefix("--").replace("-", "_"))
