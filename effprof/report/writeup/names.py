"""What the write-up calls devices, settings and networks; escaped, but for the device alone."""

from effprof.core.errors import BadInput
from effprof.models.registry import facts
from effprof.report.phrases import as_published, setting_words
from effprof.report.text import escape
from effprof.study.collection import RunSetting, is_imported
from effprof.study.results import Result
from effprof.study.study import Study


def device_name(study: Study) -> str:
    """Name the device, and say that others measured on it where they did."""
    name = study.run.invocation.device
    return as_published(name) if is_imported(study) else name


def where(told: RunSetting, batch_size: int | None = None) -> str:
    """Say on what device and how it was measured; on CPUs one thread is worth a word."""
    words = [
        escape(device_name(told.study)),
        "one thread" if told.serial else "",
        setting_words(told.setting, within=True),
        "" if batch_size is None else f"batch {batch_size}",
    ]
    return ", ".join(filter(None, words))


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
