"""Training, memory and energy of the subject: what matters beyond speed of inference."""

from collections.abc import Iterator

from effprof.core.columns import COLUMNS
from effprof.core.units import byte_size, estimate_text, si, times
from effprof.report.blocks import Block
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import reference_title, title, where
from effprof.study.cell_ratios import subject_over_reference
from effprof.study.collection import RunSetting
from effprof.study.setting import number, promise_of, realised_of


def beyond_speed(basis: Basis) -> Iterator[Block]:
    """Tell what training, memory and energy say of the subject, or what would tell."""
    settings = basis.collection.settings
    training = [line for each in settings for line in _training(each)]
    memory = (line for each in settings for line in _memory(each))
    energy = [line for each in settings for line in _energy(each)]
    told = [*(training or [_NO_TRAINING]), *memory, *(energy or [_NO_ENERGY])]
    yield "\n".join(f"- {line}" for line in told)


_NO_TRAINING = (
    "**Training** was not measured: `effprof run quick --cpu --mode train`, or "
    "`effprof run train --gpu 0`."
)
_NO_ENERGY = (
    "**Energy** was not measured: it is read from the counter of NVIDIA GPUs, "
    "`effprof run paper --gpu 0`."
)


def _training(told: RunSetting) -> Iterator[str]:
    if told.setting.mode == "train" and told.setting.subject:
        own = told.setting.subject[-1]
        yield (
            f"**Training** ({where(told, own.batch_size)}): "
            f"{title(own)} promises {times(promise_of(own))} and is "
            f"{estimate_text(realised_of(own), 'x')} as fast as {reference_title(told.study)} "
            f"(n = {own.repeats})."
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
