"""Training, memory and energy of the subject: what matters beyond speed of inference."""

from collections.abc import Iterator

from effprof.core.columns import COLUMNS
from effprof.core.units import byte_size, si, times
from effprof.report.blocks import Block
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import reference_title, title, where
from effprof.study.cell_ratios import subject_over_reference
from effprof.study.collection import RunSetting
from effprof.study.setting import number


def beyond_speed(basis: Basis) -> Iterator[Block]:
    """Tell what memory and energy say of the subject, or what would tell."""
    settings = basis.collection.settings
    memory = (line for each in settings for line in _memory(each))
    energy = [line for each in settings for line in _energy(each)]
    yield "\n".join(f"- {line}" for line in (*memory, *(energy or [_NO_ENERGY])))


_NO_ENERGY = (
    "**Energy** was not measured: it is read from the counter of NVIDIA GPUs, "
    "`effprof run paper --gpu 0`."
)


def _memory(told: RunSetting) -> Iterator[str]:
    name = told.setting.memory
    found = subject_over_reference(told.setting, name) if name else None
    if name and found:
        own = found.result
        yield (
            f"**Memory** ({where(told, own.batch_size)}): "
            f"{title(own)} takes {byte_size(number(own, name))}, "
            f"{reference_title(told.study)} {byte_size(number(found.base, name))}: "
            f"{times(found.of(name))} ({COLUMNS[name].meaning}; largest of {own.repeats} "
            "processes)."
        )


def _energy(told: RunSetting) -> Iterator[str]:
    name = "joules_per_image"
    if found := subject_over_reference(told.setting, name):
        own = found.result
        yield (
            f"**Energy** ({where(told, own.batch_size)}): "
            f"{title(own)} takes {si(number(own, name), 'J')} an image, "
            f"{reference_title(told.study)} {si(number(found.base, name), 'J')}: "
            f"{times(found.of(name))}."
        )
