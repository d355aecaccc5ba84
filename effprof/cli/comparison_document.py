"""Two runs compared, as a JSON document: ids for programs, and the words that people read."""

from effprof.core.events import plain_change
from effprof.core.reasons import text_of
from effprof.regressions.comparison import Line, RunComparison
from effprof.report.comparison import headline, word_of


def document(comparison: RunComparison) -> dict[str, object]:
    """Give everything about two compared runs."""
    return {
        "old": comparison.old.invocation.id,
        "new": comparison.new.invocation.id,
        "headline": headline(comparison) or None,
        "counts": comparison.counts,
        "smallest": comparison.smallest,
        "common": _common(comparison),
        "run_error": {
            "sentinels": comparison.run_error.sentinels,
            "history": comparison.run_error.history,
            "earlier_runs": comparison.run_error.runs,
            "processes": comparison.run_error.processes,
        },
        "pace": comparison.pace.factor if comparison.pace else None,
        "gating": comparison.gating,
        "recorded": comparison.recorded,
        "remark": comparison.remark or None,
        "rows": [_row(line) for line in comparison.lines],
        "roles": comparison.roles,
        "only_old": comparison.only_old,
        "only_new": comparison.only_new,
        "unmeasured": comparison.unmeasured,
    }


def _common(comparison: RunComparison) -> dict[str, object] | None:
    shared = comparison.common
    if shared is None:
        return None
    return {
        "ratio": shared.ratio.value,
        "ratio_low": shared.ratio.low,
        "ratio_high": shared.ratio.high,
        "together": shared.together,
        "moved": shared.moved,
        "cells": shared.cells,
        "sentinels": shared.pace,
        "cause": shared.cause if shared.together else None,
        "usual": shared.usual,
    }


def _row(line: Line) -> dict[str, object]:
    change = line.change
    flat, beside = plain_change(change.estimate if change else None), plain_change(line.beside)
    return {
        "cell": line.cell,
        "metric": line.metric,
        "verdict": line.verdict,
        "word": word_of(line),
        "old": change.old if change else None,
        "new": change.new if change else None,
        "change": flat["change"],
        "change_low": flat["low"],
        "change_high": flat["high"],
        "beside": beside["change"],
        "beside_low": beside["low"],
        "beside_high": beside["high"],
        "n_old": change.n[0] if change else None,
        "n_new": change.n[1] if change else None,
        "rank_p": line.p,
        "ratio_p_adjusted": line.adjusted,
        "repeats_to_tell": line.needed,
        "reason": text_of(line.reason) or None,
        "reason_id": line.reason.id if line.reason else None,
    }
