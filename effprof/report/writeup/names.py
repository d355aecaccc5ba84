"""What the write-up calls devices, ways of running and networks; escaped, unless it says not."""

import re

from effprof.core.errors import BadInput
from effprof.models.registry import facts
from effprof.report.phrases import MODE_WORDS, as_published, setting_words
from effprof.report.text import escape
from effprof.report.variations import variation_words
from effprof.study.collection import RunSetting, is_imported
from effprof.study.results import Result
from effprof.study.study import Study
from effprof.study.variations import Variation


def device_name(study: Study) -> str:
    """Name the device in short, and say that others measured on it; not escaped.

    The list of runs has the whole name.
    """
    name = short_name(study.run.invocation.device)
    return as_published(name) if is_imported(study) else name


def short_name(device: str) -> str:
    """Keep of a device's name what people call it, with the generation or the model of its cores.

    >>> short_name("AMD EPYC, family 25 model 17 (Zen 4), 2 cores of a virtual machine")
    'AMD EPYC (Zen 4)'
    >>> short_name("Intel Xeon, family 6 model 167, AVX-512, 2 cores of a virtual machine")
    'Intel Xeon, family 6 model 167'
    >>> short_name("NVIDIA H100 80GB HBM3"), short_name("Some CPU (published)")
    ('NVIDIA H100 80GB HBM3', 'Some CPU (published)')
    """
    name, *more = device.split(", ")
    generation = re.search(r"\([^()]+\)", ", ".join(more))
    return f"{name} {generation[0]}" if generation else ", ".join((name, *more[:1]))


def where(told: RunSetting, batch_size: int | None = None) -> str:
    """Say on what device and how it was measured; on CPUs one thread is worth a word."""
    return escape(where_words(told, batch_size))


def where_words(told: RunSetting, batch_size: int | None = None) -> str:
    """Say the same for a table; not escaped."""
    words = [
        device_name(told.study),
        "one thread" if told.serial else "",
        setting_words(told.setting, within=True),
        "" if batch_size is None else f"batch {batch_size}",
    ]
    return ", ".join(filter(None, words))


def way_text(told: Variation) -> str:
    """Say how a way of running differs from the base point, or what that is; not escaped."""
    serial = ", one thread" if told.study.device_kind == "cpu" else ""
    words = variation_words(told.changed) if told.changed else f"eager, nchw, batch 1{serial}"
    return f"{told.result.precision}, {words}"


def place(told: Variation) -> str:
    """Say on what device and how a way of running was measured."""
    what = f"{MODE_WORDS[told.result.mode]}, {way_text(told)}"
    return f"{escape(device_name(told.study))}, {escape(what)}"


def title(result: Result) -> str:
    """Name a network as its publication does; by its label where the registry does not know it."""
    return _title(result.model, result.label)


def reference_title(study: Study) -> str:
    """Name the reference so."""
    return _title(study.run.invocation.reference, study.reference_label)


def _title(model: str, label: str) -> str:
    try:
        found = facts(model)
    except BadInput:  # an imported run may hold names that this version cannot read
        found = None
    return escape(found.title if found else label)
