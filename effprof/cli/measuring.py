"""The options of commands that measure: each is one row, the same wherever it applies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from effprof.cli import completion
from effprof.cli.options import AXES_IN_HELP, Made
from effprof.core.axes import Axis

#: The device.
DEVICE = (
    Made("gpu", str | None, "--gpu", "GPU to measure: its index or UUID; run takes all, too."),
    Made("cpu", bool, "--cpu", "Measure the CPU.", default=False),
)

#: How a cell is timed; the names are fields of `MeasureOptions`, like those below.
TIMING = (
    Made(
        "target_width",
        float | None,
        "--target-width",
        "Half-width of the interval to reach, e.g. 0.02.",
        least=0.0001,
        most=0.5,
    ),
    Made(
        "time_cap_seconds",
        float | None,
        "--time-cap",
        "Seconds of timing per cell at most.",
        least=0.1,
    ),
    Made(
        "timeout_seconds", float | None, "--timeout", "Seconds until a worker is killed.", least=1
    ),
    Made(
        "allow_busy",
        bool | None,
        "--allow-busy",
        "Accept results measured while other programs run.",
    ),
)

#: What repeats do beside timing.
PASSES = (
    Made(
        "profile",
        bool | None,
        "--profile/--no-profile",
        "Say where the time of each step goes.",
    ),
    Made(
        "profile_repeats",
        int | None,
        "--profile-repeats",
        "Profile the first N repeats of a cell only. Default: all.",
        least=1,
    ),
    Made(
        "energy_repeats",
        int | None,
        "--energy-repeats",
        "Measure energy in the first N repeats only. Default: all.",
        least=0,
    ),
)

#: An option for every axis, which takes several values.
SWEPT = tuple(
    Made(
        name,
        str | None,
        axis.flag,
        axis.help or f"{', '.join(axis.choices)}.",
        complete=completion.models if name == "model" else None,
    )
    for name, axis in AXES_IN_HELP.items()
)


def single_flag(axis: str) -> str:
    """Write the option of an axis where it takes one value."""
    return f"--{axis.replace('_', '-')}"


#: Axis -> its help, where that of several values does not fit one.
_SINGLE_HELP = {
    "batch_size": "Images per step, e.g. 1 or 1,8,64.",
    "resolution": "Input size: native, paper or pixels.",
}


def _single_help(axis: Axis) -> str:
    """Phrase the help of an axis; one that has none is told by its choices."""
    *others, last = axis.choices or ("",)
    return _SINGLE_HELP.get(axis.name) or axis.help or f"{', '.join(others)} or {last}."


def single(without: Sequence[str]) -> tuple[Made, ...]:
    """Give an option for every axis but those that are left out; it takes one value."""
    return tuple(
        replace(
            option,
            kind=str,
            flag=single_flag(option.name),
            help=_single_help(AXES_IN_HELP[option.name]),
            default=str(AXES_IN_HELP[option.name].default[0]),
        )
        for option in SWEPT
        if option.name not in without
    )


def device_problems(device: Mapping[str, object]) -> list[str]:
    """Name what is wrong with the device that is asked for."""
    both = device["gpu"] is not None and device["cpu"]
    return ["--gpu and --cpu exclude each other; give one of them"] if both else []
