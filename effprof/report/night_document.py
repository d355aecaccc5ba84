"""The JSON twin of a night's page."""

from dataclasses import asdict
from typing import Any

from effprof.core.estimates import Estimate
from effprof.core.events import plain_change
from effprof.core.reasons import text_of
from effprof.regressions.assessment import Assessment, Change, SeriesState, ShownEvent
from effprof.report.night import event_title, tonight_line

DOCUMENT_NAME = "night.json"


def night_document(assessment: Assessment) -> dict[str, Any]:
    """Return the assessment as one JSON object: counts, events, every series, nights.

    Values are in SI units; where a page shows no number there is null, never NaN.
    """
    return {
        "run": assessment.nights[-1].run_id if assessment.nights else None,
        "fingerprint": dict(assessment.nights[-1].attributes) if assessment.nights else {},
        "tonight": tonight_line(assessment),
        "counts": assessment.counts,
        "remarks": list(assessment.remarks),
        "events": [_event(shown) for shown in assessment.events],
        "recovered": [_event(shown) for shown in assessment.recovered],
        "missing": dict(assessment.missing),
        "series": [_series(each) for each in assessment.series],
        "nights": [asdict(night) for night in assessment.nights],
    }


def _event(shown: ShownEvent) -> dict[str, Any]:
    return {
        **shown.event.plain(),
        "title": event_title(shown.event),
        "counts_as": shown.event.counts_as,
        "medians": list(shown.medians),
        "step": shown.step,
        "attributes": dict(shown.attributes),
        "causes": {cause: _ratio(each) for cause, each in shown.causes.items()},
        "roles": dict(shown.roles),
        "flags": list(shown.flags),
        "new": shown.new,
        "members": [asdict(key) for key in shown.members],
        "command": shown.command,
    }


def _ratio(ratio: Estimate) -> dict[str, float | int | None]:
    low, high = ratio.interval or (None, None)
    return {"ratio": ratio.value, "low": low, "high": high, "n": ratio.n}


def _series(each: SeriesState) -> dict[str, Any]:
    comparable = each.state != "not comparable"
    return {
        **asdict(each.key),
        "state": each.state,
        "change": _change(each.change) if each.change and comparable else None,
        "reason": text_of(each.reason) or None,
        "reason_id": each.reason.id if each.reason else None,
        "event": each.event or None,
    }


def _change(change: Change) -> dict[str, Any]:
    flat = plain_change(change.estimate)
    relative = flat.pop("change")
    return {"old": change.old, "new": change.new, "relative": relative, **flat, "n": change.n}
