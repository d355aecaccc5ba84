"""Why a series, or a line of a comparison, has the state it has: one sentence for each reason."""

from collections.abc import Mapping
from typing import Literal

from effprof.core.reasons import Reason

SeriesReasonId = Literal[
    "event",
    "failed",
    "no_value",
    "not_confirmed",
    "not_measured_again",
    "wanders",
    "other_method",
    "few_nights",
    "machine_moved",
    "all_moved",
    "few_nights_since_step",
]
SeriesReason = Reason[SeriesReasonId]

#: Reason of a series' state -> its sentence.
OF_SERIES: Mapping[SeriesReasonId, str] = {
    "event": "event {event}",
    "failed": "{said}",
    "no_value": "no value tonight",
    "not_confirmed": "measured again: not confirmed",
    "not_measured_again": "not measured again",
    "wanders": "its level goes that far by itself",
    "other_method": "method {method}; earlier nights have method {others}",
    "few_nights": "insufficient data: {there} of {needed} nights",
    "machine_moved": "the machine moved: event {event}",
    "all_moved": "all cells moved, and the machine did not: event {event}",
    "few_nights_since_step": "{there} of {needed} nights since the last step",
}

LineReasonId = Literal[
    "invalid",
    "rough",
    "other_method",
    "other_machine",
    "no_ratio",
    "other_status",
    "one_process",
    "few_repeats",
    "ranks",
    "too_wide",
    "small_or_not",
    "chance_among_cells",
    "chance_of_runs",
]
LineReason = Reason[LineReasonId]

#: Reason of a line's verdict -> its sentence.
OF_LINES: Mapping[LineReasonId, str] = {
    "invalid": "invalid {side}: {said}",
    "rough": "{side}: {said}",
    "other_method": "method {old} then, {new} now{why}",
    "other_machine": "{differences}",
    "no_ratio": "a value is zero or below, so there is no ratio",
    "other_status": "{old} then, {new} now: {said}",
    "one_process": "{old} against {new} repeats: one process does not tell how far others"
    " lie apart; measure each run with --repeats {needed}",
    "few_repeats": "the interval lies beyond no change, but {old} against {new} repeats cannot"
    " give p below {floor:.2g} by ranks; measure each run with --repeats {needed} or more",
    "ranks": "the interval lies beyond no change, but the processes of both runs overlap:"
    " p = {p:.2g} by ranks",
    "too_wide": "the interval is too wide",
    "small_or_not": "it changed, but perhaps by less than {smallest}",
    "chance_among_cells": "p = {p:.2g} among {cells} cells: chance alone may do this to one of"
    " them",
    "chance_of_runs": "below {chance} it may be the heap that all processes of a run inherit",
}
